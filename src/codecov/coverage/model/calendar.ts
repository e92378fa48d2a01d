export const DAY_MS = 24 * 60 * 60 * 1_000;

/** A report asks for the same few hundred days thousands of times. */
const MAX_KEPT = 10_000;
const texts = new Map<number, string>();
const starts = new Map<string, number>();

/** The day in UTC of a time in epoch milliseconds: `2026-11-27`. */
export function dayOf(at: number): string {
  const number = Math.floor(at / DAY_MS);
  const kept = texts.get(number);
  if (kept !== undefined) return kept;
  const text = new Date(number * DAY_MS).toISOString().slice(0, 10);
  keep(texts, number, text);
  return text;
}

/** The midnight in UTC with which a day such as `2026-11-27` begins, in epoch milliseconds. */
export function startOfDay(day: string): number {
  const kept = starts.get(day);
  if (kept !== undefined) return kept;
  const start = Date.parse(`${day}T00:00:00Z`);
  keep(starts, day, start);
  return start;
}

/** The day that many days later; earlier if negative. */
export function addDays(day: string, days: number): string {
  return dayOf(startOfDay(day) + days * DAY_MS);
}

function keep<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  if (map.size >= MAX_KEPT) map.clear();
  map.set(key, value);
}
