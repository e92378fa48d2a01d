import {
  isBelow,
  linesOf,
  patchPercent,
  percentOf,
  shownDelta,
  shownPatch,
  shownPercent,
  soundTotals,
} from "./coverage.ts";
import type { ChangedFile, ListedPull, PullDetails } from "./pull.ts";
import type { Rules, Verdict } from "./rules.ts";

/** The figures of a pull request, as far as they are known. */
export interface PullFigures {
  /** Percent of its newest commit, rounded down to two decimals. */
  readonly coverage: number | null;
  /**
   * Points from the commit that Codecov compares with to the newest commit, both of the same answer, rounded down to two
   * decimals. Null if either has no report: a missing base is unknown and not 0.
   */
  readonly delta: number | null;
  /** Percent of the lines that it changes, rounded down to two decimals; null if unknown or if there is nothing to cover. */
  readonly patch: number | null;
  /** Lines to cover in its patch; 0: nothing to cover; null: unknown. */
  readonly patchLines: number | null;
}

export function figuresOf(pull: Pick<ListedPull, "head" | "base" | "patch">): PullFigures {
  const head = soundTotals(pull.head);
  return {
    coverage: shownPercent(head),
    delta: shownDelta(soundTotals(pull.base), head),
    patch: shownPatch(pull.patch),
    patchLines: pull.patch === null ? null : linesOf(pull.patch),
  };
}

/**
 * Whether a patch holds the rule. One without a line to cover, or with fewer than `patchLines`, holds it: a single line would
 * be 0 % or 100 %. Null if Codecov has not compared, or without a rule.
 */
export function holdsPatchRule(
  patch: ListedPull["patch"],
  { patchMinimum, patchLines }: Pick<Rules, "patchMinimum" | "patchLines">,
): Verdict {
  if (patch === null || patchMinimum === null) return null;
  if (linesOf(patch) < patchLines) return true;
  const percent = patchPercent(patch);
  // Lines without a percentage: the counts contradict each other.
  if (percent === null) return linesOf(patch) === 0 ? true : null;
  return !isBelow(percent, patchMinimum);
}

/** Least coverage in percent of changed files that adds no risk, and what less adds. */
export const RISK_LIMIT = 40;
export const RISK_POINTS = 15;

/** The one public risk rule for a pull request, with the numbers that it follows from. */
export interface Risk {
  readonly points: 0 | typeof RISK_POINTS;
  /** Percent of the lines of the changed files that have a report, rounded down to two decimals. */
  readonly coverage: number;
  readonly hits: number;
  readonly lines: number;
  /** Changed files that have a report. */
  readonly files: number;
  /** Paths of changed files without one, which count for nothing. */
  readonly withoutReport: readonly string[];
}

/**
 * 15 points if the changed files that have a report, weighted by their lines, are less than 40 % covered. Null without data,
 * which is no factor at all and not 0 points.
 *
 * A file counts as changed if Codecov gives it a patch: the list also has files whose coverage moved although nobody touched
 * them. Removed files have nothing left to cover.
 */
export function assessRisk(details: Pick<PullDetails, "files" | "untracked"> | null): Risk | null {
  if (details === null || details.files === null) return null;
  const changed = details.files.filter(({ patch }) => patch !== null);
  const reported = changed.filter(hasReport);
  const hits = reported.reduce((sum, { head }) => sum + (head?.hits ?? 0), 0);
  const lines = reported.reduce((sum, { head }) => sum + (head === null ? 0 : linesOf(head)), 0);
  const percent = percentOf({ hits, lines });
  const coverage = shownPercent({ hits, lines });
  if (percent === null || coverage === null) return null;
  const withoutReport = changed.filter((file) => !hasReport(file)).map(({ path }) => path);
  return {
    points: isBelow(percent, RISK_LIMIT) ? RISK_POINTS : 0,
    coverage,
    hits,
    lines,
    files: reported.length,
    withoutReport: [...details.untracked, ...withoutReport].sort(),
  };
}

function hasReport({ head }: ChangedFile): boolean {
  return head !== null && linesOf(head) > 0;
}
