import { usageError } from "#config/arguments.ts";
import type { LaunchedConnector } from "#host/launch.ts";
import type { CallContext } from "#kernel/context.ts";
import type { BatonError } from "#kernel/errors.ts";
import type { LogFields } from "#kernel/logger.ts";
import { escapeHiddenInJson } from "#kernel/visible-text.ts";
import { print } from "../standard-output.ts";

/** What came out of a task: a sentence and the facts behind it. */
export interface Outcome {
  readonly message: string;
  readonly fields: LogFields;
}

/** One thing done on demand, through a connector of its own. */
export type Task = (connector: LaunchedConnector, ctx: CallContext) => Promise<Outcome>;

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

/** Prints a result for whoever runs the program; standard output holds nothing else. */
export async function printJson(value: unknown, signal: AbortSignal, indent?: number): Promise<void> {
  await print(`${toSafeJson(value, indent)}\n`, signal);
}

/** Line by line: the breaks between lines are ours, those within texts are escaped already. */
function toSafeJson(value: unknown, indent: number | undefined): string {
  return JSON.stringify(value, undefined, indent).split("\n").map(escapeHiddenInJson).join("\n");
}
