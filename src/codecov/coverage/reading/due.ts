import { addDays, dayOf } from "#codecov/coverage/model/calendar.ts";
import type { KnownRepository } from "#codecov/coverage/model/ledger.ts";
import type { ListedRepository } from "#codecov/coverage/model/repository.ts";
import { ROW_TIME_SLACK_MS } from "#codecov/coverage/model/trend.ts";

/** Days before the last reading that are read again, if it is longer ago than the days that are wanted. */
const OVERLAP_DAYS = 3;

/** First day of the trend that a first reading asks for. @param now epoch milliseconds */
export function firstDay(now: number, days: number): string {
  return addDays(dayOf(now), -days);
}

/**
 * Whether a repository is to be asked for trend, commits and pull requests: never yet, or its row has moved since, or more
 * days are wanted than before. Codecov moves the row at most every 30 minutes, hence the slack.
 *
 * @param from first day that is wanted
 */
export function isDue(row: ListedRepository, known: KnownRepository | undefined, from: string): boolean {
  if (row.state === "not_active" || row.state === "unreadable") return false;
  if (known === undefined || known.detailsReadAt === null || known.daysFrom === null) return true;
  if (row.updatedAt === null || row.updatedAt > known.detailsReadAt - ROW_TIME_SLACK_MS) return true;
  return row.branch !== known.branch || from < known.daysFrom;
}

/**
 * The day from which the trend is asked for: the first one that is wanted, every time. Uploads can come late for any of these
 * days, and all of them fit into one response, so that reading fewer would save nothing. After a longer break, the day of the
 * last reading, so that no gap remains.
 */
export function trendFrom(row: ListedRepository, known: KnownRepository | undefined, from: string): string {
  if (known === undefined || known.branch !== row.branch || known.detailsReadAt === null) return from;
  const lastRead = addDays(dayOf(known.detailsReadAt), -OVERLAP_DAYS);
  return lastRead < from ? lastRead : from;
}
