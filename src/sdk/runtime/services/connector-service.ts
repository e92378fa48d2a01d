import {
  type ConnectorMetadata,
  ConnectorServiceService as Service,
} from "#gen/c1/connector/v2/connector.ts";
import { SDK_VERSION } from "#model/sdk-version.ts";
import { withPrefix } from "../call-errors.ts";
import { deriveCapabilities } from "../derive-capabilities.ts";
import type { Registry } from "../registry.ts";
import { retryTransient } from "../repeat-operation.ts";
import { type Endpoint, unary } from "../unary.ts";

/** Hosts never repeat Validate, so a short hiccup of the upstream must not end the run. */
const VALIDATE_RETRY = { what: "checking the settings", maxRetries: 5, stepMs: 1000, budgetMs: 15_000 };

/** What the connector is, whether its credentials work, and the end of a sync. */
export function connectorEndpoints(registry: Registry): Endpoint[] {
  const { connector } = registry;
  return [
    unary(Service.getMetadata, async () => ({ metadata: describeConnector(registry) })),

    unary(Service.validate, async (_request, ctx) => {
      const { annotations } = await withPrefix("validate failed", () =>
        retryTransient(VALIDATE_RETRY, ctx, (attempt) => connector.validate(attempt)),
      );
      return { annotations: annotations ?? [], sdkVersion: SDK_VERSION };
    }),

    unary(Service.cleanup, async (request, ctx) => {
      await connector.cleanup?.(request.activeSyncId, ctx);
      return { annotations: [] };
    }),
  ];
}

function describeConnector(registry: Registry): ConnectorMetadata {
  const { displayName, description, helpUrl } = registry.connector.metadata;
  return {
    displayName,
    description,
    helpUrl: helpUrl ?? "",
    icon: undefined,
    logo: undefined,
    profile: undefined,
    annotations: [],
    capabilities: deriveCapabilities(registry),
    accountCreationSchema: undefined,
  };
}
