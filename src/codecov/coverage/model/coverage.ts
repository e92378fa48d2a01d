import { compareExact, type Exact, exactOf, floorExact, subtractExact } from "./exact.ts";
import type { StoredRepository } from "./repository.ts";
import type { PatchTotals, Totals } from "./totals.ts";

/** The counts that a percentage follows from. */
export type Counts = Pick<Totals, "hits" | "lines">;

/**
 * What is wrong with counts that Codecov gave, as the end of a sentence such as "its report …"; undefined if nothing is.
 * Counts that contradict each other have no percentage: they are unknown.
 */
export function findContradiction(totals: Totals): string | undefined {
  const { files, lines, hits, misses, partials, branches, sessions } = totals;
  const counts = [lines, hits, misses, partials, files ?? 0, branches ?? 0, sessions ?? 0];
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0))
    return "has a count that is not a whole number from 0 on";
  if (hits + misses + partials !== lines)
    return `has ${lines} lines, but ${hits} hits, ${misses} misses and ${partials} partials`;
  return undefined;
}

/** The totals, or null if they contradict themselves. */
export function soundTotals(totals: Totals | null): Totals | null {
  return totals === null || findContradiction(totals) !== undefined ? null : totals;
}

/** The counts of a repository that has a figure; null if it has none, or counts that cannot be. */
export function usableTotals({ state, totals }: Pick<StoredRepository, "state" | "totals">): Totals | null {
  return state === "measured" && totals?.lines !== 0 ? soundTotals(totals) : null;
}

/** A patch with the number of its lines. */
export function linesOf({ hits, misses, partials }: PatchTotals): number {
  return hits + misses + partials;
}

/**
 * Coverage in percent, exact. Null if there is none: without a line nothing is covered or uncovered, and more hits than lines
 * are a contradiction.
 */
export function percentOf(counts: Counts | null): Exact | null {
  if (counts === null || !isMeasurable(counts)) return null;
  return { numerator: BigInt(counts.hits) * 100n, denominator: BigInt(counts.lines) };
}

/** Coverage in percent, rounded down to two decimals on whole numbers; null if there is none. */
export function shownPercent(counts: Counts | null): number | null {
  if (counts === null || !isMeasurable(counts)) return null;
  const { hits, lines } = counts;
  const scaled = hits * 10_000;
  // The quotient of a float division can round up to the next whole number; the rest of one cannot.
  if (Number.isSafeInteger(scaled)) return (scaled - (scaled % lines)) / lines / 100;
  return Number((BigInt(hits) * 10_000n) / BigInt(lines)) / 100;
}

/** Coverage in percent of a patch; null for one without a line to cover. */
export function patchPercent(patch: PatchTotals | null): Exact | null {
  return patch === null ? null : percentOf({ hits: patch.hits, lines: linesOf(patch) });
}

/** The same, rounded down to two decimals. */
export function shownPatch(patch: PatchTotals | null): number | null {
  return patch === null ? null : shownPercent({ hits: patch.hits, lines: linesOf(patch) });
}

/**
 * How many points coverage changed, rounded down to two decimals: a loss is never made smaller. Null if either side is
 * unknown. Computed on the counts: the difference of two rounded percentages can be off by a hundredth.
 */
export function shownDelta(base: Counts | null, head: Counts | null): number | null {
  const from = percentOf(base);
  const to = percentOf(head);
  return from === null || to === null ? null : floorExact(subtractExact(to, from));
}

/** Whether a percentage is below a limit; exactly at it is not. */
export function isBelow(percent: Exact, limit: number): boolean {
  return compareExact(percent, exactOf(limit)) < 0;
}

function isMeasurable({ hits, lines }: Counts): boolean {
  return Number.isSafeInteger(lines) && Number.isSafeInteger(hits) && lines > 0 && hits >= 0 && hits <= lines;
}
