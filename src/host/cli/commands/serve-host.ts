import { Metrics } from "#kernel/metrics.ts";
import type { ConnectorThreadOptions } from "#server/connector-thread.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import type { ConnectorMessage, ThreadStart } from "#wire/thread-messages.ts";
import type { Invocation } from "../command.ts";
import { identify } from "../identity.ts";
import {
  loadConnectorConfig,
  loadSettings,
  parseDebugEnd,
  readGates,
  readProvisioning,
} from "../load-settings.ts";
import { openTelemetry } from "../telemetry.ts";

/** A host kills a process that does not end soon after its standard input; ours after two seconds. */
const LAST_EXPORT_MS = 1_000;

/**
 * `_connector-service`: the connector that a host starts, as a process or, our own host, as a thread. Takes whatever
 * flags the host was given.
 */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation, "connector");
  const config = loadConnectorConfig(invocation, settings);
  const { sdk } = settings;
  const { definition, redactor, thread } = invocation;
  const provisioning = readProvisioning(sdk);
  const logging = {
    level: sdk.logLevel,
    format: sdk.logFormat ?? (process.stdout.isTTY ? "console" : "json"),
    redactor,
    debugUntil: parseDebugEnd(sdk),
  };
  const output = { ...logging, ...(thread?.relayLog === true ? { write: relay(thread) } : {}) };
  const identity = identify(definition, config);
  const metrics = new Metrics();
  const telemetry = await openTelemetry(invocation, settings, { identity, metrics });
  telemetry?.reportTo(createLogger(output).with(identity));
  const log = createLogger({ ...output, mirror: telemetry?.mirror }).with(identity);
  // The host of a thread has read the same settings, and has said so.
  if (thread === undefined) for (const warning of settings.warnings) log.warn(warning);
  try {
    return await serve(thread, {
      createConnector: () =>
        definition.create(config, {
          provisioning: provisioning !== false,
          httpTimeoutMs: sdk.httpTimeoutSeconds * 1000,
          registerSecret: (secret) => redactor.register(secret),
          redact: (text) => redactor.redact(text),
        }),
      gates: readGates(settings, provisioning),
      log,
      redactor,
      tracer: telemetry?.tracer,
      metrics,
      // At a terminal people get the host's sentences, and see them there.
      hostTellsFailures: thread?.relayLog,
    });
  } finally {
    await telemetry?.close(LAST_EXPORT_MS);
  }
}

async function serve(
  thread: ThreadStart | undefined,
  options: Omit<ConnectorThreadOptions, "port">,
): Promise<number> {
  if (thread === undefined) {
    const { runConnectorService } = await import("#server/lifecycle.ts");
    return await runConnectorService(options);
  }
  const { runConnectorThread } = await import("#server/connector-thread.ts");
  return await runConnectorThread({ ...options, port: thread.connectorPort });
}

/** Lets the host write the lines, above its live line. */
function relay({ connectorPort }: ThreadStart): (line: string) => void {
  return (line) => connectorPort.postMessage({ kind: "log", line } satisfies ConnectorMessage);
}
