import { ActionServiceService as Service } from "#gen/c1/connector/v2/action.ts";
import type { Duration } from "#gen/google/protobuf/duration.ts";
import { toMilliseconds } from "#model/timestamp.ts";
import { type ActionRunner, MAX_ACTION_MS } from "../action-runner.ts";
import { withPrefix } from "../call-errors.ts";
import type { Registry } from "../registry.ts";
import { type Endpoint, unary } from "../unary.ts";

const DEFAULT_INLINE_WAIT_MS = 1000;

/** Named operations outside grants. They are listed in any case; the runner decides whether they may run. */
export function actionEndpoints(registry: Registry, runner: ActionRunner): Endpoint[] {
  return [
    unary(Service.listActionSchemas, async ({ resourceTypeId }) => ({
      schemas: registry.actions(resourceTypeId).map(({ schema }) => schema),
      annotations: [],
    })),

    unary(Service.getActionSchema, ({ name }) =>
      withPrefix(`error: action schema ${name} not found`, async () => ({
        schema: registry.action(name).schema,
        annotations: [],
      })),
    ),

    unary(Service.invokeAction, ({ name, resourceTypeId, args, inlineWait }, ctx) =>
      withPrefix("error: invoking action failed", () =>
        runner.invoke(registry.action(name, resourceTypeId), args ?? {}, waitMs(inlineWait), ctx.signal, ctx),
      ),
    ),

    unary(Service.getActionStatus, ({ id }) =>
      withPrefix(`error: action status for id ${id} not found`, async () => runner.state(id)),
    ),
  ];
}

function waitMs(inlineWait: Duration | undefined): number {
  if (inlineWait === undefined) return DEFAULT_INLINE_WAIT_MS;
  return Math.min(toMilliseconds(inlineWait), MAX_ACTION_MS);
}
