import type { ChangeNotes } from "#runtime/connector.ts";
import type { ActionTaskResult } from "#tasks/run-action.ts";
import type { SdkConfig } from "../load-settings.ts";
import { type OnDemandTask, parseJsonObject, printJson } from "./on-demand-task.ts";

/** `--invoke-action`: runs an action to its end and prints its result as JSON. */
export function makeInvokeActionTask(
  sdk: SdkConfig,
  name: string,
  { actions = {} }: ChangeNotes,
): OnDemandTask {
  const args = parseJsonObject("invoke-action-args", sdk.invokeActionArgs);
  const resourceTypeId = sdk.invokeActionResourceType ?? "";
  return async (connector, ctx) => {
    const [client, { runActionTask }, { BatonActionStatus }] = await Promise.all([
      connector.features(),
      import("#tasks/run-action.ts"),
      import("#gen/c1/connector/v2/action.ts"),
    ]);
    const describe = ({ id, status, response }: ActionTaskResult) => {
      const [statusName] = Object.entries(BatonActionStatus).find(([, value]) => value === status) ?? [];
      return { action_id: id, name, status: statusName ?? String(status), response };
    };
    const result = await runActionTask(
      client,
      { name, args, resourceTypeId },
      (state) => ctx.log.debug("action state", describe(state)),
      ctx,
    );
    const fields = describe(result);
    await printJson(fields, ctx.signal, 2);
    const note = Object.hasOwn(actions, name) ? actions[name] : undefined;
    ctx.report({ message: "ActionInvoke response", fields, notes: note === undefined ? [] : [note] });
  };
}

/** `--list-action-schemas`: prints the actions as JSON, keys as in the contract. */
export function makeListActionsTask(sdk: SdkConfig): OnDemandTask {
  const resourceTypeId = sdk.listActionSchemasResourceType ?? "";
  return async (connector, ctx) => {
    const [client, { BatonActionSchema }, { listActionSchemas }, { JsonPrinter }] = await Promise.all([
      connector.features(),
      import("#gen/c1/connector/v2/action.ts"),
      import("#tasks/run-action.ts"),
      import("../protojson.ts"),
    ]);
    const printer = new JsonPrinter({ contractKeys: true });
    const schemas = (await listActionSchemas(client, resourceTypeId, ctx)).map((schema) =>
      printer.toJson("c1.connector.v2.BatonActionSchema", BatonActionSchema.encode(schema).finish()),
    );
    await printJson(schemas, ctx.signal, 2);
    const type = resourceTypeId === "" ? {} : { resource_type_id: resourceTypeId };
    ctx.report({ message: "Action Schemas", fields: { ...type, count: schemas.length, schemas } });
  };
}
