import type { CommitHistory } from "./commit-history.ts";

/** The git service as the server knows it: names of commits and people, never what a client may rely on. */
export interface StoredCommit {
  readonly commitid: string;
  /** Commit time in microseconds since 1970. */
  readonly at: number;
  readonly branch: string | null;
  /** `complete`, `pending`, `error`, `skipped` or null. */
  readonly state: string | null;
  /** Owner id. */
  readonly author: number | null;
  readonly message: string | null;
  readonly parent: string | null;
  readonly ciPassed: boolean | null;
  /** As stored: {@link StoredTotals}, null, or something older that the server fails on. */
  readonly totals: unknown;
  /** Key of the report in {@link CoverageStore.reports}; null if none is stored. */
  readonly report: string | null;
}

/** The totals of a commit with the server's own short keys; coverage is a text with five decimals, `100`, or null. */
export interface StoredTotals {
  readonly f: number;
  readonly n: number;
  readonly h: number;
  readonly m: number;
  readonly p: number;
  readonly c: string | null;
  readonly b: number;
  readonly d: number;
  readonly M: number;
  readonly s: number;
  readonly C: number;
  readonly N: number;
  readonly diff: unknown;
}

export interface StoredBranch {
  readonly name: string;
  readonly head: string;
  /** ISO 8601; null if unknown. */
  readonly updatestamp: string | null;
  /** Owner ids; null if never stored. */
  readonly authors: readonly number[] | null;
}

export interface StoredPull {
  readonly pullid: number;
  readonly title: string | null;
  readonly state: string;
  readonly author: number | null;
  /** Commits as the git service names them, which need not be known here. */
  readonly base: string | null;
  readonly head: string | null;
  /** The commit that the server compares the head with. */
  readonly compared_to: string | null;
  /** ISO 8601. */
  readonly updatestamp: string | null;
}

/** What the background computation left behind for a pair of commits. */
export interface StoredComparison {
  readonly base: string;
  readonly head: string;
  readonly state: string;
  readonly error: string | null;
  /** Null if nothing is stored. */
  readonly result: ComparisonResult | null;
}

export interface ComparisonResult {
  readonly files: readonly ComparedFile[];
}

/** Lines of the diff with what they are now: hit, miss or partial. */
export type DiffLines = readonly (readonly [line: number, coverage: string])[];

export interface ComparedFile {
  readonly base_name: string;
  readonly head_name: string | null;
  readonly file_was_added_by_diff: boolean;
  readonly file_was_removed_by_diff: boolean;
  readonly base_coverage: ComparedCounts | null;
  readonly head_coverage: ComparedCounts | null;
  readonly removed_diff_coverage: DiffLines | null;
  readonly added_diff_coverage: DiffLines | null;
  /** Lines outside the diff, as they were and as they are. */
  readonly unexpected_line_changes: readonly (readonly [
    before: DiffLines[number],
    after: DiffLines[number],
  ])[];
}

export interface ComparedCounts {
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
  readonly branches: number;
  readonly sessions: number;
  readonly complexity: number;
  readonly complexity_total: number;
  readonly methods: number;
}

/** What one session saw of a line: 1 hit, 0 miss, `"1/2"` partly hit. */
export type LineCoverage = number | string;

export interface StoredReport {
  /** By number: the flags it was uploaded with, and whether it was uploaded or carried forward. */
  readonly sessions: Readonly<
    Record<string, { readonly flags: readonly string[] | null; readonly type: string }>
  >;
  /** Path → line → session → what that session saw. */
  readonly files: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, LineCoverage>>>>>>;
}

/** A coverage figure at a time, in microseconds. */
export interface Measurement {
  readonly at: number;
  readonly coverage: number;
}

/** The time series of a repository: since when it is wanted, in microseconds, and what it was filled with. */
export interface TimeSeries {
  readonly wantedAt: number;
  /** By branch. */
  readonly measurements: ReadonlyMap<string, readonly Measurement[]>;
}

/** A repository and what is stored below it. Changes replace values. */
export interface Repository {
  readonly repoid: number;
  name: string;
  private: boolean;
  /** Null: nothing was ever uploaded. */
  active: boolean | null;
  activated: boolean | null;
  language: string | null;
  branch: string;
  /** Not listed any more, but still stored. */
  deleted: boolean;
  /** ISO 8601. */
  updatestamp: string | null;
  readonly commits: CommitHistory;
  branches: StoredBranch[];
  pulls: StoredPull[];
  comparisons: StoredComparison[];
  /** In the order in which they were first seen. */
  readonly flags: readonly string[];
  /** The stored configuration. */
  readonly yaml: unknown;
  /** What its configuration shows to members. */
  readonly secrets: { readonly upload_token: string; readonly graph_token: string };
  /** Undefined: not wanted yet. Only deployments that keep time series have them. */
  series: TimeSeries | undefined;
  /** Measurements of all branches by flag. */
  readonly flagSeries: Map<string, readonly Measurement[]>;
}

const NO_SECRETS: Repository["secrets"] = { upload_token: "", graph_token: "" };

/** What a repository is stored with if nothing else is said. */
export function emptyRepository(
  row: Pick<
    Repository,
    "repoid" | "name" | "private" | "active" | "activated" | "language" | "branch" | "updatestamp"
  >,
  commits: CommitHistory,
): Repository {
  return {
    ...row,
    deleted: false,
    commits,
    branches: [],
    pulls: [],
    comparisons: [],
    flags: [],
    yaml: null,
    secrets: NO_SECRETS,
    series: undefined,
    flagSeries: new Map(),
  };
}
