import { CommitHistory } from "./commit-history.ts";
import { makeTotals } from "./commit-totals.ts";
import type { CoverageParts } from "./demo.ts";
import type { ProviderComparison } from "./provider.ts";
import {
  emptyRepository,
  type Repository,
  type StoredCommit,
  type StoredReport,
  type StoredTotals,
} from "./stored.ts";
import { DAY_MS, HOUR_MS, makeCommit, makeFiles, shaOf } from "./synthetic.ts";
import { makePull, type SyntheticPull } from "./synthetic-pulls.ts";
import { formatMicros } from "./times.ts";

export interface GeneratedCoverageOptions {
  /** How many repositories, `repo-00001` and so on, all of them measured. */
  readonly repositories: number;
  /** Days with a commit of the default branch, up to now; default 45. */
  readonly days?: number;
  /** Open pull requests of each; every second has been compared. Default 2. */
  readonly openPulls?: number;
  /** Every so many repositories one is private; default none. */
  readonly privateEvery?: number;
}

const FIRST_REPOSITORY_ID = 100_001;
const FILE = "src/main.ts";

/**
 * Any number of repositories as a formula of their number, made before the first request so that answers cost little.
 *
 * @param now epoch milliseconds
 */
export function makeGenerated(now: number, options: GeneratedCoverageOptions): CoverageParts {
  const reports = new Map<string, () => StoredReport>();
  const comparisons = new Map<string, Readonly<Record<string, ProviderComparison>>>();
  const repositories = Array.from({ length: options.repositories }, (_, index) => {
    const number = index + 1;
    const repoid = FIRST_REPOSITORY_ID + index;
    const pulls = Array.from({ length: options.openPulls ?? 2 }, (_, pull) =>
      generatePull(number, repoid, pull + 1, now),
    );
    const repository = generateRepository(number, repoid, pulls, now, options);
    repository.commits.ofBranch(repository.branch);
    for (const [key, make] of pulls.flatMap((pull) => pull.reports)) reports.set(key, make);
    comparisons.set(repository.name, Object.fromEntries(pulls.map(({ pair, compare }) => [pair, compare])));
    return repository;
  });
  return { repositories, reports, comparisons };
}

function generateRepository(
  number: number,
  repoid: number,
  pulls: readonly SyntheticPull[],
  now: number,
  { days = 45, privateEvery = 0 }: GeneratedCoverageOptions,
): Repository {
  const updatestamp = formatMicros((now - HOUR_MS) * 1_000);
  const row = {
    repoid,
    name: `repo-${String(number).padStart(5, "0")}`,
    private: privateEvery > 0 && number % privateEvery === 0,
    active: true,
    activated: true,
    language: "typescript",
    branch: "main",
    updatestamp,
  };
  const commits = [...generateDays(number, repoid, days, now), ...pulls.flatMap((pull) => pull.commits)];
  return {
    ...emptyRepository(row, new CommitHistory(() => commits)),
    branches: [{ name: "main", head: shaOf(repoid, 0), updatestamp, authors: [] }],
    pulls: pulls.map(({ pull }) => pull),
    comparisons: pulls.flatMap(({ comparison }) => comparison ?? []),
  };
}

function generateDays(number: number, repoid: number, days: number, now: number): StoredCommit[] {
  return Array.from({ length: days }, (_, daysAgo) =>
    makeCommit({
      commitid: shaOf(repoid, daysAgo),
      atMs: now - daysAgo * DAY_MS - 2 * HOUR_MS,
      parent: shaOf(repoid, daysAgo + 1),
      totals: totalsOfDay(number, daysAgo),
    }),
  );
}

function generatePull(number: number, repoid: number, pull: number, now: number): SyntheticPull {
  const plan = {
    number: pull,
    title: `Pull ${pull}`,
    state: "open",
    author: null,
    atMs: now - pull * 5 * HOUR_MS,
    added: [{ path: FILE, hits: 10 + (number % 7), misses: number % 5, partials: 0 }],
    comparison: pull % 2 === 1 ? "processed" : "missing",
  } as const;
  return makePull(repoid, plan, makeFiles([FILE], linesOf(number), shareOf(number, 0)));
}

/** The same as of a report with one file, for little. */
function totalsOfDay(number: number, daysAgo: number): StoredTotals {
  const lines = linesOf(number);
  const hits = Math.round(lines * shareOf(number, daysAgo));
  const partials = Math.min(lines - hits, Math.floor(lines / 200));
  return makeTotals({ hits, misses: lines - hits - partials, partials });
}

function linesOf(number: number): number {
  return 1_000 + (number % 997);
}

/** From 60 to 95 %, rising or falling slowly. */
function shareOf(number: number, daysAgo: number): number {
  const slope = ((number % 5) - 2) / 2_000;
  return 0.6 + (number % 35) / 100 + slope * Math.min(daysAgo, 30);
}
