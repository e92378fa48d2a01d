/** When a sync was, ISO 8601 in UTC; null for what the file does not tell. */
interface Times {
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/** When a sync ended, to the minute; otherwise when it began, and that it is this. */
export function describeTime({ startedAt, endedAt }: Times): string {
  if (endedAt !== null) return toMinute(endedAt);
  return startedAt === null ? "an unknown time" : `${toMinute(startedAt)} (start)`;
}

/** A time to the second, from ISO 8601 in UTC. */
export function formatTime(iso: string | null): string {
  return iso === null ? "an unknown time" : `${take(iso, "2026-01-01T00:00:00")} UTC`;
}

function toMinute(iso: string): string {
  return `${take(iso, "2026-01-01T00:00")} UTC`;
}

function take(iso: string, layout: string): string {
  return iso.slice(0, layout.length).replace("T", " ");
}
