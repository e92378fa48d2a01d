export const DAY_MS = 24 * 60 * 60 * 1_000;

/** The day in UTC of a time in epoch milliseconds: `2026-11-27`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The midnight in UTC with which a day such as `2026-11-27` begins, in epoch milliseconds. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** The day that many days later; earlier if negative. */
export function addDays(day: string, days: number): string {
  return dayOf(startOfDay(day) + days * DAY_MS);
}
