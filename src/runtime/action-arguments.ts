import type { BatonActionSchema } from "#gen/c1/connector/v2/action.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { ActionStruct } from "./connector.ts";

/**
 * Refuses to run an action without what its schema requires. An action that has been started can only fail, which
 * hosts take for a fault that may pass; this one never does.
 *
 * @throws BatonError InvalidArgument, naming every argument that is absent or empty
 */
export function requireArguments({ name, arguments: fields }: BatonActionSchema, args: ActionStruct): void {
  const missing = fields.filter((field) => field.isRequired && isEmpty(args[field.name]));
  if (missing.length === 0) return;
  const names = missing.map((field) =>
    field.description === "" ? field.name : `${field.name} (${field.description})`,
  );
  throw new BatonError(Code.InvalidArgument, `the action ${name} needs the argument ${names.join(" and ")}`);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
