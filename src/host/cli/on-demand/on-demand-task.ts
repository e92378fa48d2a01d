import { usageError } from "#config/arguments.ts";
import type { CallContext } from "#kernel/context.ts";
import { type BatonError, toBatonError } from "#kernel/errors.ts";
import type { LogFields } from "#kernel/logger.ts";
import { escapeHiddenInJson } from "#kernel/visible-text.ts";
import type { LaunchedConnector } from "#launch/launch.ts";
import { print } from "../standard-output.ts";

/** What came out of a task, or of one of the things that it does: a sentence and the facts behind it. */
export interface StepOutcome {
  readonly message: string;
  readonly fields: LogFields;
  /** What the caller must know about it, a sentence each without a period. */
  readonly notes?: readonly string[];
}

export interface OnDemandContext extends CallContext {
  /** Reports a result immediately: a task that does several things reports each. */
  report(outcome: StepOutcome): void;
}

/** What one run does on demand, through a connector of its own. */
export type OnDemandTask = (connector: LaunchedConnector, ctx: OnDemandContext) => Promise<void>;

/** One of the things that a task does. */
export interface Step {
  /** What it does, as the beginning of "… failed", for example `revoking team:red:member:user:ann`. */
  readonly what: string;
  run(): Promise<StepOutcome>;
}

/**
 * Runs steps one after the other and reports each. One that fails keeps none of the others from being tried.
 *
 * @throws BatonError of the first step that failed, with its code; `Canceled` after an abort, which ends the rest
 */
export async function runSteps(steps: readonly Step[], ctx: OnDemandContext): Promise<void> {
  const failures: BatonError[] = [];
  for (const [index, step] of steps.entries()) {
    try {
      ctx.report(await step.run());
    } catch (thrown) {
      const error = toBatonError(thrown);
      if (ctx.signal.aborted) throw explainAbort(error, steps.slice(index));
      failures.push(error);
      if (steps.length > 1) ctx.log.error(`${step.what} failed`, { error });
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  if (steps.length === 1) throw first;
  throw first.prefixed(`${failures.length} of ${steps.length} changes failed, the first of them with`);
}

/** A change that was under way may have reached the upstream system. */
function explainAbort(error: BatonError, [current, ...rest]: readonly Step[]): BatonError {
  const untried = rest.length === 0 ? "" : `, and ${rest.length} more were not tried`;
  return error.withAdvice(
    `${current?.what} may or may not have worked${untried}; sync to see the current state`,
  );
}

/** Reads the JSON object that a flag holds. */
export function parseJsonObject(flag: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notAnObject(flag);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw notAnObject(flag);
  return Object.fromEntries(Object.entries(value));
}

function notAnObject(flag: string): BatonError {
  return usageError(`--${flag} must be a JSON object, for example '{"name": "value"}'`);
}

/** Prints a result for the user; standard output holds nothing else. */
export async function printJson(value: unknown, signal: AbortSignal, indent?: number): Promise<void> {
  await print(`${toSafeJson(value, indent)}\n`, signal);
}

/** Line by line: the breaks between lines are ours, those within texts are escaped already. */
function toSafeJson(value: unknown, indent: number | undefined): string {
  return JSON.stringify(value, undefined, indent).split("\n").map(escapeHiddenInJson).join("\n");
}
