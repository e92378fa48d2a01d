const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The longest duration that a setting can have: a year. */
const LONGEST_MS = 365 * DAY_MS;

/** Milliseconds of a duration such as `90s`, `15m`, `1h30m` or `2d`; undefined if the text is none. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (parts === null || text === "") return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS;
}

/** What is wrong with a duration from a setting, as the end of a sentence; undefined if nothing is. */
export function checkDuration(text: string): string | undefined {
  const ms = parseDuration(text);
  if (ms === undefined) return 'must be a duration like "90s", "15m", "1h30m" or "2d"';
  if (ms < SECOND_MS) return "must be at least 1s";
  return ms > LONGEST_MS ? "must be at most 365d" : undefined;
}
