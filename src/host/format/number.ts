/** A number with its thousands set apart, for example `12,345`. */
export function formatNumber(number: number): string {
  return number.toLocaleString("en-US");
}

/** How a number differs from an earlier one: `+3`, `−12`, or `no difference`. */
export function formatDifference(now: number, before: number): string {
  if (now === before) return "no difference";
  return `${now > before ? "+" : "−"}${formatNumber(Math.abs(now - before))}`;
}
