import type { PatchTotals, Totals } from "./totals.ts";

export const PULL_STATES = ["open", "merged", "closed"] as const;
export type PullState = (typeof PULL_STATES)[number];

/** A pull request as the list of a repository shows it. */
export interface ListedPull {
  readonly repository: string;
  readonly number: number;
  /** Null if Codecov has not learnt it. */
  readonly title: string | null;
  /** User name at the git service; null if unknown. */
  readonly author: string | null;
  readonly state: PullState;
  /** Report of its newest commit; null if unknown. */
  readonly head: Totals | null;
  /** Report of the commit that Codecov compares with, which need not be the base of the pull request; null if unknown. */
  readonly base: Totals | null;
  /** As stored when Codecov last compared; null if it has not. */
  readonly patch: PatchTotals | null;
  readonly updatedAt: number | null;
}

/** A file that a pull request changes, or whose coverage it changes. */
export interface ChangedFile {
  readonly path: string;
  /** Null on a side without a report of this file. */
  readonly base: PatchTotals | null;
  readonly head: PatchTotals | null;
  readonly patch: PatchTotals | null;
}

/** A commit of a comparison. */
export interface ComparedCommit {
  readonly sha: string;
  /** Commit time in epoch milliseconds; null if Codecov does not know the commit. */
  readonly committedAt: number | null;
}

/** What one pull request was asked for by name. */
export interface PullDetails {
  /** `pending`: Codecov is still comparing; `missing`: nothing was computed and no computation was asked for. */
  readonly comparison: "processed" | "pending" | "error" | "missing";
  /** Null where Codecov does not say. */
  readonly baseCommit: ComparedCommit | null;
  readonly headCommit: ComparedCommit | null;
  /** Null unless processed. */
  readonly files: readonly ChangedFile[] | null;
  /** Changed files that neither report knows. */
  readonly untracked: readonly string[];
}

/** A pull request as a report shows it. */
export interface StoredPull extends Omit<ListedPull, "state"> {
  /** Null if it is no longer open and was not asked for since: merged or closed, which is not known. */
  readonly state: PullState | null;
  readonly readAt: number;
  readonly details: PullDetails | null;
  readonly detailsReadAt: number | null;
}
