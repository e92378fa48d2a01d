import type { Overview } from "#codecov/coverage/model/coverage-overview.ts";
import type { Organization, Reading } from "#codecov/coverage/model/ledger.ts";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import type { PullFigures, Risk } from "#codecov/coverage/model/pull-rules.ts";
import type { State, StoredRepository } from "#codecov/coverage/model/repository.ts";
import type { Assessment, MatchedRules, Verdict } from "#codecov/coverage/model/rules.ts";

/** What the forms of a report show. Percentages and points are rounded down already; null is unknown. */
export interface CoverageContent {
  readonly facts: CoverageFacts;
  /** In the order that was asked for; null if only pull requests were. */
  readonly repositories: readonly RepositoryRow[] | null;
  /** Open pull requests of those repositories, the largest loss first. */
  readonly pulls: readonly PullRow[];
  /** The one that the report is about, if it is about one; it is then in `pulls`, and `repositories` is null. */
  readonly pull: PullRow | null;
}

/** What is true of the report as a whole. Times are in epoch milliseconds. */
export interface CoverageFacts {
  readonly organization: Organization;
  /** When the list was read. */
  readonly takenAt: number;
  /** When the report is made: ages count from here. */
  readonly now: number;
  /** Days of the trends in UTC, the oldest first: `2026-11-27`. */
  readonly days: readonly string[];
  /** Of all repositories, also those that are not shown. */
  readonly overview: Overview;
  /** Of all repositories, also those that are not shown. */
  readonly names: readonly string[];
  readonly lastReading: Reading | null;
  /** Sentences on what limits the report. */
  readonly notes: readonly string[];
  /** Program and version. */
  readonly madeBy: string;
}

export interface RepositoryRow {
  readonly name: string;
  /** Without its days, of which there can be many. */
  readonly repository: Omit<StoredRepository, "trend">;
  /** Of a report that contradicts itself it is `unreadable`. */
  readonly state: State;
  readonly assessment: Assessment;
  /** For each day of the report the mean of its commits in percent, rounded down; null for a day without a commit. */
  readonly trend: readonly (number | null)[];
  /** Its page in Codecov; null if its name is not known. */
  readonly url: string | null;
}

export interface PullRow {
  readonly pull: StoredPull;
  readonly figures: PullFigures;
  /** Whether the patch holds the rule for patches. */
  readonly holdsPatchRule: Verdict;
  readonly risk: Risk | null;
  readonly match: MatchedRules;
  /** Its page in Codecov; null if its name is not known. */
  readonly url: string | null;
}
