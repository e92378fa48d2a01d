/**
 * What one coverage report counts. All are whole numbers, and `hits + misses + partials = lines`. Codecov divides hits by
 * lines; a partial line counts as not hit.
 */
export interface Totals {
  /** Null where Codecov does not say. */
  readonly files: number | null;
  readonly lines: number;
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
  readonly branches: number | null;
  /** Uploads that the report consists of. */
  readonly sessions: number | null;
}

/** Counts of the lines that a pull request changes. All zero: nothing to cover. */
export type PatchTotals = Pick<Totals, "hits" | "misses" | "partials">;
