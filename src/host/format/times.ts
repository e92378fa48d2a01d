const UNKNOWN = "an unknown time";

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

function take(iso: string, layout: string): string {
  return iso.slice(0, layout.length).replace("T", " ");
}
