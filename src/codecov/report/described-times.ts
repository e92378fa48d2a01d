import { formatMinute } from "#format/times.ts";

/** When a sync was, ISO 8601 in UTC; null for what the file does not say. */
interface Times {
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/** When a sync ended, to the minute; otherwise when it began, and that it is this. */
export function describeTime({ startedAt, endedAt }: Times): string {
  if (endedAt !== null || startedAt === null) return formatMinute(endedAt);
  return `${formatMinute(startedAt)} (start)`;
}
