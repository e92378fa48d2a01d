import type { Invocation } from "#cli/command.ts";
import type { Job } from "#cli/job.ts";
import type { LiveLine } from "#cli/live-line.ts";
import { loadSettings } from "#cli/load-settings.ts";
import { listInputs } from "#cli/refuse-log-files.ts";
import { runJob, traceJob } from "#cli/run-job.ts";
import { print } from "#cli/standard-output.ts";
import { formatDuration } from "#cli/summary.ts";
import { assess } from "#codecov/coverage/model/assess.ts";
import { dayOf } from "#codecov/coverage/model/calendar.ts";
import { OverviewSum } from "#codecov/coverage/model/coverage-overview.ts";
import type { Reading } from "#codecov/coverage/model/ledger.ts";
import { matchRules, type Policy } from "#codecov/coverage/policy/policy.ts";
import { readPolicy } from "#codecov/coverage/policy/read-policy.ts";
import {
  type Progress,
  type ReadingOutcome,
  readOrganization,
} from "#codecov/coverage/reading/read-organization.ts";
import { readPull } from "#codecov/coverage/reading/read-pull.ts";
import { type CoverageStore, openCoverageStore } from "#codecov/coverage/store/coverage-store.ts";
import type { ConfigOf } from "#config/field.ts";
import { loadFields } from "#config/load.ts";
import { explainUnexpected } from "#files/file-errors.ts";
import { refuseInputs } from "#files/refuse-outputs.ts";
import { formatNumber, UNKNOWN_NUMBER } from "#format/number.ts";
import { systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { toVisibleLine } from "#kernel/visible-text.ts";
import { coverageSyncFields, syncConstraints } from "./coverage-sync-fields.ts";
import { type LiveSource, openLiveSource } from "./live-source.ts";
import { nameOfPull, refuseUnmatched, selectNames } from "./repository-names.ts";

export type SyncOptions = ConfigOf<typeof coverageSyncFields>;

/** How often the progress of a long reading is logged. */
const LOG_INTERVAL_MS = 10_000;

/** How long a comparison is waited for that somebody had computed. */
const COMPUTE_WAIT_MS = 5 * 60_000;

/** Names that an error repeats; all are in the log and in the store. */
const MOST_NAMES = 10;

/** `coverage sync`: reads coverage from Codecov into the store. */
export async function run(invocation: Invocation): Promise<number> {
  return await syncCoverage(invocation, async (job, summary) => {
    if (job.output.forPeople) await print(formatSummary(summary), job.signals.signal);
  });
}

/**
 * Reads coverage into the store of the settings.
 *
 * @param end what follows a reading that came to its end, whether or not it failed on some repositories
 * @throws BatonError Unavailable if it failed on some in a way that can pass; NotFound for a repository that nobody knows
 */
export async function syncCoverage(
  invocation: Invocation,
  end: (job: Job, summary: CoverageSummary) => Promise<void>,
): Promise<number> {
  const settings = await loadSettings(invocation);
  const options = loadFields(coverageSyncFields, syncConstraints, settings.sources);
  if (options.pull !== undefined) nameOfPull(options.repository);
  const policy = await readPolicy(options.policy, invocation.cwd());
  return await runJob(invocation, settings, "screen", (job) =>
    traceJob("coverage sync", job, async (traced) => {
      refuseInputs({ setting: "--store", path: options.store }, [
        { setting: "--file", path: settings.sdk.file },
        ...listInputs(invocation, settings),
      ]);
      await using live = openLiveSource(traced);
      using store = await openCoverageStore(options.store, live.organization);
      const startedAt = systemClock.monotonic();
      const outcome = await withAdvice(store, options.store, () => readInto(store, live, options, traced));
      traced.output.live?.clear();
      const summary = summarize(store, options.store, policy, {
        requests: live.connection.requestCount,
        durationMs: systemClock.monotonic() - startedAt,
      });
      traced.output.log.info("Coverage summary.", summaryFields(summary));
      await end(traced, summary);
      refuseUnmatched(options.repository, namesOf(store), `${live.organization.owner} in Codecov`);
      const failure = outcome === undefined ? undefined : describeFailure(outcome);
      if (failure !== undefined) throw failure;
      return 0;
    }),
  );
}

/** A reading that ends early has stored what it has read. */
async function withAdvice<T>(store: CoverageStore, path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (namesOf(store).length === 0) throw error;
    const advice = `what was read until then is in ${path}, and the next coverage sync continues`;
    throw explainUnexpected(error).withAdvice(advice);
  }
}

/** @returns undefined if only a pull request was read */
async function readInto(
  store: CoverageStore,
  live: LiveSource,
  options: SyncOptions,
  job: Job,
): Promise<ReadingOutcome | undefined> {
  const { repository: patterns, pull } = options;
  if (pull === undefined) return await readList(store, live, options, job);
  const name = nameOfPull(patterns);
  // A pull request belongs to a repository of the list.
  const isKnown = namesOf(store).includes(name);
  const outcome = isKnown ? undefined : await readList(store, live, { ...options, details: "none" }, job);
  await readPullInto(store, live, options, name, pull);
  return outcome;
}

