import { CommitHistory } from "./commit-history.ts";
import { makeTotals } from "./commit-totals.ts";
import { type MeasuredPlan, planMeasured } from "./demo-plans.ts";
import type { ProviderComparison } from "./provider.ts";
import { emptyRepository, type Repository, type StoredCommit, type StoredReport } from "./stored.ts";
import {
  DAY_MS,
  type FileCounts,
  HOUR_MS,
  makeCommit,
  makeFiles,
  reportOfFiles,
  shaOf,
  totalsOfFiles,
} from "./synthetic.ts";
import { makePull } from "./synthetic-pulls.ts";
import { formatMicros } from "./times.ts";

/** Days of commits that the demo shows, up to now. */
export const DEMO_DAYS = 45;

/** Repositories with their reports, and what the git provider knows of their pull requests. */
export interface CoverageParts {
  readonly repositories: readonly Repository[];
  readonly reports: ReadonlyMap<string, () => StoredReport>;
  /** By the name of the repository, then by `base...head`. */
  readonly comparisons: ReadonlyMap<string, Readonly<Record<string, ProviderComparison>>>;
}

/**
 * Twelve repositories in every state that coverage can be in, and a thirteenth that nobody is known to read: above the
 * usual minimum (`payments-api`, `web`, `vault`, which is private) and below it (`billing`), declining (`mobile-app`), stale
 * (`search`), never uploaded to (`docs`), switched off (`infrastructure`), without a complete report (`recommender`),
 * with a report that holds no line (`design-tokens`), with a default branch that was renamed (`gateway`), and with a row
 * that the server fails on (`ledger-archive`).
 *
 * @param now epoch milliseconds
 * @param authors owner ids
 */
export function makeDemo(now: number, authors: readonly number[]): CoverageParts {
  const reports = new Map<string, () => StoredReport>();
  const comparisons = new Map<string, Readonly<Record<string, ProviderComparison>>>();
  const measured = planMeasured(now).map((plan, index) => {
    const built = buildMeasured(plan, 501 + index, now, authors);
    for (const [key, make] of built.reports) reports.set(key, make);
    comparisons.set(plan.name, built.compare);
    return built.repository;
  });
  return { repositories: [...measured, ...otherRepositories(now)], reports, comparisons };
}

function buildMeasured(
  plan: MeasuredPlan,
  repoid: number,
  now: number,
  authors: readonly number[],
): {
  readonly repository: Repository;
  readonly reports: readonly (readonly [string, () => StoredReport])[];
  readonly compare: Readonly<Record<string, ProviderComparison>>;
} {
  const filesAt = (daysAgo: number): FileCounts[] => makeFiles(plan.paths, plan.lines, plan.share(daysAgo));
  const pulls = (plan.pulls ?? []).map((pull, index) => {
    const author = authors[index % authors.length] ?? null;
    return makePull(repoid, { ...pull, author }, filesAt((now - pull.atMs) / DAY_MS));
  });
  const daily = dailyCommits(repoid, now, 0, DEMO_DAYS, "main", (daysAgo) => totalsOfFiles(filesAt(daysAgo)));
  const head = shaOf(repoid, 0);
  const commits = [...daily, ...pulls.flatMap((pull) => pull.commits)].map((commit) =>
    commit.commitid === head ? { ...commit, report: head } : commit,
  );
  const row = { ...listed(repoid, plan.name, plan.language, now), private: plan.private ?? false };
  const repository: Repository = {
    ...emptyRepository(row, new CommitHistory(() => commits)),
    branches: [{ name: "main", head, updatestamp: row.updatestamp, authors: [] }],
    pulls: pulls.map(({ pull }) => pull),
    comparisons: pulls.flatMap(({ comparison }) => comparison ?? []),
    flags: ["unit"],
  };
  return {
    repository,
    reports: [[head, () => reportOfFiles(filesAt(0))], ...pulls.flatMap(({ reports }) => reports)],
    compare: Object.fromEntries(pulls.map(({ pair, compare }) => [pair, compare])),
  };
}

/** One commit a day, from so many days ago on; the newest is two hours old, so that the list shows it. */
function dailyCommits(
  repoid: number,
  now: number,
  first: number,
  count: number,
  branch: string,
  totals: (daysAgo: number) => unknown,
): StoredCommit[] {
  return Array.from({ length: count }, (_, index) => {
    const daysAgo = first + index;
    return makeCommit({
      commitid: shaOf(repoid, daysAgo),
      atMs: now - daysAgo * DAY_MS - 2 * HOUR_MS,
      branch,
      message: `Change of ${daysAgo} days ago`,
      parent: index + 1 < count ? shaOf(repoid, daysAgo + 1) : null,
      totals: totals(daysAgo),
    });
  });
}

function listed(
  repoid: number,
  name: string,
  language: string | null,
  changedAt: number,
): Parameters<typeof emptyRepository>[0] & { readonly updatestamp: string } {
  const updatestamp = formatMicros(changedAt * 1_000 - 2 * HOUR_MS * 1_000);
  return {
    repoid,
    name,
    private: false,
    active: true,
    activated: true,
    language,
    branch: "main",
    updatestamp,
  };
}

function otherRepositories(now: number): Repository[] {
  const share = (hits: number, misses: number) => (): unknown => makeTotals({ hits, misses });
  return [
    withCommits(listed(521, "search", "java", now), [
      ...dailyCommits(521, now, 41, 30, "main", share(2_450, 650)),
      ...dailyCommits(521, now, 0, 20, "develop", share(2_600, 640)),
    ]),
    emptyRepository(
      { ...listed(522, "docs", null, now), active: null, activated: null, updatestamp: null },
      new CommitHistory(),
    ),
    withCommits(
      { ...listed(523, "infrastructure", "hcl", now - 300 * DAY_MS), active: false, activated: false },
      dailyCommits(523, now, 300, 3, "main", share(40, 60)),
    ),
    withCommits(
      listed(524, "recommender", "python", now),
      dailyCommits(524, now, 0, 4, "main", () => null).map((commit, index) => ({
        ...commit,
        state: index === 0 ? "pending" : "error",
      })),
    ),
    withCommits(listed(525, "design-tokens", "css", now), dailyCommits(525, now, 0, 1, "main", share(0, 0))),
    withCommits(
      listed(526, "gateway", "elixir", now),
      dailyCommits(526, now, 3, 42, "master", share(1_210, 190)),
    ),
    withCommits(
      listed(527, "ledger-archive", "cobol", now),
      dailyCommits(527, now, 0, 5, "main", (daysAgo) =>
        daysAgo === 0 ? [5, 100, 80, 20, 0, "80.00000"] : makeTotals({ hits: 80, misses: 20 }),
      ),
    ),
    withCommits({ ...listed(528, "secret-lab", null, now), private: true }, []),
  ];
}

function withCommits(
  row: Parameters<typeof emptyRepository>[0],
  commits: readonly StoredCommit[],
): Repository {
  const heads = new Map(commits.toReversed().map(({ branch, commitid }) => [branch ?? "", commitid]));
  return {
    ...emptyRepository(row, new CommitHistory(() => commits)),
    branches: [...heads].map(([name, head]) => ({ name, head, updatestamp: row.updatestamp, authors: [] })),
  };
}
