import type { CodecovCall } from "#codecov/api/api.ts";
import type { CommitRow, RepositoryRow } from "#codecov/api/coverage-schemas.ts";
import { DAY_MS } from "#codecov/coverage/model/calendar.ts";
import { readSeat } from "#codecov/coverage/reading/seat.ts";
import type { CallContext } from "#kernel/context.ts";
import { type Check, limited, ok } from "./check.ts";

const AGE = { id: "newest-report", title: "newest report" };
const UPLOADS = { id: "uploads", title: "uploads arrive" };

/** The lines about reports, in their order. */
export const REPORT_PLACES = [AGE, UPLOADS];

/** Active repositories that are looked at: those whose row changed last. */
const SAMPLE = 5;

/** Commits of each. */
const COMMITS = 24;

/** A report that is older says that nothing is uploaded any more. */
const OLD_REPORT_DAYS = 14;

/** A commit as young as this should have a report, unless it is younger than that by no more than the second. */
const RECENT_DAYS = 7;
const LAG_DAYS = 2;

interface Sampled {
  readonly name: string;
  /** Newest commit of any state, and newest complete one, in epoch milliseconds. */
  readonly commit: number | undefined;
  readonly report: number | undefined;
}

/**
 * Whether reports still arrive, from a bounded sample of active repositories. Codecov learns of commits from the app or the
 * webhooks of the git service and from uploads: recent commits without reports mean that something between the two is broken.
 */
export async function examineReports(
  call: CodecovCall,
  rows: readonly RepositoryRow[],
  ctx: CallContext,
): Promise<Check[]> {
  const active = rows.filter((row) => row.active === true && row.activated !== false);
  const needsSeat = active.some((row) => row.private);
  const isFree = needsSeat && (await readSeat(call)).isFree;
  const readable = active.filter((row) => !row.private || isFree);
  const newest = readable.toSorted((a, b) => ((a.updatestamp ?? "") < (b.updatestamp ?? "") ? 1 : -1));
  const sample = await Promise.all(newest.slice(0, SAMPLE).map(({ name }) => look(call, name)));
  return [describeAge(sample, ctx.clock.now()), describeUploads(sample, ctx.clock.now())];
}

async function look(call: CodecovCall, name: string): Promise<Sampled> {
  const response = await call.commits(name, { page: 1, pageSize: COMMITS });
  const rows = response.kind === "page" ? response.page.results : [];
  const timeOf = (row: CommitRow | undefined) => (row === undefined ? undefined : Date.parse(row.timestamp));
  return { name, commit: timeOf(rows[0]), report: timeOf(rows.find(({ state }) => state === "complete")) };
}

function describeAge(sample: readonly Sampled[], now: number): Check {
  const newest = Math.max(...sample.map(({ report }) => report ?? 0), 0);
  const remedy = "check that CI still uploads coverage reports to Codecov";
  if (newest === 0)
    return limited(AGE, `none in ${sample.length} active repositories that can be read`, remedy);
  const days = Math.floor((now - newest) / DAY_MS);
  const detail = days < 1 ? "less than a day old" : `${days} ${days === 1 ? "day" : "days"} old`;
  return days > OLD_REPORT_DAYS ? limited(AGE, detail, remedy) : ok(AGE, detail);
}

function describeUploads(sample: readonly Sampled[], now: number): Check {
  const recent = sample.filter(({ commit = 0 }) => now - commit <= RECENT_DAYS * DAY_MS);
  const behind = recent.filter(({ commit = 0, report = 0 }) => commit - report > LAG_DAYS * DAY_MS);
  const remedy =
    "check that CI uploads reports, that Codecov processes them, and that its app or webhooks are installed at the git service";
  if (recent.length === 0)
    return limited(UPLOADS, "no recent commits in the repositories that can be read", remedy);
  if (behind.length * 2 <= recent.length)
    return ok(
      UPLOADS,
      `${recent.length - behind.length} of ${recent.length} sampled repositories have a report of their recent commits`,
    );
  const names = behind.map(({ name }) => name).join(", ");
  return limited(UPLOADS, `recent commits without a report in ${names}`, remedy);
}
