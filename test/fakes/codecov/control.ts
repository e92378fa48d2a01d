import { z } from "zod";
import type { Answer } from "./answer.ts";
import { jsonBody } from "./answer.ts";
import { applyChange, Change } from "./changes.ts";
import { type FaultPlan, FaultRule } from "./faults.ts";
import type { ApiRequest } from "./request.ts";
import type { RequestLog } from "./request-log.ts";
import type { ServerState } from "./state.ts";

/** Addresses that start so steer the simulator; faults and latency do not apply to them. */
export const CONTROL_PREFIX = "/_sim/";

/** What the control addresses work on. */
export interface ControlTarget {
  readonly state: ServerState;
  readonly faults: FaultPlan;
  readonly log: RequestLog;
  setLatency(ms: number): void;
}

type Command = (target: ControlTarget, body: unknown) => unknown;

const Latency = z.object({ ms: z.number().nonnegative() });

/**
 * The simulator as another process steers it. Bodies and answers are JSON; errors are 400 with `error`.
 *
 * - `GET requests`: method, path, arrival, status and length of every request so far; `DELETE` forgets them.
 * - `GET counters`: totals, and the processor time and memory that the simulator has used.
 * - `POST faults` takes one fault rule or a list of them; `DELETE` ends all faults.
 * - `POST changes` takes one change or a list of them, and applies them at once.
 * - `POST latency` takes `{"ms": …}`.
 * - `GET effects`: what reading changed or caused, seats taken among it; `DELETE` forgets it.
 * - `GET organizations`: login, listed people, seats and admins of each.
 */
const COMMANDS: Readonly<Record<string, Command>> = {
  "GET requests": ({ log }) =>
    log.entries.map(({ method, path, at, status, bytes }) => ({ method, path, at, status, bytes })),
  "DELETE requests": ({ log }) => log.clear(),
  "GET counters": ({ log }) => ({ ...log.counters, cpu: process.cpuUsage(), memory: process.memoryUsage() }),
  "POST faults": ({ faults }, body) => faults.add(...parseList(FaultRule, body)),
  "DELETE faults": ({ faults }) => faults.clear(),
  "POST changes": ({ state }, body) => {
    for (const change of parseList(Change, body)) applyChange(state, change);
  },
  "POST latency": (target, body) => target.setLatency(Latency.parse(body).ms),
  "GET effects": ({ state }) => state.effects.record,
  "DELETE effects": ({ state }) => state.effects.clear(),
  "GET organizations": ({ state }) =>
    [...state.organizations()].map((organization) => ({
      username: state.owner(organization.ownerid).username,
      listed: state.roster(organization).count,
      seats: organization.row.seats?.size() ?? null,
      admins: organization.row.admins?.size() ?? null,
    })),
};

/** Runs a command; `request` is one whose path starts with {@link CONTROL_PREFIX}. */
export function answerControl(request: ApiRequest, target: ControlTarget): Answer {
  const command = COMMANDS[`${request.method} ${request.path.slice(CONTROL_PREFIX.length)}`];
  if (command === undefined) return controlAnswer(404, { error: "no such control address" });
  try {
    const body: unknown = request.body.length === 0 ? undefined : JSON.parse(request.body.toString("utf8"));
    return controlAnswer(200, command(target, body) ?? {});
  } catch (error) {
    return controlAnswer(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

function parseList<T>(schema: z.ZodType<T>, body: unknown): T[] {
  return z.array(schema).parse(Array.isArray(body) ? body : [body]);
}

function controlAnswer(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: jsonBody(value) };
}
