import type { Telemetry } from "#telemetry/open-telemetry.ts";
import type { Invocation } from "./command.ts";
import type { Settings } from "./settings.ts";

/**
 * Gets ready to send traces and logs to the collector of the settings. Undefined, with nothing loaded, if there
 * is no collector or nothing to send it. Each `-disabled` switch works by itself; in Go connectors they only
 * work together.
 *
 * @throws BatonError if the settings of the collector cannot be used
 */
export async function openTelemetry(
  { definition, version, redactor }: Invocation,
  { sdk }: Settings,
): Promise<Telemetry | undefined> {
  const endpoint = sdk.otelCollectorEndpoint;
  const traces = !sdk.otelTracingDisabled;
  const logs = !sdk.otelLoggingDisabled;
  if (endpoint === undefined || !(traces || logs)) return undefined;
  const [{ readCollector }, telemetry] = await Promise.all([
    import("#telemetry/collector.ts"),
    import("#telemetry/open-telemetry.ts"),
  ]);
  return telemetry.openTelemetry({
    collector: readCollector({
      endpoint,
      ca: sdk.otelCollectorTlsCert,
      caPath: sdk.otelCollectorTlsCertPath,
      insecure: sdk.otelCollectorTlsInsecure,
    }),
    serviceName: `${definition.name}-server`,
    serviceVersion: version,
    traces,
    logs,
    redactor,
  });
}
