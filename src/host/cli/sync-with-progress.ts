import { usageError } from "#config/arguments.ts";
import { isGiven } from "#config/load.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { explainUnexpected } from "#files/file-errors.ts";
import { refuseInputs } from "#files/refuse-outputs.ts";
import { systemClock } from "#kernel/clock.ts";
import { parseDuration } from "#kernel/duration.ts";
import { toBatonError } from "#kernel/errors.ts";
import { Secret } from "#kernel/secret.ts";
import type { LaunchedConnector } from "#launch/launch.ts";
import { parseResourceBid, type ResourceBid } from "#model/ids.ts";
import { EngineWarning } from "#store/engine.ts";
import type { SyncTaskResult } from "#tasks/sync-into-file.ts";
import { type Job, startConnector } from "./job.ts";
import { loadConnectorConfig, type SdkConfig, type Settings } from "./load-settings.ts";
import { makeProgressReporter } from "./progress-line.ts";
import { listInputs } from "./refuse-log-files.ts";
import { RowCounters } from "./row-counters.ts";
import { print } from "./standard-output.ts";
import { formatSummary, type Summary, summaryFields } from "./summary.ts";

/** Listings that a sync reads side by side when it may choose by itself. */
const AUTO_WORKERS = 4;

/** Syncs into the file of `--file` and prints a summary at the end. */
export async function sync(job: Job): Promise<number> {
  const { output, signals, invocation } = job;
  const { sdk } = job.settings;
  const startedAt = systemClock.monotonic();
  const targets = sdk.syncResources.map(parseTarget);
  new EngineWarning().give(sdk.storageEngine, "--storage-engine", output.log);
  refuseInputs({ setting: "--file", path: sdk.file }, listInputs(invocation, job.settings));

  const starting = startConnector(job);
  let isKept = false;
  try {
    // What the sync needs is loaded, and the file opened, while the connector starts.
    const [{ runSyncTask }, { measureSync }, { readRetentionPolicy }] = await Promise.all([
      import("#tasks/sync-into-file.ts"),
      import("#tasks/sync-metrics.ts"),
      import("#store/retention.ts"),
    ]);
    const tally = new RowCounters(invocation.definition.summary ?? []);
    const ctx = {
      signal: signals.signal,
      log: output.log,
      clock: systemClock,
      span: job.span,
      metrics: job.metrics,
    };
    let connector: LaunchedConnector | undefined;
    const result = await measureSync(ctx, () =>
      runSyncTask(
        starting.then((started) => {
          connector = started;
          return tally.watch(started.client);
        }),
        {
          file: sdk.file,
          tempDir: sdk.c1zTempDir,
          resourceTypes: sdk.syncResourceTypes,
          targets,
          skipEntitlementsAndGrants: sdk.skipEntitlementsAndGrants,
          skipGrants: sdk.skipGrants,
          workers: chooseWorkers(sdk),
          ...readMaxWait(job.settings),
          retention: readRetentionPolicy(invocation.env),
          resumeKey: makeResumeKey(job),
          origin: () => ({
            program: invocation.definition.name,
            version: invocation.version,
            source: connector?.upstreamSource(),
          }),
          onProgress: makeProgressReporter(output),
          onKept: () => {
            isKept = true;
          },
        },
        ctx,
      ),
    );
    const durationMs = systemClock.monotonic() - startedAt;
    const summary = await summarize(job, await starting, result, tally, durationMs);
    output.live?.clear();
    output.log.info("Sync summary.", {
      sync_id: result.run.id,
      version: invocation.version,
      ...summaryFields(summary),
    });
    if (output.forPeople) await print(formatSummary(summary), signals.signal);
    return 0;
  } catch (error) {
    if (!isKept) throw error;
    const advice = `the progress is saved in ${sdk.file}; run the same command again to resume`;
    throw explainUnexpected(error).withAdvice(advice);
  } finally {
    await starting.then(
      (connector) => connector.close(),
      () => undefined,
    );
  }
}

/** A resource that does not make sense is a wrong setting like any other. */
function parseTarget(text: string): ResourceBid {
  try {
    return parseResourceBid(text);
  } catch (error) {
    throw usageError(`--sync-resources: ${toBatonError(error).message}`);
  }
}

export function chooseWorkers({ workers, parallelSync }: SdkConfig): number {
  return workers < 0 || parallelSync ? AUTO_WORKERS : workers;
}

/** How long a sync waits. A time that somebody chose holds from the first request on. */
export function readMaxWait({ sdk, sources }: Settings) {
  return { maxWaitMs: parseDuration(sdk.maxWait) ?? 0, waitsFromStart: isGiven(sdkFields.maxWait, sources) };
}

/** Says what is synced: two syncs with the same key can be one, begun and taken up again. */
function makeResumeKey(job: Job): string {
  const { syncResourceTypes, syncResources, skipEntitlementsAndGrants, skipGrants } = job.settings.sdk;
  const scope = { syncResourceTypes, syncResources, skipEntitlementsAndGrants, skipGrants };
  return JSON.stringify({ ...describeSubject(job), scope });
}

/** What the connector reads: its name and its settings but for secrets. */
export function describeSubject({ invocation, settings }: Job): Readonly<Record<string, unknown>> {
  const config = Object.entries(loadConnectorConfig(invocation, settings));
  return {
    connector: invocation.definition.name,
    ...Object.fromEntries(config.filter(([, value]) => !(value instanceof Secret))),
  };
}

async function summarize(
  job: Job,
  connector: LaunchedConnector,
  result: SyncTaskResult,
  tally: RowCounters,
  durationMs: number,
): Promise<Summary> {
  // A sync that was taken up again, or rows that came twice, only the file can count.
  const isComplete = !result.resumed && tally.resources === result.rows.resources;
  const counted = isComplete ? tally : await countStored(job, result);
  return {
    counts: job.invocation.definition.summary === undefined ? { ...result.rows } : counted.results(),
    requests: connector.upstreamRequests(),
    durationMs,
    file: result.path,
    fileBytes: result.fileBytes,
  };
}

async function countStored(
  { invocation, settings }: Job,
  { path, run }: SyncTaskResult,
): Promise<RowCounters> {
  const [{ openC1zReadOnly }, { everyItem }] = await Promise.all([
    import("#store/c1z-file.ts"),
    import("#store/reader.ts"),
  ]);
  await using file = await openC1zReadOnly(path, { tempDir: settings.sdk.c1zTempDir });
  const reader = file.reader(run.id);
  const tally = new RowCounters(invocation.definition.summary ?? []);
  for (const resource of everyItem((page) => reader.listResources({}, page))) tally.add(resource);
  return tally;
}
