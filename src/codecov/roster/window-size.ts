/** By what windows shrink when a server cannot deliver them, and grow again. */
const STEP = 4;

/** Most windows that are read before a larger one is tried again. */
const LONGEST_WAIT = 4_096;

/** How many rows to ask for at once, and what a walk has learnt of what the server delivers. */
export interface WindowSize {
  /** Largest number of rows to ask for at once. */
  readonly windowRows: number;
  /** How many windows of this size have to be read before a larger one is tried; 0 if none will be. */
  readonly growAfter: number;
  /** How many of them have been read. */
  readonly goodWindows: number;
}

/** What came of the size while a window was read. */
export type SizeNews = "none" | "shrunk" | "capped";

export function shrink(rows: number, minRows: number): number {
  return Math.max(minRows, Math.floor(rows / STEP));
}

/**
 * The size after a window of `windowRows` was read. A window that had to be made smaller grows back: after one
 * good window at first, as most troubles pass, and after four times as many each time that the larger one fails
 * again, so that a server with a limit is not asked in vain forever. A server that silently gives fewer rows has
 * shown its limit.
 */
export function nextSize(
  before: WindowSize,
  windowRows: number,
  news: SizeNews,
  fullRows: number,
): WindowSize {
  const fixed = { windowRows, growAfter: 0, goodWindows: 0 };
  if (news === "capped" || windowRows >= fullRows) return fixed;
  const growAfter =
    news === "shrunk" ? Math.min(Math.max(1, before.growAfter * STEP), LONGEST_WAIT) : before.growAfter;
  if (growAfter === 0) return fixed;
  const goodWindows = news === "shrunk" ? 1 : before.goodWindows + 1;
  if (goodWindows < growAfter) return { windowRows, growAfter, goodWindows };
  return { windowRows: Math.min(windowRows * STEP, fullRows), growAfter, goodWindows: 0 };
}