async function readList(
  store: CoverageStore,
  { connection, ctx }: LiveSource,
  { details, days, allowSeat, acceptGone, repository }: SyncOptions,
  job: Job,
): Promise<ReadingOutcome> {
  const onProgress = reportProgress(job, systemClock.monotonic());
  const selects = selectNames(repository);
  const options = { details, days, allowSeat, acceptGone, selects, onProgress };
  const before = store.history().lastReading;
  const outcome = await readOrganization(connection, store, options, ctx);
  const { startedAt, endedAt, requests, notes } = outcome;
  const readsAll = details === "seat" && repository.length === 0;
  const stillFailed = readsAll ? [] : findStillFailed(store, before);
  const failed = [...new Set([...outcome.failed, ...stillFailed])].toSorted();
  store.saveReading({ startedAt, endedAt, requests, failed, notes });
  for (const note of notes) job.output.log.warn(note);
  return outcome;
}

/** Repositories that the reading before failed on, and that none has read since: one of others says nothing about them. */
function findStillFailed(store: CoverageStore, before: Reading | null): string[] {
  if (before === null) return [];
  const failed = new Set(before.failed);
  return store
    .known()
    .filter(({ name, state, detailsReadAt }) => {
      return failed.has(name) && state !== "gone" && (detailsReadAt ?? 0) <= before.endedAt;
    })
    .map(({ name }) => name);
}

function namesOf(store: CoverageStore): string[] {
  return store.known().map(({ name }) => name);
}

async function readPullInto(
  store: CoverageStore,
  { connection, ctx }: LiveSource,
  { compute, allowSeat }: SyncOptions,
  repository: string,
  number: number,
): Promise<void> {
  const waitMs = compute ? COMPUTE_WAIT_MS : 0;
  const reading = await readPull(connection, { repository, number, waitMs, compute, allowSeat }, ctx);
  if (reading.kind === "pull") store.savePull(reading.pull, reading.details, reading.readAt);
  else throw new BatonError(Code.PermissionDenied, reading.reason, { kind: "permission" });
}

/** Exit code 14 and the names, if something failed that can pass; the values of before are kept. */
function describeFailure({ failed, failure, held }: ReadingOutcome): BatonError | undefined {
  if (failed.length > 0) {
    const shown = failed.slice(0, MOST_NAMES).join(", ");
    const others = failed.length > MOST_NAMES ? ` and ${failed.length - MOST_NAMES} others` : "";
    const what = failed.length === 1 ? "1 repository" : `${failed.length} repositories`;
    return new BatonError(
      Code.Unavailable,
      `Codecov failed on ${what}: ${shown}${others}; their last values are kept, everything else is stored, and the next coverage sync reads them again (${failure?.message ?? "no reason was given"})`,
      { cause: failure, kind: "upstream" },
    );
  }
  if (held !== undefined) return new BatonError(Code.Unavailable, held, { kind: "upstream" });
  return undefined;
}

/** What a finished reading has to show. */
export interface CoverageSummary {
  readonly repositories: number;
  readonly measured: number;
  /** Null if no repository has a minimum. */
  readonly belowMinimum: number | null;
  readonly requests: number;
  readonly durationMs: number;
  /** Path of the store. */
  readonly store: string;
}

function summarize(
  store: CoverageStore,
  path: string,
  policy: Policy | undefined,
  cost: Pick<CoverageSummary, "requests" | "durationMs">,
): CoverageSummary {
  const now = systemClock.now();
  const sum = new OverviewSum();
  let repositories = 0;
  let haveMinimum = false;
  for (const repository of store.history().repositories({ sinceDay: dayOf(now) })) {
    const match = matchRules(policy, repository.name);
    repositories += 1;
    haveMinimum ||= match.rules.minimum !== null && !match.ignore;
    sum.add(repository, assess(repository, match, now));
  }
  const { measured, belowMinimum } = sum.result();
  return {
    repositories,
    measured,
    belowMinimum: haveMinimum ? belowMinimum.yes : null,
    ...cost,
    store: path,
  };
}

function formatSummary(summary: CoverageSummary): string {
  const facts = [
    ["repositories", formatNumber(summary.repositories)],
    ["measured", formatNumber(summary.measured)],
    ["below minimum", summary.belowMinimum === null ? UNKNOWN_NUMBER : formatNumber(summary.belowMinimum)],
    ["requests", formatNumber(summary.requests)],
    ["duration", formatDuration(summary.durationMs)],
    ["store", toVisibleLine(summary.store)],
  ] as const;
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.map(([label, value]) => `  ${label.padEnd(width)}  ${value}\n`).join("");
}

function summaryFields(summary: CoverageSummary): Readonly<Record<string, unknown>> {
  return {
    repositories: summary.repositories,
    measured: summary.measured,
    below_minimum: summary.belowMinimum,
    requests: summary.requests,
    duration: Math.round(summary.durationMs) / 1_000,
    store: summary.store,
  };
}

/** Shows repositories done and left: on the live line of a terminal, else now and then in the log. */
function reportProgress({ output: { live, log } }: Job, startedAt: number): (progress: Progress) => void {
  let loggedAtMs = 0;
  return (progress) => {
    const elapsedMs = systemClock.monotonic() - startedAt;
    if (live !== undefined) updateLine(live, progress, elapsedMs);
    else if (elapsedMs - loggedAtMs >= LOG_INTERVAL_MS) {
      loggedAtMs = elapsedMs;
      const { repositories, due, done, failed, requests } = progress;
      log.info("Coverage progress.", { repositories, done, left: due - done, failed, requests });
    }
  };
}

function updateLine(
  live: LiveLine,
  { repositories, due, done, requests }: Progress,
  elapsedMs: number,
): void {
  const what =
    repositories === undefined
      ? "reading the list of repositories"
      : `${formatNumber(repositories)} repositories: ${formatNumber(done)} done, ${formatNumber(due - done)} left`;
  live.update(`${what}; ${formatNumber(requests)} requests, ${formatDuration(elapsedMs)}`);
}
