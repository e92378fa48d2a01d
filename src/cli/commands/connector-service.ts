import { runConnectorService } from "#server/lifecycle.ts";
import { createLogger } from "#telemetry/logger.ts";
import type { Invocation } from "../command.ts";
import {
  allowsProvisioning,
  allowsTicketing,
  loadConnectorConfig,
  loadSettings,
  parseDebugEnd,
} from "../settings.ts";
import { openTelemetry } from "../telemetry.ts";

/** A host kills a process that does not end soon after its standard input; ours after two seconds. */
const LAST_EXPORT_MS = 1_000;

/** `_connector-service`: the connector process that a host starts. Takes whatever flags the host was given. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const config = loadConnectorConfig(invocation, settings);
  const { sdk } = settings;
  const { definition, redactor } = invocation;
  const provisioning = allowsProvisioning(sdk);
  const logging = {
    level: sdk.logLevel,
    format: sdk.logFormat ?? (process.stdout.isTTY ? "console" : "json"),
    redactor,
    debugUntil: parseDebugEnd(sdk),
  };
  const telemetry = await openTelemetry(invocation, settings);
  telemetry?.reportTo(createLogger(logging));
  try {
    return await runConnectorService({
      createConnector: () =>
        definition.create(config, {
          provisioning,
          httpTimeoutMs: sdk.httpTimeoutSeconds * 1000,
          registerSecret: (secret) => redactor.register(secret),
        }),
      gates: { provisioning, ticketing: allowsTicketing(settings) },
      log: createLogger({ ...logging, mirror: telemetry?.mirror }),
      redactor,
      tracer: telemetry?.tracer,
    });
  } finally {
    await telemetry?.close(LAST_EXPORT_MS);
  }
}
