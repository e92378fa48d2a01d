/** A number with its thousands set apart, for example `12,345`. */
export function formatNumber(number: number): string {
  return number.toLocaleString("en-US");
}

/** What stands for a number that nobody knows. */
export const UNKNOWN_NUMBER = "–";

/** A percentage that was rounded already, such as `71.40 %`; `–` if it is unknown. */
export function formatPercent(percent: number | null): string {
  return percent === null ? UNKNOWN_NUMBER : `${percent.toFixed(2)} %`;
}

/** A change in points that was rounded already, such as `+0.30` or `−6.10`; `–` if it is unknown. */
export function formatPoints(points: number | null): string {
  if (points === null) return UNKNOWN_NUMBER;
  return `${points > 0 ? "+" : points < 0 ? "−" : ""}${Math.abs(points).toFixed(2)}`;
}

/** How a number differs from an earlier one: `+3`, `−12`, or `no difference`. */
export function formatDifference(now: number, before: number): string {
  if (now === before) return "no difference";
  return `${now > before ? "+" : "−"}${formatNumber(Math.abs(now - before))}`;
}
