/** Apart from `open-telemetry.ts`, so that a run without a collector does not load the OpenTelemetry packages. */

import type { Metrics } from "#kernel/metrics.ts";
import { Complaints } from "#telemetry/complaints.ts";
import type { Telemetry } from "#telemetry/open-telemetry.ts";
import type { Invocation } from "./command.ts";
import type { Identity } from "./identity.ts";
import type { Settings } from "./load-settings.ts";

/**
 * Gets ready to send traces, logs and metrics to the collector of the settings. Undefined, with nothing loaded, if there
 * is no collector or nothing to send it. Each `-disabled` switch works by itself; in Go connectors they only
 * work together.
 *
 * @param identity what is read, for all that is sent
 * @throws BatonError if the settings of the collector cannot be used
 */
export async function openTelemetry(
  { definition, version, redactor }: Invocation,
  { sdk }: Settings,
  { identity, metrics }: { readonly identity: Identity; readonly metrics: Metrics },
): Promise<Telemetry | undefined> {
  const endpoint = sdk.otelCollectorEndpoint;
  const traces = !sdk.otelTracingDisabled;
  const logs = !sdk.otelLoggingDisabled;
  const sendsMetrics = !sdk.otelMetricsDisabled;
  if (endpoint === undefined || !(traces || logs || sendsMetrics)) return undefined;
  const [{ readCollector }, telemetry] = await Promise.all([
    import("#telemetry/otel-collector.ts"),
    import("#telemetry/open-telemetry.ts"),
  ]);
  const collector = readCollector({
    endpoint,
    ca: sdk.otelCollectorTlsCert,
    caPath: sdk.otelCollectorTlsCertPath,
    insecure: sdk.otelCollectorTlsInsecure,
  });
  const options = {
    collector,
    serviceName: `${definition.name}-server`,
    serviceVersion: version,
    identity,
    traces,
    logs,
    metrics: sendsMetrics ? metrics : undefined,
    redactor,
  };
  try {
    return telemetry.openTelemetry(options);
  } catch {
    return withoutCollector();
  }
}

/**
 * For variables of OpenTelemetry that its libraries cannot make sense of: that costs a warning, not the run. What they say
 * is left out, as it repeats the value, which may be a key for the collector.
 */
function withoutCollector(): Telemetry {
  const complaints = new Complaints();
  return {
    tracer: undefined,
    mirror: undefined,
    reportTo: (log) => {
      complaints.reportTo(log);
      complaints.add(
        "nothing is sent to the OpenTelemetry collector: an OpenTelemetry variable is invalid; check OTEL_EXPORTER_OTLP_HEADERS",
      );
    },
    close: async () => undefined,
  };
}
