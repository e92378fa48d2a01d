import { compareByAttention } from "#codecov/coverage/model/attention.ts";
import type { PullRow, RepositoryRow } from "./report-rows.ts";

/** What a report can be limited to. */
export type Only = "below" | "declining" | "stale" | "unknown" | "pulls";

/** Orders of the repositories. What is unknown comes last in each. */
export type Sort = "attention" | "name" | "coverage" | "delta" | "age";

/** Whether a repository is among those that a report is limited to. */
export function isAmong({ state, assessment }: RepositoryRow, only: Only | undefined): boolean {
  const { belowMinimum, declining, stale, match } = assessment;
  switch (only) {
    case undefined:
    case "pulls":
      return true;
    case "below":
      return belowMinimum === true;
    case "declining":
      return declining === true;
    case "stale":
      return stale === true;
    case "unknown":
      return state !== "measured" && !match.ignore;
    default:
      return only satisfies never;
  }
}

/**
 * - `attention`: who needs a person first, see `compareByAttention`; what the policy leaves out is last
 * - `coverage`, `delta`: the lowest first
 * - `age`: the oldest report first
 */
export function compareRows(sort: Sort): (a: RepositoryRow, b: RepositoryRow) => number {
  const byName = (a: RepositoryRow, b: RepositoryRow) => compareTexts(a.name, b.name);
  const by = (read: (row: RepositoryRow) => number | null) => (a: RepositoryRow, b: RepositoryRow) =>
    compareNumbers(read(a), read(b)) || byName(a, b);
  switch (sort) {
    case "attention":
      return (a, b) =>
        Number(a.assessment.match.ignore) - Number(b.assessment.match.ignore) || compareByAttention(a, b);
    case "name":
      return byName;
    case "coverage":
      return by(({ assessment }) => assessment.coverage);
    case "delta":
      return by(({ assessment }) => assessment.delta30d);
    case "age":
      return by(({ assessment }) => assessment.reportedAt);
    default:
      return sort satisfies never;
  }
}

/** The largest loss first, then the lowest coverage of a patch. */
export function comparePulls(a: PullRow, b: PullRow): number {
  return (
    compareNumbers(a.figures.delta, b.figures.delta) ||
    compareNumbers(a.figures.patch, b.figures.patch) ||
    compareTexts(a.pull.repository, b.pull.repository) ||
    a.pull.number - b.pull.number
  );
}

function compareNumbers(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a - b;
}

/** By code units: the same on every machine. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
