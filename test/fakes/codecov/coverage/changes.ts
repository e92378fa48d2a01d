import { z } from "zod";
import type { ServerTime } from "../server-time.ts";
import type { Organization, ServerState } from "../state.ts";
import { coverageOf, makeTotals } from "./commit-totals.ts";
import { buildCommit } from "./described.ts";
import type { Measurement, Repository, StoredCommit, TimeSeries } from "./stored.ts";
import { formatMicros, parseMicros } from "./times.ts";

/** A repository by its id or, if only one has it, by its name. */
const repository = { repoid: z.int().optional(), repo: z.string().optional() };
const sha = z.string().nullable();
/** As stored, so that totals of older forms can be put there. */
const totals = z.unknown();

/** Lines of a report, from which its totals are made. */
const Counts = z.object({
  hits: z.int(),
  misses: z.int(),
  partials: z.int().optional(),
  files: z.int().optional(),
  sessions: z.int().optional(),
});

/** Changes of repositories, commits and pull requests, and of who may read them. */
export const COVERAGE_CHANGES = [
  /** A report arrives for the newest commit of a branch (the default branch if none is named), made so long ago. */
  z.object({
    op: z.literal("upload"),
    ...repository,
    branch: z.string().optional(),
    commitid: z.string().optional(),
    ago_seconds: z.number().default(0),
    counts: Counts,
  }),
  z.object({
    op: z.literal("add-commit"),
    ...repository,
    commitid: z.string(),
    branch: z.string().nullable(),
    state: z.string().nullable(),
    ago_seconds: z.number(),
    totals,
  }),
  /** New columns of a commit, for example totals after a late upload. Without `commitid`: the newest of the default branch. */
  z.object({
    op: z.literal("set-commit"),
    ...repository,
    commitid: z.string().optional(),
    set: z.object({ state: z.string().nullable().optional(), totals: totals.optional() }),
  }),
  /** New columns of a repository; `deleted` takes it out of the list. */
  z.object({
    op: z.literal("set-repo"),
    ...repository,
    set: z.object({
      name: z.string().optional(),
      branch: z.string().optional(),
      private: z.boolean().optional(),
      active: z.boolean().nullable().optional(),
      activated: z.boolean().nullable().optional(),
      deleted: z.boolean().optional(),
      updatestamp: z.string().nullable().optional(),
    }),
  }),
  z.object({
    op: z.literal("add-pull"),
    ...repository,
    pullid: z.int(),
    title: z.string().nullable(),
    state: z.string(),
    author: z.int().nullable().default(null),
    base: sha,
    compared_to: sha,
    head: sha,
    updatestamp: z.string().nullable(),
  }),
  z.object({
    op: z.literal("set-pull"),
    ...repository,
    pullid: z.int(),
    set: z.object({
      state: z.string().optional(),
      title: z.string().nullable().optional(),
      base: sha.optional(),
      compared_to: sha.optional(),
      head: sha.optional(),
      updatestamp: z.string().nullable().optional(),
    }),
  }),
  z.object({
    op: z.literal("set-org"),
    ownerid: z.int(),
    set: z.object({
      plan_user_count: z.int().nullable().optional(),
      plan_auto_activate: z.boolean().optional(),
    }),
  }),
  /** The organizations of a person, or the private repositories that the person is known to read (null: never cached). */
  z.object({
    op: z.literal("set-member"),
    ownerid: z.int(),
    set: z.object({
      organizations: z.array(z.int()).optional(),
      permission: z.array(z.int()).nullable().optional(),
    }),
  }),
  /** The repository's time series is wanted since so long ago, and holds the coverage of every complete commit, or nothing. */
  z.object({
    op: z.literal("time-series"),
    ...repository,
    dataset_age_seconds: z.number(),
    measurements: z.enum(["commits", "none"]),
  }),
  /** Measurements of a flag, as time (ISO 8601) and coverage. */
  z.object({
    op: z.literal("time-series-flag"),
    ...repository,
    flag: z.string(),
    branch: z.string(),
    measurements: z.array(z.tuple([z.string(), z.number()])),
  }),
  /** The server's time becomes this (ISO 8601), or moves by so many seconds, and runs on. */
  z.object({ op: z.literal("set-time"), now: z.string().optional(), advance_seconds: z.number().optional() }),
] as const;

const CoverageChangeSchema = z.discriminatedUnion("op", COVERAGE_CHANGES);
export type CoverageChange = z.infer<typeof CoverageChangeSchema>;

/** Whether a change is one of these. */
export function isCoverageChange(change: { readonly op: string }): change is CoverageChange {
  return OPERATIONS.has(change.op);
}

const OPERATIONS = new Set<string>(COVERAGE_CHANGES.map(({ shape }) => shape.op.value));

/** How seldom the server notes on a repository's row that something changed. */
const STAMP_EVERY_MS = 30 * 60_000;

/** Applies a change at once. */
export function applyCoverageChange(state: ServerState, change: CoverageChange): void {
  if (change.op === "set-org") setOrganization(state, change);
  else if (change.op === "set-member") setMember(state, change);
  else if (change.op === "set-time") setTime(state.time, change);
  else applyToRepository(state, findRepository(state, change), change);
}

type RepositoryChange = Extract<CoverageChange, { repoid?: number | undefined }>;

