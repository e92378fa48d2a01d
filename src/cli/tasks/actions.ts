import { BatonActionSchema, BatonActionStatus } from "#gen/c1/connector/v2/action.ts";
import type { ActionTaskResult } from "#tasks/actions.ts";
import type { SdkConfig } from "../settings.ts";
import { parseJsonObject, printJson, type Task } from "./task.ts";

/** `--invoke-action`: runs an action to its end and prints its result as JSON. */
export function makeInvokeActionTask(sdk: SdkConfig, name: string): Task {
  const args = parseJsonObject("invoke-action-args", sdk.invokeActionArgs);
  const resourceTypeId = sdk.invokeActionResourceType ?? "";
  return async (connector, ctx) => {
    const [client, { runActionTask }] = await Promise.all([
      connector.features(),
      import("#tasks/actions.ts"),
    ]);
    const result = await runActionTask(
      client,
      { name, args, resourceTypeId },
      (state) => ctx.log.debug("action state", describeState(state)),
      ctx,
    );
    const fields = describeState(result);
    printJson(fields, 2);
    return { message: "ActionInvoke response", fields };
  };
}

/** `--list-action-schemas`: prints the actions as JSON, keys as in the contract. */
export function makeListActionsTask(sdk: SdkConfig): Task {
  const resourceTypeId = sdk.listActionSchemasResourceType ?? "";
  return async (connector, ctx) => {
    const [client, { listActionSchemas }, { JsonPrinter }] = await Promise.all([
      connector.features(),
      import("#tasks/actions.ts"),
      import("../protojson.ts"),
    ]);
    const printer = new JsonPrinter({ contractKeys: true });
    const schemas = (await listActionSchemas(client, resourceTypeId, ctx)).map((schema) =>
      printer.toJson("c1.connector.v2.BatonActionSchema", BatonActionSchema.encode(schema).finish()),
    );
    printJson(schemas, 2);
    const type = resourceTypeId === "" ? {} : { resource_type_id: resourceTypeId };
    return { message: "Action Schemas", fields: { ...type, count: schemas.length, schemas } };
  };
}

function describeState({ id, name, status, response }: ActionTaskResult) {
  const [statusName] = Object.entries(BatonActionStatus).find(([, value]) => value === status) ?? [];
  return { action_id: id, name, status: statusName ?? String(status), response };
}
