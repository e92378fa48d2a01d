import type { Call } from "../view.ts";
import { repositoryView } from "./access.ts";
import { groupByBucket, readTrendQuery, renderTrend, type TrendQuery, type TrendRow } from "./buckets.ts";
import type { Measurement, Repository, TimeSeries } from "./stored.ts";

const HOUR_IN_MICROS = 3_600_000_000;

/**
 * The time series of a repository by branch; undefined where commits answer instead, as they do in the first hour. The first
 * reading notes that the series is wanted and puts its filling on the queue, with or without a token.
 */
export function readSeries(call: Call, repository: Repository): TimeSeries["measurements"] | undefined {
  const { state, settings } = call;
  if (!settings.timeSeries) return undefined;
  const now = state.time.now() * 1_000;
  if (repository.series === undefined) {
    repository.series = { wantedAt: now, measurements: new Map() };
    state.effects.createDataset("coverage", repository.repoid);
    state.effects.queueTask("app.tasks.timeseries.backfill_dataset");
  }
  const { wantedAt, measurements } = repository.series;
  return now - wantedAt < HOUR_IN_MICROS ? undefined : measurements;
}

/** Bounds are held against the beginnings of buckets, so that all of them are whole; means have five decimals. */
export function trendOfSeries(
  measured: readonly Measurement[],
  { length, start, end }: TrendQuery,
  { withOlder }: { readonly withOlder: boolean },
): TrendRow[] {
  const rows = groupByBucket(measured, length)
    .map((row) => ({ ...row, avg: Number(row.avg.toFixed(5)) }))
    .toSorted((a, b) => a.at - b.at);
  const within = rows.filter(({ at }) => at <= end && (start === undefined || at >= start));
  const older = start === undefined || !withOlder ? undefined : rows.findLast(({ at }) => at < start);
  return older === undefined ? within : [older, ...within];
}

/** `GET …/flags/{flag}/coverage`: of all branches, without an older row. Exists only where time series are kept. */
export const flagTrendView = repositoryView(
  "Flag Coverage List",
  ({ request, state, parameters }, { repository }) => {
    const query = readTrendQuery(request, state.time.now() * 1_000);
    const measured = repository.flagSeries.get(parameters.item ?? "") ?? [];
    return renderTrend(request, trendOfSeries(measured, query, { withOlder: false }));
  },
);
