import { z } from "zod";
import { Change } from "./changes.ts";

/** Whether the request takes effect before the fault strikes; default false. Matters for PATCH. */
const processed = z.boolean().default(false);

/** What goes wrong. All of it is plain data, so that another process can ask for it. */
export const Fault = z.discriminatedUnion("kind", [
  /** The right answer, later. */
  z.object({ kind: z.literal("delay"), ms: z.number(), processed }),
  /** No answer at all until the client gives up. */
  z.object({ kind: z.literal("stall"), processed }),
  /** The connection is reset: at once, after the work was done, or within the answer. */
  z.object({ kind: z.literal("reset"), at: z.enum(["request", "answer", "headers", "body"]) }),
  /** Another answer: an error of an edge server, a redirect, a wrong shape. `json` wins over `text`. */
  z.object({
    kind: z.literal("answer"),
    status: z.int(),
    headers: z.record(z.string(), z.string()).default({}),
    text: z.string().default(""),
    json: z.unknown().optional(),
    processed,
  }),
  /** The right answer with one value replaced, or removed if no value is given. */
  z.object({
    kind: z.literal("edit"),
    path: z.array(z.union([z.string(), z.int()])),
    value: z.unknown().optional(),
  }),
  /**
   * Only the first part of the body (a share from 0 to 1). The length that the headers declare is that of the
   * whole body, and the connection ends early; or it is that of the part, and only the JSON is broken.
   */
  z.object({ kind: z.literal("truncate"), share: z.number(), declare: z.enum(["whole", "part"]) }),
  /** The body in small pieces with pauses. */
  z.object({ kind: z.literal("slow"), bytes: z.int(), everyMs: z.number() }),
  /** The answer damaged in a random way that a careful client notices; see `fuzz.ts`. */
  z.object({ kind: z.literal("fuzz") }),
  /** The right answer; something happens on the server just before or just after it is made. */
  z.object({
    kind: z.literal("change"),
    when: z.enum(["before", "after"]).default("after"),
    changes: z.array(Change),
  }),
]);
export type Fault = z.infer<typeof Fault>;

/** When a fault strikes. */
export const FaultRule = z.object({
  /** Default: any method. */
  method: z.string().optional(),
  /** A regular expression that the path with its query has to match; default: any path. */
  path: z.string().optional(),
  /** Only requests whose `page_size` is greater than this. */
  pageSizeOver: z.int().optional(),
  /** How many fitting requests pass unharmed first; default 0. */
  skip: z.int().default(0),
  /** How many requests are hit then; null means all of them. Default 1. */
  times: z.int().nullable().default(1),
  fault: Fault,
});
export type FaultRule = z.infer<typeof FaultRule>;
export type FaultRuleInput = z.input<typeof FaultRule>;

interface ActiveRule {
  readonly rule: FaultRule;
  readonly path: RegExp | undefined;
  seen: number;
}

/** The faults to come, in the order in which they were added. */
export class FaultPlan {
  #rules: ActiveRule[] = [];

  add(...rules: readonly FaultRuleInput[]): void {
    for (const input of rules) {
      const rule = FaultRule.parse(input);
      const path = rule.path === undefined ? undefined : new RegExp(rule.path);
      this.#rules.push({ rule, path, seen: 0 });
    }
  }

  clear(): void {
    this.#rules = [];
  }

  /**
   * The faults for a request, and counts it. Changes and delays add up; of the others the first one strikes, and
   * the rules behind it do not get to see the request.
   */
  take(method: string, target: string): Fault[] {
    const faults: Fault[] = [];
    for (const active of this.#rules) {
      if (!fits(active, method, target)) continue;
      active.seen++;
      const { skip, times, fault } = active.rule;
      if (active.seen <= skip || (times !== null && active.seen > skip + times)) continue;
      faults.push(fault);
      if (fault.kind !== "change" && fault.kind !== "delay") break;
    }
    return faults;
  }
}

function fits({ rule, path }: ActiveRule, method: string, target: string): boolean {
  if (rule.method !== undefined && rule.method !== method) return false;
  if (path !== undefined && !path.test(target)) return false;
  if (rule.pageSizeOver === undefined) return true;
  const pageSize = /[?&]page_size=(\d+)/.exec(target)?.[1];
  return pageSize !== undefined && Number(pageSize) > rule.pageSizeOver;
}

/** 429 with `Retry-After`: in seconds, as a date, or without it. */
export function rateLimited(retryAfter?: number | Date): Fault {
  const headers = retryAfter === undefined ? {} : { "retry-after": formatRetryAfter(retryAfter) };
  const json = { detail: "Request was throttled." };
  return Fault.parse({ kind: "answer", status: 429, headers, json });
}

function formatRetryAfter(retryAfter: number | Date): string {
  return typeof retryAfter === "number" ? String(retryAfter) : retryAfter.toUTCString();
}

/** The kind of page that a proxy or an edge server puts in the way. */
export function htmlErrorPage(status: number, headers: Readonly<Record<string, string>> = {}): Fault {
  return Fault.parse({
    kind: "answer",
    status,
    headers: { "content-type": "text/html", ...headers },
    text: `<!doctype html>\n<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`,
  });
}

export function redirectTo(location: string, status = 302): Fault {
  return Fault.parse({ kind: "answer", status, headers: { location } });
}
