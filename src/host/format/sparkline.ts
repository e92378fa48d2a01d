const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** Stands for days without a value. */
const GAP = "·";

/** A sparkline fills no less than so many points, so that a change of a hundredth is no cliff. */
const MIN_SPAN = 4;

/**
 * A trend in one line of text, on a scale of its own: the higher the block, the higher the value.
 *
 * @param days a value in percent for each day, the oldest first; null for a day without one
 * @param columns columns that it may take. With more days than that, each block is the last value of several days.
 */
export function formatSparkline(days: readonly (number | null)[], columns: number): string {
  const perBlock = Math.max(1, Math.ceil(days.length / columns));
  // The newest days fill the last block, so that it is never about the fewest.
  const first = days.length % perBlock;
  const parts = [
    ...(first === 0 ? [] : [days.slice(0, first)]),
    ...Array.from({ length: Math.floor(days.length / perBlock) }, (_, index) =>
      days.slice(first + index * perBlock, first + (index + 1) * perBlock),
    ),
  ];
  const values = parts.map((part) => part.findLast((value) => value !== null) ?? null);
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return GAP.repeat(values.length);
  const middle = (Math.min(...known) + Math.max(...known)) / 2;
  const span = Math.max(MIN_SPAN, Math.max(...known) - Math.min(...known));
  return values.map((value) => (value === null ? GAP : toBlock((value - middle) / span + 0.5))).join("");
}

/** @param height from 0 to 1 */
function toBlock(height: number): string {
  return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(height * BLOCKS.length))] ?? GAP;
}
