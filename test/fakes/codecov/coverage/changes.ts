import type { ServerTime } from "../server-time.ts";
import type { Organization, ServerState } from "../state.ts";
import type { CoverageChange } from "./change-schema.ts";
import { coverageOf, makeTotals } from "./commit-totals.ts";
import { computeComparison } from "./compute.ts";
import { buildCommit } from "./described.ts";
import type { Measurement, Repository, StoredCommit, TimeSeries } from "./stored.ts";
import { formatMicros, parseMicros } from "./times.ts";

/** How seldom the server notes on a repository's row that something changed. */
const STAMP_EVERY_MS = 30 * 60_000;

/** Applies a change at once. */
export function applyCoverageChange(state: ServerState, change: CoverageChange): void {
  if (change.op === "set-org") setOrganization(state, change);
  else if (change.op === "set-member") setMember(state, change);
  else if (change.op === "set-time") setTime(state.time, change);
  else if (change.op === "run-tasks") runTasks(state);
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
      const { pullid, title, state: pullState, author = null, base, compared_to, head, updatestamp } = change;
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
  const { hits, misses, partials = 0, files = 1, sessions = 1 } = counts;
  const totals = makeTotals({ hits, misses, partials, files, sessions });
  const known = repository.commits.find(change.commitid ?? null);
  if (known === undefined) addUploaded(repository, change, branch, totals, now);
  else repository.commits.put({ ...known, state: "complete", totals });
  repository.active = true;
  repository.activated = true;
  touchRepository(repository, now);
}

function addUploaded(
  repository: Repository,
  { commitid = newSha(repository), ago_seconds = 0 }: Extract<RepositoryChange, { op: "upload" }>,
  branch: string,
  totals: unknown,
  now: number,
): void {
  const parent = repository.commits.ofBranch(branch)[0]?.commitid ?? null;
  const timestamp = formatMicros((now - ago_seconds * 1_000) * 1_000);
  repository.commits.put(buildCommit({ commitid, timestamp, branch, state: "complete", parent, totals }));
  const others = repository.branches.filter(({ name }) => name !== branch);
  const updatestamp = formatMicros(now * 1_000);
  repository.branches = [...others, { name: branch, head: commitid, updatestamp, authors: [] }];
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

function runTasks(state: ServerState): void {
  for (const { ownerid, repos } of state.organizations()) {
    const { username } = state.owner(ownerid);
    for (const repository of repos) {
      const provider = state.provider?.get(`${username}/${repository.name}`.toLowerCase());
      repository.comparisons = repository.comparisons.map((comparison) => {
        const found = provider?.compare?.[`${comparison.base}...${comparison.head}`];
        if (comparison.state !== "pending" || found === undefined) return comparison;
        const [base, head] = [comparison.base, comparison.head].map((sha) => {
          const report = repository.commits.find(sha)?.report ?? null;
          return report === null ? undefined : state.reports.get(report)?.();
        });
        return computeComparison(comparison, { base, head, provider: found });
      });
    }
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Only the keys that have a value, so that they can be laid over stored ones. */
function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
