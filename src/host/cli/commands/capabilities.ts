import { ConnectorCapabilities } from "#gen/c1/connector/v2/connector.ts";
import { deriveCapabilities } from "#runtime/derive-capabilities.ts";
import { Registry } from "#runtime/registry.ts";
import type { Invocation } from "../command.ts";
import { JsonPrinter } from "../protojson.ts";
import { print } from "../standard-output.ts";

/** `capabilities`: prints what the connector can do. Nothing is asked upstream and no setting is needed. */
export async function run({ definition }: Invocation): Promise<number> {
  const connector = await definition.create(definition.exampleConfig, {
    provisioning: false,
    httpTimeoutMs: 0,
  });
  const capabilities = deriveCapabilities(new Registry(connector));
  const bytes = ConnectorCapabilities.encode(capabilities).finish();
  const json = new JsonPrinter().toTypedJson("c1.connector.v2.ConnectorCapabilities", bytes);
  await connector.close?.();
  await print(JSON.stringify(json, undefined, 2));
  return 0;
}
