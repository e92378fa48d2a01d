import { usageError } from "#config/arguments.ts";
import type { ConfigOf } from "#config/field.ts";
import { findTexts, loadFields, type Sources } from "#config/load.ts";
import { systemClock } from "#kernel/clock.ts";
import { Metrics } from "#kernel/metrics.ts";
import type { Connector } from "#runtime/connector.ts";
import { type ClientName, parseClientName } from "#server/client-names.ts";
import { type ServeOptions, serve } from "#server/standalone-server.ts";
import { TlsFileSet } from "#server/tls-files.ts";
import { startHealthServer } from "#web/health-http.ts";
import { formatListenAddress, isLocal, type ListenAddress, parseListenAddress } from "#web/listen-address.ts";
import type { Invocation } from "../command.ts";
import { serveFields } from "../command-flags.ts";
import { logFailure } from "../failure.ts";
import { identify } from "../identity.ts";
import { loadConnectorConfig, loadSettings, readGates, type Settings } from "../load-settings.ts";
import { showMetrics } from "../metrics-page.ts";
import { type Output, openOutput } from "../output.ts";
import { watchSignals } from "../signals.ts";
import { openTelemetry } from "../telemetry.ts";

type Options = ConfigOf<typeof serveFields>;

/** How long the last traces and logs may take to their collector. */
const LAST_EXPORT_MS = 1_000;

/** How long somebody who asks `/health` waits at most for the connector. */
const VALIDATE_WAIT_MS = 15_000;

/** `serve`: the connector by itself, for sidecars and for debugging. Ends well at SIGTERM, SIGINT and SIGHUP. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const options = loadFields(serveFields, [], settings.sources);
  const config = loadConnectorConfig(invocation, settings);
  const address = readAddress(options);
  const tls = await readTls(options, settings.sources, address);
  const { sdk } = settings;
  const { definition, redactor } = invocation;
  const identity = identify(definition, config);
  const metrics = new Metrics();
  const telemetry = await openTelemetry(invocation, settings, { identity, metrics });
  const output = openOutput(invocation, settings, identity, "log", telemetry);
  const signals = watchSignals();
  let closeHealth: (() => Promise<void>) | undefined;
  try {
    // Clients request the changes here, so none is requested by a flag of this process.
    const { provisioning } = sdk;
    const connector = await definition.create(config, {
      provisioning,
      httpTimeoutMs: sdk.httpTimeoutSeconds * 1000,
      registerSecret: (secret) => redactor.register(secret),
      redact: (text) => redactor.redact(text),
    });
    let obstacle: string | undefined = "not accepting calls yet";
    if (sdk.healthCheck) {
      closeHealth = await openHealthEndpoints(invocation, settings, output, connector, {
        findObstacle: () => obstacle,
        showMetrics: () => showMetrics(invocation, identity, metrics.read()),
        metrics,
      });
    }
    await serve({
      connector,
      gates: readGates(settings, provisioning),
      address,
      tls,
      log: output.log,
      redactor,
      tracer: telemetry?.tracer,
      metrics,
      signal: signals.signal,
      onListening: (bound) => {
        obstacle = undefined;
        output.log.info("serving", { address: formatListenAddress(bound), tls: !options.plaintext });
      },
    });
    output.log.info("served", { reason: signals.exitCode() === undefined ? "ended" : "signal" });
    return signals.exitCodeOfService();
  } catch (error) {
    logFailure(output, error);
    throw error;
  } finally {
    await closeHealth?.();
    signals.stop();
    await telemetry?.close(LAST_EXPORT_MS);
  }
}

function readAddress({ listen, plaintext }: Options): ListenAddress {
  const address = parseListenAddress(listen);
  if (address === undefined) {
    throw usageError(`--listen: value must be host:port or unix:/path, not "${listen}"`);
  }
  if (plaintext && !isLocal(address)) {
    throw usageError(
      `--plaintext is for loopback and Unix sockets only; serve ${listen} with --tls-cert-path, --tls-key-path and --tls-client-ca-path`,
    );
  }
  return address;
}

/** Mutual TLS from files, or none where that was explicitly requested. */
async function readTls(
  options: Options,
  sources: Sources,
  address: ListenAddress,
): Promise<ServeOptions["tls"]> {
  const { plaintext, certPath, keyPath, clientCaPath } = options;
  const allowed = readAllowedSans(options, sources);
  const given = [certPath, keyPath, clientCaPath, ...allowed];
  if (plaintext) {
    if (given.every((value) => value === undefined)) return undefined;
    throw usageError("--plaintext cannot be combined with the --tls-… settings");
  }
  if (certPath === undefined || keyPath === undefined || clientCaPath === undefined) {
    const otherwise = isLocal(address) ? ", or --plaintext" : "";
    throw usageError(`serve needs --tls-cert-path, --tls-key-path and --tls-client-ca-path${otherwise}`);
  }
  const files = await TlsFileSet.open({ cert: certPath, key: keyPath, clientCa: clientCaPath });
  return { files, allowed };
}

/** A list that turns out to be empty, as an unset variable of a shell makes it, must not let everybody in. */
function readAllowedSans({ allowedSans }: Options, sources: Sources): ClientName[] {
  if (allowedSans.length === 0 && findTexts(serveFields.allowedSans, sources) !== undefined) {
    throw usageError(
      "--tls-allowed-sans is set but empty; leave it out to accept all clients of the authority",
    );
  }
  return allowedSans.map((text) => {
    const name = parseClientName(text);
    if (name !== undefined) return name;
    throw usageError(
      `--tls-allowed-sans: value must be a DNS name, a URI or an e-mail address, in full and without wildcards, not "${text}"`,
    );
  });
}

/** What the health endpoints report beside the connector's own state. */
interface Shown {
  readonly findObstacle: () => string | undefined;
  /** Where the checks of the connector count. */
  readonly metrics: Metrics;
  readonly showMetrics: () => string;
}

async function openHealthEndpoints(
  { redactor }: Invocation,
  { sdk }: Settings,
  { log }: Output,
  connector: Connector,
  { findObstacle, metrics, showMetrics: show }: Shown,
): Promise<() => Promise<void>> {
  const server = await startHealthServer({
    port: sdk.healthCheckPort,
    address: sdk.healthCheckBindAddress,
    toLine: (text) => redactor.toLine(text),
    metrics: show,
    source: {
      isReady: () => true,
      findObstacle,
      validate: async (signal) => {
        await connector.validate({ signal, log, clock: systemClock, metrics, maxWaitMs: VALIDATE_WAIT_MS });
      },
    },
  });
  log.info("health endpoints", { port: server.port });
  return () => server.close();
}
