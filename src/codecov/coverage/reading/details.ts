import type { CodecovCall } from "#codecov/api/api.ts";
import type { Refused } from "#codecov/api/coverage-requests.ts";
import type { CommitRow } from "#codecov/api/coverage-schemas.ts";
import { startOfDay } from "#codecov/coverage/model/calendar.ts";
import type { ListedPull } from "#codecov/coverage/model/pull.ts";
import type {
  Day,
  ListedRepository,
  RepositoryDetails,
  SourceCommit,
} from "#codecov/coverage/model/repository.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { toInstant } from "./instants.ts";
import { readOpenPulls } from "./open-pulls.ts";
import { PageSplitter } from "./split-pages.ts";

/** Least rows of a page of the trend; Codecov's own default of 20 would cut a month. */
const TREND_ROWS = 100;

/** Commits that are looked at for the newest ones: about 10 kB. */
const COMMIT_ROWS = 24;

/** Only commits of this age count in the list's totals. */
const HOUR_MS = 60 * 60 * 1_000;

/** The API as far as the details of a repository need it. */
export type DetailsSource = Pick<
  CodecovCall,
  "trend" | "commits" | "openPullsFrom" | "openPulls" | "pullRequest"
>;

/** What to ask for. */
export interface Wanted {
  readonly row: ListedRepository;
  /** First day of the trend. */
  readonly from: string;
  /** When the list was read, in epoch milliseconds. */
  readonly listReadAt: number;
  /** Open pull requests that are stored, by number. */
  readonly openPulls: readonly number[];
}

export interface Details {
  readonly kind: "details";
  readonly details: RepositoryDetails;
  readonly pulls: readonly ListedPull[];
  /** Open pull requests that Codecov fails on and whose numbers are unknown. */
  readonly unreadablePulls: number;
}

/**
 * Asks for trend, newest commits and open pull requests of one repository: three requests, usually. Below a private
 * repository this can take a seat, see `seat.ts`.
 *
 * @throws BatonError Unavailable or DeadlineExceeded for what can pass, FailedPrecondition for what makes no sense
 */
export async function readDetails(source: DetailsSource, wanted: Wanted): Promise<Details | Refused> {
  const trend = await readTrend(source, wanted);
  if (trend.kind === "refused") return trend;
  const commits = await readCommits(source, wanted);
  if (commits.kind === "refused") return commits;
  const pulls = await readOpenPulls(source, wanted.row.name, wanted.openPulls);
  if (pulls.kind === "refused") return pulls;
  const { name, branch } = wanted.row;
  return {
    kind: "details",
    details: {
      name,
      branch,
      days: trend.days,
      // The row from before the first day: nothing was committed between the two.
      daysFrom: [trend.days[0]?.day ?? wanted.from, wanted.from].toSorted()[0] ?? wanted.from,
      head: commits.head,
      newest: commits.newest,
    },
    pulls: pulls.pulls,
    unreadablePulls: pulls.unreadable,
  };
}

async function readTrend(
  source: DetailsSource,
  { row: { name }, from, listReadAt }: Wanted,
): Promise<{ readonly kind: "trend"; readonly days: readonly Day[] } | Refused> {
  const span = Math.ceil((listReadAt - startOfDay(from)) / (24 * HOUR_MS));
  const pageSize = Math.max(TREND_ROWS, span + 2);
  const days = new Map<string, Day>();
  for (let page = 1; ; page += 1) {
    const response = await source.trend(name, { page, pageSize, from });
    if (response.kind === "refused") return response;
    if (response.kind === "failed") throw response.error;
    if (response.kind === "beyond-end") break;
    for (const { timestamp, ...values } of response.page.results) {
      const day = timestamp.slice(0, 10);
      if (Date.parse(timestamp) !== startOfDay(day))
        throw unusable(name, `a trend whose days begin at ${timestamp}`);
      const known = days.get(day);
      if (
        known !== undefined &&
        (known.min !== values.min || known.max !== values.max || known.avg !== values.avg)
      )
        throw unusable(name, `a trend with two values for ${day}`);
      days.set(day, { day, ...values });
    }
    if (response.page.next === null || response.page.results.length === 0) break;
  }
  const ascending = [...days.values()].toSorted((a, b) => (a.day < b.day ? -1 : 1));
  return { kind: "trend", days: newestBefore(ascending, from) };
}

/** Without what a server may add in front, but for the one row that Codecov does add. */
function newestBefore(days: readonly Day[], from: string): readonly Day[] {
  const first = days.findIndex(({ day }) => day >= from);
  return days.slice(Math.max(0, (first < 0 ? days.length : first) - 1));
}

interface Commits {
  readonly kind: "commits";
  readonly head: SourceCommit | null;
  readonly newest: SourceCommit | null;
}

/** Newest first; undefined for one that Codecov fails on, which could be the one that is looked for. */
type CommitRows = readonly (CommitRow | undefined)[];

async function readCommits(source: DetailsSource, wanted: Wanted): Promise<Commits | Refused> {
  const { name, branch } = wanted.row;
  const newestFirst = new PageSplitter((page) => source.commits(name, page));
  const all = await newestFirst.read({ page: 1, pageSize: COMMIT_ROWS });
  if (all.kind === "refused") return all;
  const newest = firstOf(all.rows, isComplete);
  const isOfBranch = (row: CommitRow) => isCandidate(row, wanted);
  let head = branch === null ? "absent" : firstOf(all.rows, isOfBranch);
  if (head === "absent" && branch !== null && !all.isLast) {
    const ofBranch = new PageSplitter((page) => source.commits(name, { ...page, branch }));
    const own = await ofBranch.read({ page: 1, pageSize: COMMIT_ROWS });
    if (own.kind === "refused") return own;
    head = firstOf(own.rows, isOfBranch);
  }
  if (typeof head !== "string" && !agrees(head, wanted)) head = "unknown";
  return { kind: "commits", head: toSource(head), newest: toSource(newest) };
}

type Found = CommitRow | "absent" | "unknown";

function firstOf(rows: CommitRows, isWanted: (row: CommitRow) => boolean): Found {
  const at = rows.findIndex((row) => row === undefined || isWanted(row));
  return at < 0 ? "absent" : (rows[at] ?? "unknown");
}

function isComplete({ state }: CommitRow): boolean {
  return state === "complete";
}

/** Whether the list takes its figure from commits like this one; the newest of them is the source. */
function isCandidate(row: CommitRow, { row: { branch }, listReadAt }: Wanted): boolean {
  return isComplete(row) && row.branch === branch && Date.parse(row.timestamp) <= listReadAt - HOUR_MS;
}

/** Whether a commit has the list's figure. If the newest candidate has not, one of the two has changed since. */
function agrees({ totals: own }: CommitRow, { row: { totals } }: Wanted): boolean {
  if (totals === null) return true;
  if (own.kind !== "counts") return false;
  const { lines, hits, misses, partials } = own.counts;
  return (
    lines === totals.lines && hits === totals.hits && misses === totals.misses && partials === totals.partials
  );
}

function toSource(found: Found): SourceCommit | null {
  if (typeof found === "string") return null;
  const committedAt = toInstant(found.timestamp);
  return committedAt === null ? null : { sha: found.commitid, branch: found.branch, committedAt };
}

function unusable(repository: string, what: string): BatonError {
  return new BatonError(Code.FailedPrecondition, `Codecov returned ${what} for ${repository}`, {
    kind: "upstream",
  });
}
