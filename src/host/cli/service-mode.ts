/** Apart from `commands/main-run.ts`, so that a sync from the shell does not load what C1 needs. */

import { tmpdir } from "node:os";
import { usageError } from "#config/arguments.ts";
import { systemClock } from "#kernel/clock.ts";
import type { SecretOrigin } from "#kernel/secret-file.ts";
import { runService, type ServiceOptions, type ServiceView } from "#service/run-service.ts";
import { EngineWarning } from "#store/engine.ts";
import { readRetentionPolicy } from "#store/retention.ts";
import { type Job, startConnectorProcess } from "./job.ts";
import type { SdkConfig } from "./load-settings.ts";
import { showMetrics } from "./metrics-page.ts";
import { chooseWorkers, describeSubject, readMaxWait } from "./sync-with-progress.ts";

const NEEDS_SECRET =
  "--client-id needs the secret that C1 shows with it; missing: --client-secret or --client-secret-file";

/**
 * `--client-id`: takes tasks from C1 until a signal comes, which is the usual end: exit code 0, or 129 if it was a lost terminal. The connector
 * process lives as long as the program.
 */
export async function serveC1(job: Job): Promise<number> {
  const { invocation, settings, output, signals } = job;
  const { sdk } = settings;
  const { clientId } = sdk;
  const clientSecret = findClientSecret(sdk);
  if (clientId === undefined || clientSecret === undefined) throw usageError(NEEDS_SECRET);
  const { env, definition, version, redactor } = invocation;
  if (sdk.keepPreviousSync) {
    output.log.warn("--keep-previous-sync-c1z has no effect: this connector does not use previous syncs");
  }
  const engineWarning = new EngineWarning();
  engineWarning.give(sdk.storageEngine, "--storage-engine", output.log);
  const options: ServiceOptions = {
    clientId,
    clientSecret,
    env,
    program: { name: definition.name, version },
    launch: () => startConnectorProcess(job),
    concurrency: sdk.taskConcurrency,
    sync: {
      tempDir: sdk.c1zTempDir || env["BATON_TMPDIR"] || tmpdir(),
      subject: JSON.stringify(describeSubject(job)),
      resourceTypes: sdk.syncResourceTypes,
      skip: sdk.skipFullSync,
      workers: chooseWorkers(sdk),
      ...readMaxWait(settings),
      retention: readRetentionPolicy(env),
      engineWarning,
    },
    keepsFiles: sdk.c1zTempDir !== undefined,
    httpTimeoutMs: sdk.httpTimeoutSeconds * 1000,
    ...(sdk.healthCheck ? { onStart: (view) => openHealthEndpoints(job, view) } : {}),
    stop: signals.signal,
    clock: systemClock,
    log: output.log,
    redactor,
    tracer: job.tracer,
    metrics: job.metrics,
  };
  await runService(options);
  return signals.exitCodeOfService();
}

/** Undefined if none was given. Not both are, which the settings see to. */
function findClientSecret({ clientSecret, clientSecretFile }: SdkConfig): SecretOrigin | undefined {
  if (clientSecretFile !== undefined) return { file: clientSecretFile };
  return clientSecret === undefined ? undefined : { value: clientSecret };
}

/** The endpoints report the last contact with C1, which changes no probe: its outages are not ours. */
async function openHealthEndpoints(
  { identity, settings, invocation, metrics, output }: Job,
  { connector, lastPollAt, findObstacle }: ServiceView,
): Promise<() => Promise<void>> {
  const { formatSeconds, startHealthServer } = await import("#web/health-http.ts");
  const server = await startHealthServer({
    port: settings.sdk.healthCheckPort,
    address: settings.sdk.healthCheckBindAddress,
    toLine: (text) => invocation.redactor.toLine(text),
    metrics: () =>
      showMetrics(invocation, identity, [...metrics.read(), ...(connector.running?.metrics() ?? [])]),
    source: {
      isReady: () => connector.running !== undefined,
      findObstacle,
      validate: async (signal) => {
        await connector.running?.client.validate({}, signal);
      },
      facts: () => {
        const at = lastPollAt();
        return { last_successful_poll: at === undefined ? undefined : formatSeconds(at) };
      },
    },
  });
  output.log.info("health endpoints", { port: server.port });
  return () => server.close();
}
