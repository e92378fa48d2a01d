import type { Field } from "#gen/c1/config/v1/config.ts";
import type { BatonActionSchema } from "#gen/c1/connector/v2/action.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { ActionStruct } from "./connector.ts";

/** What `typeof` says of the values that a field of an action takes; fields of other kinds take anything. */
const KINDS: Readonly<Record<string, string>> = {
  stringField: "string",
  boolField: "boolean",
  intField: "number",
};

/**
 * Refuses to run an action without what its schema requires, or with a value of another type. An action that has been
 * started can only fail, which hosts take for a fault that may pass; this one never does.
 *
 * @throws BatonError InvalidArgument, naming every argument that is absent or empty, or the first of a wrong type
 */
export function checkArguments({ name, arguments: fields }: BatonActionSchema, args: ActionStruct): void {
  const missing = fields.filter((field) => field.isRequired && isEmpty(args[field.name]));
  if (missing.length > 0) {
    const names = missing.map((field) =>
      field.description === "" ? field.name : `${field.name} (${field.description})`,
    );
    throw new BatonError(
      Code.InvalidArgument,
      `the action ${name} needs the argument ${names.join(" and ")}`,
    );
  }
  for (const field of fields) {
    const kind = wantedKind(field);
    const value = args[field.name];
    if (kind === undefined || isEmpty(value) || typeof value === kind) continue;
    throw new BatonError(
      Code.InvalidArgument,
      `the action ${name} needs a ${kind} as its argument ${field.name}`,
    );
  }
}

function wantedKind({ field }: Field): string | undefined {
  return KINDS[field?.$case ?? ""];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
