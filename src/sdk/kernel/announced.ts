/**
 * Bounds for times that another machine tells: when to come back, how long something is good. It may be wrong or hostile,
 * and this program may run for months on one response.
 */

/** The longest pause that anybody can ask for, in milliseconds: an hour. After that it is asked again. */
export const LONGEST_PAUSE_MS = 60 * 60_000;

/** The last moment that a `google.protobuf.Timestamp` can hold: the end of the year 9999. */
const LAST_DATE_MS = Date.UTC(10_000, 0) - 1;

/** A point in time that a peer announced, at most an hour from now and never before 1970. Both are epoch milliseconds. */
export function capAnnounced(at: number, now: number): number {
  return Math.max(0, Math.min(at, now + LONGEST_PAUSE_MS));
}

/** A date that a peer wrote, in epoch milliseconds; undefined if there is none, or one before 1970 or after 9999. */
export function readDate(text: string | null): number | undefined {
  const at = text === null ? Number.NaN : Date.parse(text);
  return at >= 0 && at <= LAST_DATE_MS ? at : undefined;
}
