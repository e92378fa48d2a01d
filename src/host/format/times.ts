const UNKNOWN = "an unknown time";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A time to the second, such as `2026-07-01 04:05:06 UTC`, from ISO 8601 in UTC; null if nobody knows it. */
export function formatTime(iso: string | null): string {
  return iso === null ? UNKNOWN : `${take(iso, "2026-01-01T00:00:00")} UTC`;
}

/** As {@link formatTime}, to the minute. */
export function formatMinute(iso: string | null): string {
  return iso === null ? UNKNOWN : `${take(iso, "2026-01-01T00:00")} UTC`;
}

/** The day alone, such as `2026-07-01`. */
export function formatDay(iso: string): string {
  return iso.slice(0, "2026-01-01".length);
}

/** How long ago something was, such as `5m`, `2h` or `412d`, rounded down; `0m` for what lies ahead of a clock that is slow. */
export function formatAge(ms: number): string {
  if (ms < HOUR_MS) return `${Math.max(0, Math.floor(ms / MINUTE_MS))}m`;
  return ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)}h` : `${Math.floor(ms / DAY_MS)}d`;
}

function take(iso: string, layout: string): string {
  return iso.slice(0, layout.length).replace("T", " ");
}
