import { addDays, DAY_MS, dayOf, startOfDay } from "./calendar.ts";
import { isBelow, percentOf, shownPercent, usableTotals } from "./coverage.ts";
import { asStoredPercent, compareExact, type Exact, exactOf, floorExact, subtractExact } from "./exact.ts";
import type { StoredRepository } from "./repository.ts";
import { type Assessment, ATTENTION, type Attention, type MatchedRules, type Verdict } from "./rules.ts";
import { knownUntil, medianOf, stepsOf, WEEK_DAYS, windowStart } from "./trend.ts";

/**
 * Judges one repository. What was not read, contradicts itself or does not exist is null, and so is every verdict on it.
 *
 * @param now epoch milliseconds
 */
export function assess(repository: StoredRepository, match: MatchedRules, now: number): Assessment {
  const { rules } = match;
  const totals = usableTotals(repository);
  const percent = percentOf(totals);
  const known = percent === null ? null : knownUntil(repository);
  const judged = match.ignore ? null : percent;
  const report = percent === null ? NO_REPORT : findReport(repository);

  const belowMinimum = judged === null || rules.minimum === null ? null : isBelow(judged, rules.minimum);
  const { delta30d, declining } = judgeTrend(repository, match, known, now);
  const { delta7d, dropped } = judgeDrop(repository, judged, rules.maxDrop, known);
  const stale = judged === null ? null : judgeAge(repository, report, rules.staleAfterDays, known, now);
  const otherBranch = match.ignore ? null : findOtherBranch(repository, rules.staleAfterDays);

  const found: Record<Attention, boolean> = {
    below_minimum: belowMinimum === true,
    dropped: dropped === true,
    declining: declining === true,
    unreadable: repository.state === "unreadable" && !match.ignore,
    other_branch: otherBranch !== null,
    stale: stale === true,
    gone: repository.state === "gone" && !match.ignore,
  };
  return {
    coverage: shownPercent(totals),
    minimum: match.ignore ? null : rules.minimum,
    belowMinimum,
    delta30d,
    declining,
    delta7d,
    dropped,
    stale,
    reportedAt: report.from,
    reportedFrom: report.source,
    otherBranch,
    attention: ATTENTION.filter((reason) => found[reason]),
    match,
  };
}

/**
 * Compares the last week of the window with the first one. The window ends on the last day that is known. It is 30 days long,
 * or shorter if the first measured day is younger; with fewer days than the rule asks for, with fewer than two measured ones,
 * or with a last week of which nothing was read, it cannot be told.
 */
function judgeTrend(
  repository: StoredRepository,
  { rules, ignore }: MatchedRules,
  known: number | null,
  now: number,
): Pick<Assessment, "delta30d" | "declining"> {
  const unknown = { delta30d: null, declining: null };
  if (known === null || dayOf(known) <= addDays(dayOf(now), -WEEK_DAYS)) return unknown;
  const steps = stepsOf(repository.trend, windowStart(known), dayOf(known));
  const needed = Math.max(rules.decliningDays, 2 * WEEK_DAYS);
  if (steps === null || steps.measured < 2 || steps.values.length < needed) return unknown;

  const { values } = steps;
  const delta = (from: Exact | null, to: Exact | null) =>
    from === null || to === null ? null : subtractExact(to, from);
  const overall = delta(medianOf(values.slice(0, 1)), medianOf(values.slice(-1)));
  const weeks = delta(medianOf(values.slice(0, WEEK_DAYS)), medianOf(values.slice(-WEEK_DAYS)));
  return {
    delta30d: overall === null ? null : floorExact(overall),
    declining: weeks === null || ignore ? null : compareExact(weeks, exactOf(-rules.decliningPoints)) <= 0,
  };
}

/** Compares the figure, as a trend would have it, with the median of the seven days before the day of its reading. */
function judgeDrop(
  repository: StoredRepository,
  percent: Exact | null,
  maxDrop: number | null,
  known: number | null,
): Pick<Assessment, "delta7d" | "dropped"> {
  const unknown = { delta7d: null, dropped: null };
  if (percent === null || known === null) return unknown;
  const first = addDays(dayOf(repository.readAt), -WEEK_DAYS);
  const before = addDays(dayOf(repository.readAt), -1);
  const last = dayOf(known) < before ? dayOf(known) : before;
  const median = last < first ? null : medianOf(stepsOf(repository.trend, first, last)?.values ?? []);
  if (median === null) return unknown;
  const delta = subtractExact(asStoredPercent(percent), median);
  return { delta7d: floorExact(delta), dropped: isLoss(delta, maxDrop) };
}

/** Whether a change in points is a loss of more than the limit; exactly the limit is not. Null without a limit. */
export function isLoss(delta: Exact, maxDrop: number | null): Verdict {
  return maxDrop === null ? null : compareExact(delta, exactOf(-maxDrop)) < 0;
}

/** When the newest report is from: between two times, which differ where only the day is known. */
interface ReportTime {
  readonly from: number | null;
  readonly to: number | null;
  readonly source: Assessment["reportedFrom"];
}

const NO_REPORT: ReportTime = { from: null, to: null, source: null };

function findReport({ head, branch, trend }: StoredRepository): ReportTime {
  if (head !== null && (head.branch === null || head.branch === branch))
    return { from: head.committedAt, to: head.committedAt, source: "commits" };
  const day = trend.at(-1)?.day;
  if (day === undefined) return NO_REPORT;
  const from = startOfDay(day);
  return { from, to: from + DAY_MS, source: "trend" };
}

/** A report that was young enough when it was last looked for can have been followed by another one since. */
function judgeAge(
  { active }: StoredRepository,
  { from, to }: ReportTime,
  staleAfterDays: number,
  known: number | null,
  now: number,
): Verdict {
  if (from === null || to === null || known === null) return null;
  const limit = staleAfterDays * DAY_MS;
  if (now - from <= limit) return false;
  if (known - to <= limit) return null;
  return active;
}

function findOtherBranch(
  { state, branch, head, newest }: StoredRepository,
  staleAfterDays: number,
): string | null {
  if (state === "gone" || newest === null || newest.branch === null || branch === null) return null;
  if (newest.branch === branch) return null;
  const isFresh = head !== null && newest.committedAt - head.committedAt <= staleAfterDays * DAY_MS;
  return isFresh ? null : newest.branch;
}
