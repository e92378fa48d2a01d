import { ServerFailure } from "../answer.ts";
import type { StoredTotals } from "./stored.ts";

/** Totals as `repos`, `commits` and `pulls` show them. */
export interface CommitTotals {
  readonly files: number;
  readonly lines: number;
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
  readonly coverage: number | null;
  readonly branches: number;
  readonly methods: number;
  readonly sessions: number;
  readonly complexity: number;
  readonly complexity_total: number;
  readonly complexity_ratio: number;
  readonly diff: 0;
}

const KEYS: readonly (keyof StoredTotals)[] = ["f", "n", "h", "m", "p", "c", "b", "d", "s", "C", "N"];

/**
 * Stored totals as an answer shows them; null if there are none.
 *
 * @throws ServerFailure for totals of another form, such as the arrays of very old commits.
 */
export function commitTotals(stored: unknown): CommitTotals | null {
  if (stored === null || stored === undefined) return null;
  if (!isStoredTotals(stored)) throw new ServerFailure("totals of an older form");
  const { f, n, h, m, p, c, b, d, s, C, N } = stored;
  return {
    files: f,
    lines: n,
    hits: h,
    misses: m,
    partials: p,
    coverage: c === null ? null : roundDown(Number(c)),
    branches: b,
    methods: d,
    sessions: s,
    complexity: roundDown(C),
    complexity_total: roundDown(N),
    complexity_ratio: N === 0 ? 0 : roundDown((C / N) * 100),
    diff: 0,
  };
}

/** Down to two decimals, in floating point as the server does it. */
export function roundDown(value: number): number {
  return Math.floor(value * 100) / 100;
}

/** Coverage as stored: a text with five decimals, `100` if everything is hit, null without lines. */
export function storedCoverage(hits: number, lines: number): string | null {
  if (lines === 0) return null;
  return hits === lines ? "100" : ((hits / lines) * 100).toFixed(5);
}

/** The coverage figure of a commit; undefined if its totals have none. */
export function coverageOf(totals: unknown): number | undefined {
  return isStoredTotals(totals) && totals.c !== null ? Number(totals.c) : undefined;
}

/** Totals as stored for a report with so many lines of each kind. */
export function makeTotals(counts: {
  readonly hits: number;
  readonly misses: number;
  readonly partials?: number;
  readonly files?: number;
  readonly sessions?: number;
  readonly branches?: number;
}): StoredTotals {
  const { hits, misses, partials = 0, files = 1, sessions = 1, branches = 0 } = counts;
  const lines = hits + misses + partials;
  return {
    f: files,
    n: lines,
    h: hits,
    m: misses,
    p: partials,
    c: storedCoverage(hits, lines),
    b: branches,
    d: 0,
    M: 0,
    s: sessions,
    C: 0,
    N: 0,
    diff: null,
  };
}

function isStoredTotals(stored: unknown): stored is StoredTotals {
  return typeof stored === "object" && stored !== null && KEYS.every((key) => Object.hasOwn(stored, key));
}
