import { addDays, dayOf } from "#codecov/coverage/model/calendar.ts";
import type { KnownRepository } from "#codecov/coverage/model/ledger.ts";
import type { ListedRepository } from "#codecov/coverage/model/repository.ts";
import { ROW_TIME_SLACK_MS } from "#codecov/coverage/model/trend.ts";

/** Days that are read again, so that uploads which came late correct them. */
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

/** The day from which the trend is asked for. */
export function trendFrom(row: ListedRepository, known: KnownRepository | undefined, from: string): string {
  if (known === undefined || known.branch !== row.branch) return from;
  const { daysFrom, lastDay } = known;
  if (daysFrom === null || lastDay === null || from < daysFrom) return from;
  return addDays(lastDay, -OVERLAP_DAYS);
}
