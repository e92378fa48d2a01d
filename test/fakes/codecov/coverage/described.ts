import { CommitHistory } from "./commit-history.ts";
import type { ProviderRepositories, ProviderRepository } from "./provider.ts";
import type {
  Repository,
  StoredBranch,
  StoredCommit,
  StoredComparison,
  StoredPull,
  StoredTotals,
} from "./stored.ts";
import { parseMicros } from "./times.ts";

/** A repository as the golden files describe it. */
export interface RepositoryDescription {
  readonly repoid: number;
  readonly name: string;
  readonly private: boolean;
  readonly active: boolean | null;
  readonly activated: boolean | null;
  readonly language: string | null;
  readonly branch: string;
  readonly deleted: boolean;
  readonly updatestamp: string | null;
  /** In place of commits: the totals of one that is complete and old; its coverage is a text, not rounded. */
  readonly totals?: LongTotals | null;
  readonly branches?: readonly StoredBranch[];
  readonly commits?: readonly CommitDescription[];
  readonly pulls?: readonly StoredPull[];
  readonly comparisons?: readonly StoredComparison[];
  readonly flags?: readonly string[];
  readonly yaml?: unknown;
  readonly upload_token?: string;
  readonly graph_token?: string;
}

/** The keys of totals as the API spells them. */
interface LongTotals {
  readonly files: number;
  readonly lines: number;
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
  readonly coverage: string | null;
  readonly branches: number;
  readonly methods: number;
  readonly sessions: number;
  readonly complexity: number;
  readonly complexity_total: number;
  readonly diff: unknown;
}

export interface CommitDescription {
  readonly commitid: string;
  readonly timestamp: string;
  readonly branch: string | null;
  readonly state: string | null;
  readonly author?: number | null;
  readonly message?: string | null;
  readonly parent?: string | null;
  readonly ci_passed?: boolean | null;
  readonly totals: unknown;
  readonly report?: string | null;
}

/** What the git provider answers, by `Owner/name`. */
export interface ProviderDescription {
  readonly repos: Readonly<Record<string, ProviderRepository>>;
}

export function buildRepository(description: RepositoryDescription): Repository {
  const { totals = null, commits = totals === null ? [] : [oldCommit(description.branch, totals)] } =
    description;
  const { repoid, name, language, branch, deleted, updatestamp, active, activated } = description;
  return {
    repoid,
    name,
    private: description.private,
    active,
    activated,
    language,
    branch,
    deleted,
    updatestamp,
    commits: new CommitHistory(() => commits.map(buildCommit)),
    branches: [...(description.branches ?? [])],
    pulls: [...(description.pulls ?? [])],
    comparisons: [...(description.comparisons ?? [])],
    flags: description.flags ?? [],
    yaml: description.yaml ?? null,
    secrets: { upload_token: description.upload_token ?? "", graph_token: description.graph_token ?? "" },
    series: undefined,
    flagSeries: new Map(),
  };
}

export function buildCommit(description: CommitDescription): StoredCommit {
  const { commitid, timestamp, branch, state, totals } = description;
  return {
    commitid,
    at: parseMicros(timestamp),
    branch,
    state,
    author: description.author ?? null,
    message: description.message ?? null,
    parent: description.parent ?? null,
    ciPassed: description.ci_passed ?? null,
    totals,
    report: description.report ?? null,
  };
}

export function buildProvider({ repos }: ProviderDescription): ProviderRepositories {
  return new Map(Object.entries(repos).map(([name, repository]) => [name.toLowerCase(), repository]));
}

function oldCommit(branch: string, totals: LongTotals): CommitDescription {
  const short: StoredTotals = {
    f: totals.files,
    n: totals.lines,
    h: totals.hits,
    m: totals.misses,
    p: totals.partials,
    c: totals.coverage,
    b: totals.branches,
    d: totals.methods,
    M: 0,
    s: totals.sessions,
    C: totals.complexity,
    N: totals.complexity_total,
    diff: totals.diff,
  };
  return { commitid: "0".repeat(40), timestamp: "2020-01-01", branch, state: "complete", totals: short };
}
