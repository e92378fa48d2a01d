import { runConnectorService } from "#server/lifecycle.ts";
import { createLogger } from "#telemetry/logger.ts";
import type { Invocation } from "../command.ts";
import { allowsProvisioning, allowsTicketing, loadConnectorConfig, loadSettings } from "../settings.ts";

/** `_connector-service`: the connector process that a host starts. Takes whatever flags the host was given. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const config = loadConnectorConfig(invocation, settings);
  const { sdk } = settings;
  const { definition, redactor } = invocation;
  const provisioning = allowsProvisioning(sdk);
  return await runConnectorService({
    createConnector: () =>
      definition.create(config, {
        provisioning,
        httpTimeoutMs: sdk.httpTimeoutSeconds * 1000,
        registerSecret: (secret) => redactor.register(secret),
      }),
    gates: { provisioning, ticketing: allowsTicketing(settings) },
    log: createLogger({
      level: sdk.logLevel,
      format: sdk.logFormat ?? (process.stdout.isTTY ? "console" : "json"),
      redactor,
    }),
    redactor,
  });
}
