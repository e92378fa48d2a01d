import type { Totals } from "./totals.ts";

/**
 * What is known of a repository's coverage. Only `measured` has a figure; every other state says why there is none.
 *
 * - `measured`: the newest complete report has lines
 * - `no_report`: no complete report, or one without a single line
 * - `not_active`: nothing was ever uploaded, or uploads are switched off
 * - `no_access`: reading it needs a seat that the token's owner does not have
 * - `unreadable`: Codecov fails on this row
 * - `gone`: missing from the list for three readings
 * - `pending`: a report or comparison is still being processed
 */
export const STATES = [
  "measured",
  "no_report",
  "not_active",
  "no_access",
  "unreadable",
  "gone",
  "pending",
] as const;
export type State = (typeof STATES)[number];

/** What a trend shows of one day of a branch, in percent from 0 to 100. Days without a commit have none. */
export interface TrendDay {
  /** The day in UTC, `2026-11-27`. */
  readonly day: string;
  /** Codecov's own mean of the day's commits: a float, not a fraction of whole numbers. */
  readonly avg: number;
}

/** All that Codecov says of a day. */
export interface Day extends TrendDay {
  readonly min: number;
  readonly max: number;
}

/**
 * The name that stands for a row of the list whose name cannot be read, because Codecov fails on the row and it was never
 * seen before. No git service allows such a name.
 *
 * @param ordinal 1 for the first such row of the list
 */
export function placeholderName(ordinal: number): string {
  return `(unreadable ${ordinal})`;
}

export function isPlaceholderName(name: string): boolean {
  return /^\(unreadable \d+\)$/.test(name);
}

/** A row of the repository list, which never takes a seat to read. */
export interface ListedRepository {
  readonly name: string;
  readonly private: boolean;
  /** The default branch; null if unknown. */
  readonly branch: string | null;
  readonly language: string | null;
  /** Whether Codecov ever received an upload; null: never. */
  readonly active: boolean | null;
  /** When Codecov last changed its row, in epoch milliseconds. Moves at most every 30 minutes and is no age of a report. */
  readonly updatedAt: number | null;
  readonly state: Exclude<State, "gone">;
  /** A sentence on why there is no figure; null if `measured`. */
  readonly reason: string | null;
  /** Of the newest complete commit that is at least an hour old; null unless `measured`. */
  readonly totals: Totals | null;
  /**
   * `no_access`: trend, commits and pull requests are not read, because that needs a seat that the token's owner does not
   * have. The list's own figure needs none. Absent: they are read, or nobody asked for them.
   */
  readonly details?: "no_access" | undefined;
}

/** A commit that Codecov has processed. */
export interface SourceCommit {
  readonly sha: string;
  /** The branch that it was uploaded for; null if unknown. */
  readonly branch: string | null;
  /** Commit time in epoch milliseconds. */
  readonly committedAt: number;
}

/** What a repository is asked for one by one, below its address. */
export interface RepositoryDetails {
  readonly name: string;
  /** The branch that `days` belong to. */
  readonly branch: string | null;
  /** Days that were read: they replace those stored from `daysFrom` on; none is older. Ascending. */
  readonly days: readonly Day[];
  /** First day that was read, `2026-11-27`. */
  readonly daysFrom: string;
  /** The complete commit of the default branch that the list's figure comes from; null if there is none. */
  readonly head: SourceCommit | null;
  /** Newest commit of any branch, to tell that work goes on elsewhere; null if there is none. */
  readonly newest: SourceCommit | null;
}

/** A repository as a report shows it: the last values, each with its time. */
export interface StoredRepository extends Omit<ListedRepository, "state"> {
  readonly state: State;
  /** When the list showed these values, in epoch milliseconds. */
  readonly readAt: number;
  /** When trend and commits were last read; null: never. */
  readonly detailsReadAt: number | null;
  readonly firstSeenAt: number;
  /** Since when the list has not shown it; null while it does. */
  readonly missingSince: number | null;
  readonly head: SourceCommit | null;
  readonly newest: SourceCommit | null;
  /** Days of the default branch within the asked range and the newest one before it, ascending. */
  readonly trend: readonly TrendDay[];
}
