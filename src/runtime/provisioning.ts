import { isDeepStrictEqual } from "node:util";
import { BatonError, Code } from "#kernel/errors.ts";
import type { ActionStruct } from "./connector.ts";

/** The kinds of changes, actions aside, that a command line can ask for by name. */
export type ChangeKind = "grant" | "revoke" | "create-account" | "delete-resource" | "rotate-credentials";

/** The one change that a command line asks for by name; an action is named together with its arguments. */
export type NamedChange =
  | { readonly kind: ChangeKind }
  | { readonly kind: "action"; readonly name: string; readonly args: ActionStruct };

/** Which operations that change something upstream a process carries out: all, none, or the one that was named. */
export type Provisioning = boolean | NamedChange;

/**
 * Refuses a change that is not allowed.
 *
 * @param kind undefined for a change that no command line can name
 * @throws BatonError FailedPrecondition
 */
export function requireChange(provisioning: Provisioning, kind: ChangeKind | undefined): void {
  if (provisioning === true) return;
  if (provisioning !== false && kind !== undefined && provisioning.kind === kind) return;
  throw new BatonError(Code.FailedPrecondition, "provisioning is not enabled");
}

/** Whether this action may run with these arguments. Names of actions are unique, so the resource type adds nothing. */
export function allowsAction(provisioning: Provisioning, name: string, args: ActionStruct): boolean {
  if (typeof provisioning === "boolean") return provisioning;
  if (provisioning.kind !== "action" || provisioning.name !== name) return false;
  return isDeepStrictEqual(provisioning.args, args);
}
