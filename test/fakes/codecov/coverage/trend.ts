import { repositoryView } from "./access.ts";
import { groupByBucket, readTrendQuery, renderTrend, type TrendQuery, type TrendRow } from "./buckets.ts";
import { coverageOf } from "./commit-totals.ts";
import type { Measurement, Repository } from "./stored.ts";
import { readSeries, trendOfSeries } from "./time-series.ts";

/** `GET …/coverage/?interval=`: from time series where the deployment keeps them and they are old enough, else from commits. */
export const trendView = repositoryView("Coverage List", (call, { repository }) => {
  const { request, state } = call;
  const query = readTrendQuery(request, state.time.now() * 1_000);
  const branch = request.lastParameter("branch") || repository.branch;
  const series = readSeries(call, repository);
  if (series !== undefined) {
    return renderTrend(request, trendOfSeries(series.get(branch) ?? [], query, { withOlder: true }));
  }
  return renderTrend(request, trendOfCommits(measureCommits(repository, branch), query));
});

/** The figures of a branch's commits, whatever their state, oldest first. */
function measureCommits({ commits }: Repository, branch: string): Measurement[] {
  const measured: Measurement[] = [];
  for (const { at, totals } of commits.ofBranch(branch).toReversed()) {
    const coverage = coverageOf(totals);
    if (coverage !== undefined) measured.push({ at, coverage });
  }
  return measured;
}

/**
 * Bounds are held against the commits, so that the first and last bucket can be cut. With a start, the newest bucket of what
 * lies before it is added; if it is the same as the next row in every figure, they are one.
 */
function trendOfCommits(measured: readonly Measurement[], { length, start, end }: TrendQuery): TrendRow[] {
  const within = measured.filter(({ at }) => at <= end && (start === undefined || at >= start));
  const rows = groupByBucket(within, length);
  if (start === undefined) return rows;
  const older = groupByBucket(
    measured.filter(({ at }) => at < start),
    length,
  ).at(-1);
  const isRepeated = older !== undefined && JSON.stringify(older) === JSON.stringify(rows[0]);
  return older === undefined || isRepeated ? rows : [older, ...rows].toSorted(compareRows);
}

/** Two rows of one bucket are in the order of their figures, not of their age. */
function compareRows(a: TrendRow, b: TrendRow): number {
  return a.at - b.at || a.min - b.min || a.max - b.max || a.avg - b.avg;
}
