import { type BatonActionSchema, BatonActionStatus as Status } from "#gen/c1/connector/v2/action.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { FeatureClient } from "#launch/feature-client.ts";

export interface ActionTaskOptions {
  readonly name: string;
  /** A JSON object. */
  readonly args: Readonly<Record<string, unknown>>;
  /** For actions on resources of one type; empty for all others. */
  readonly resourceTypeId: string;
}

export interface ActionTaskResult {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  readonly response: Readonly<Record<string, unknown>> | undefined;
}

/** How long to wait before asking again how an action goes. */
const POLL_MS = 1_000;

/**
 * Invokes an action and follows it to its end.
 *
 * @param onState sees the response to the invocation and every later state
 * @throws BatonError Unknown with the action's own reason if it fails, as Go hosts do; else what the
 *   connector answers.
 */
export async function runActionTask(
  client: Pick<FeatureClient, "invokeAction" | "getActionStatus">,
  { name, args, resourceTypeId }: ActionTaskOptions,
  onState: (state: ActionTaskResult) => void,
  ctx: CallContext,
): Promise<ActionTaskResult> {
  const request = { name, args: { ...args }, annotations: [], resourceTypeId, inlineWait: undefined };
  let state: ActionTaskResult = await client.invokeAction(request, ctx.signal);
  onState(state);
  while (
    state.status === Status.BATON_ACTION_STATUS_PENDING ||
    state.status === Status.BATON_ACTION_STATUS_RUNNING
  ) {
    await ctx.clock.sleep(POLL_MS, ctx.signal);
    state = await client.getActionStatus({ name, id: state.id, annotations: [] }, ctx.signal);
    onState(state);
  }
  refuseFailedAction(name, state);
  return state;
}

/** @throws BatonError Unknown with the action's own reason if it has failed, as Go hosts do. */
export function refuseFailedAction(
  name: string,
  { status, response }: Pick<ActionTaskResult, "status" | "response">,
): void {
  if (status !== Status.BATON_ACTION_STATUS_FAILED) return;
  const reason: unknown = response?.["error"];
  throw new BatonError(
    Code.Unknown,
    `action ${name} failed: ${typeof reason === "string" ? reason : "the connector gave no reason"}`,
  );
}

/** The actions that a connector offers, of one resource type if that is not empty. */
export async function listActionSchemas(
  client: Pick<FeatureClient, "listActionSchemas">,
  resourceTypeId: string,
  ctx: CallContext,
): Promise<BatonActionSchema[]> {
  return (await client.listActionSchemas({ annotations: [], resourceTypeId }, ctx.signal)).schemas;
}
