import { isDeepStrictEqual } from "node:util";
import { BatonError, Code } from "#kernel/errors.ts";
import { PROVISIONING_OFF } from "#kernel/provisioning-off.ts";
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
  throw notEnabled();
}

/**
 * Refuses an action that may not run with these arguments. Names of actions are unique, so the resource type adds
 * nothing.
 *
 * @throws BatonError FailedPrecondition
 */
export function requireAction(provisioning: Provisioning, name: string, args: ActionStruct): void {
  if (provisioning === true) return;
  if (provisioning !== false && provisioning.kind === "action" && provisioning.name === name) {
    if (isDeepStrictEqual(provisioning.args, args)) return;
  }
  throw notEnabled();
}

function notEnabled(): BatonError {
  return new BatonError(Code.FailedPrecondition, PROVISIONING_OFF);
}
