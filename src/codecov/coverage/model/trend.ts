import { addDays, DAY_MS, dayOf, startOfDay } from "./calendar.ts";
import { type Exact, exactOf, middleOf } from "./exact.ts";
import type { StoredRepository, TrendDay } from "./repository.ts";

/** Days of the window in which a trend is judged, today included. */
export const WINDOW_DAYS = 30;

/** Days at either end of the window whose medians are compared, and days that a drop is measured against. */
export const WEEK_DAYS = 7;

/**
 * Codecov moves the time of a row at most every 30 minutes, so that a row which has not moved since 35 minutes before a
 * reading has not changed since that reading.
 */
export const ROW_TIME_SLACK_MS = 35 * 60 * 1_000;

/** First day of a window that ends on the day of `at`. */
export function windowStart(at: number): string {
  return addDays(dayOf(at), 1 - WINDOW_DAYS);
}

/** First day of the trend that judging needs at `now`: the window may have ended up to a week ago. */
export function judgedFrom(now: number): string {
  return addDays(windowStart(now), -WEEK_DAYS);
}

/**
 * Until when trend and commits of a repository are known, in epoch milliseconds; null if they were never read.
 *
 * Details that were not read again because the row had not moved are as good as read again: nothing has happened. Those of a
 * row that has moved since are as old as their reading.
 */
export function knownUntil(
  repository: Pick<StoredRepository, "detailsReadAt" | "updatedAt" | "readAt">,
): number | null {
  const { detailsReadAt, updatedAt, readAt } = repository;
  if (detailsReadAt === null) return null;
  const hasMoved = updatedAt === null || updatedAt > detailsReadAt - ROW_TIME_SLACK_MS;
  return hasMoved ? detailsReadAt : Math.max(detailsReadAt, readAt);
}

/** Values day by day, without gaps. */
export interface Steps {
  /** The first day with a value. */
  readonly firstDay: string;
  /** One value a day, in percent. */
  readonly values: readonly number[];
  /** How many of the days that were looked at, at most one from before the window, were measured. */
  readonly measured: number;
}

/**
 * The trend as a step function over the days from `from` to `to`: a day without a commit keeps the value of the day before.
 * Days before the first known one are left out. Null if no day up to `to` has a value.
 *
 * @param trend ascending; what comes before `from` counts for its last value alone, so that more history changes nothing
 */
export function stepsOf(trend: readonly TrendDay[], from: string, to: string): Steps | null {
  let last = trend.length;
  while (last > 0 && (trend[last - 1]?.day ?? "") > to) last -= 1;
  let start = last;
  while (start > 0 && (trend[start - 1]?.day ?? "") >= from) start -= 1;
  const used = trend.slice(Math.max(0, start - 1), last).filter(({ avg }) => isPercent(avg));
  const first = used[0];
  if (first === undefined) return null;

  const firstDay = first.day < from ? from : first.day;
  const origin = startOfDay(firstDay);
  const indexOf = (day: string) => Math.round((startOfDay(day) - origin) / DAY_MS);
  const length = indexOf(to) + 1;
  const values: number[] = [];
  for (const [position, { avg }] of used.entries()) {
    const next = used[position + 1];
    const end = next === undefined ? length : indexOf(next.day);
    while (values.length < end) values.push(avg);
  }
  return { firstDay, values, measured: used.length };
}

/** The value in the middle; the mean of the two in the middle if their number is even. Null without any. */
export function medianOf(values: readonly number[]): Exact | null {
  // Floats are in the order of their decimal texts.
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) return null;
  return upper === lower ? exactOf(upper) : middleOf(exactOf(lower), exactOf(upper));
}

function isPercent(value: number): boolean {
  return value >= 0 && value <= 100;
}