function applyToRepository(state: ServerState, repository: Repository, change: RepositoryChange): void {
  const { commits } = repository;
  switch (change.op) {
    case "upload":
      upload(state, repository, change);
      break;
    case "add-commit": {
      const at = state.time.now() - change.ago_seconds * 1_000;
      commits.put(buildCommit({ ...change, timestamp: formatMicros(at * 1_000) }));
      break;
    }
    case "set-commit": {
      const commit = findCommit(repository, change.commitid);
      commits.put({ ...commit, ...withoutUndefined(change.set) });
      break;
    }
    case "set-repo":
      Object.assign(repository, withoutUndefined(change.set));
      return;
    case "time-series":
      repository.series = {
        wantedAt: (state.time.now() - change.dataset_age_seconds * 1_000) * 1_000,
        measurements: change.measurements === "none" ? new Map() : measureBranches(repository),
      };
      break;
    case "time-series-flag": {
      const measured = change.measurements.map(([time, coverage]) => ({ at: parseMicros(time), coverage }));
      repository.flagSeries.set(change.flag, [
        ...(repository.flagSeries.get(change.flag) ?? []),
        ...measured,
      ]);
      break;
    }
    case "add-pull": {
      const { pullid, title, state: pullState, author, base, compared_to, head, updatestamp } = change;
      repository.pulls.push({
        pullid,
        title,
        state: pullState,
        author,
        base,
        compared_to,
        head,
        updatestamp,
      });
      break;
    }
    case "set-pull":
      repository.pulls = repository.pulls.map((pull) =>
        pull.pullid === change.pullid ? { ...pull, ...withoutUndefined(change.set) } : pull,
      );
      break;
  }
}

/** The coverage of every complete commit, by branch. */
function measureBranches({ commits }: Repository): TimeSeries["measurements"] {
  const measured = new Map<string, Measurement[]>();
  for (const { state, at, branch, totals: stored } of commits.all()) {
    const coverage = coverageOf(stored);
    if (state !== "complete" || branch === null || coverage === undefined) continue;
    measured.set(branch, [...(measured.get(branch) ?? []), { at, coverage }]);
  }
  return measured;
}

function upload(
  state: ServerState,
  repository: Repository,
  change: Extract<RepositoryChange, { op: "upload" }>,
): void {
  const { branch = repository.branch, counts } = change;
  const now = state.time.now();
  const parent = repository.commits.ofBranch(branch)[0]?.commitid ?? null;
  const { hits, misses, partials = 0, files = 1, sessions = 1 } = counts;
  const commit = buildCommit({
    commitid: change.commitid ?? newSha(repository),
    timestamp: formatMicros((now - change.ago_seconds * 1_000) * 1_000),
    branch,
    state: "complete",
    parent,
    totals: makeTotals({ hits, misses, partials, files, sessions }),
  });
  repository.commits.put(commit);
  const stamp = formatMicros(now * 1_000);
  const others = repository.branches.filter(({ name }) => name !== branch);
  repository.branches = [...others, { name: branch, head: commit.commitid, updatestamp: stamp, authors: [] }];
  repository.active = true;
  repository.activated = true;
  touchRepository(repository, now);
}

/** Moves the time of a repository's last change, at most every 30 minutes. */
function touchRepository(repository: Repository, now: number): void {
  const { updatestamp } = repository;
  if (updatestamp !== null && now - Date.parse(updatestamp) < STAMP_EVERY_MS) return;
  repository.updatestamp = formatMicros(now * 1_000);
}

function newSha({ repoid, commits }: Repository): string {
  return `${String(repoid).padStart(8, "0")}${String(commits.all().length).padStart(32, "0")}`;
}

function findCommit({ commits, branch, name }: Repository, commitid: string | undefined): StoredCommit {
  const commit = commitid === undefined ? commits.ofBranch(branch)[0] : commits.find(commitid);
  if (commit === undefined) throw new Error(`${name} has no commit ${commitid ?? `of ${branch}`}`);
  return commit;
}

function findRepository(state: ServerState, { repoid, repo }: RepositoryChange): Repository {
  for (const { repos } of state.organizations()) {
    const found = repos.find((candidate) =>
      repoid === undefined ? candidate.name === repo : candidate.repoid === repoid,
    );
    if (found !== undefined) return found;
  }
  throw new Error(`the simulated server has no repository ${repo ?? repoid}`);
}

function setOrganization(
  state: ServerState,
  { ownerid, set }: Extract<CoverageChange, { op: "set-org" }>,
): void {
  const organization: Organization = state.organization(ownerid);
  const { plan_user_count, plan_auto_activate } = set;
  if (plan_user_count !== undefined) organization.row.planUserCount = plan_user_count;
  if (plan_auto_activate !== undefined) organization.autoActivate = plan_auto_activate;
}

function setMember(
  state: ServerState,
  { ownerid, set }: Extract<CoverageChange, { op: "set-member" }>,
): void {
  const { organizations, permission } = set;
  if (organizations !== undefined) {
    for (const organization of state.organizations()) {
      if (organizations.includes(organization.ownerid)) organization.members.add(ownerid);
      else organization.members.delete(ownerid);
    }
    state.touch();
  }
  if (permission === undefined) return;
  const { permission: _, ...owner } = state.owner(ownerid);
  state.putOwner(permission === null ? owner : { ...owner, permission });
}

function setTime(
  time: ServerTime,
  { now, advance_seconds = 0 }: Extract<CoverageChange, { op: "set-time" }>,
): void {
  const from = now === undefined ? time.now() : Date.parse(now);
  time.set(from + advance_seconds * 1_000);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Only the keys that have a value, so that they can be laid over stored ones. */
function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
