import type { CodecovCall } from "#codecov/api/api.ts";
import type { Refused } from "#codecov/api/coverage-requests.ts";
import type { PullRow } from "#codecov/api/coverage-schemas.ts";
import type { ReportedTotals } from "#codecov/api/reported-totals.ts";
import type { ListedPull } from "#codecov/coverage/model/pull.ts";
import type { PatchTotals, Totals } from "#codecov/coverage/model/totals.ts";
import { toInstant } from "./instants.ts";
import { PageSplitter } from "./split-pages.ts";

/** Pull requests of a page: Codecov reads one stored comparison for each, about a second for all. */
const PAGE_ROWS = 100;

/** The same where a row fails: a power of two, so that a page can be halved down to one row. */
const SPLIT_ROWS = 128;

type Source = Pick<CodecovCall, "openPullsFrom" | "openPulls" | "pullRequest">;

export interface OpenPulls {
  readonly kind: "pulls";
  readonly pulls: readonly ListedPull[];
  /** Rows that Codecov fails on, and whose numbers are unknown. */
  readonly unreadable: number;
}

/**
 * All open pull requests of a repository. By a cursor, which loses none that is open throughout; only if Codecov fails on
 * a row, by pages that are halved until the row is alone.
 *
 * @param known numbers that were open when last read
 */
export async function readOpenPulls(
  source: Source,
  repository: string,
  known: readonly number[],
): Promise<OpenPulls | Refused> {
  const pulls = new Map<number, ListedPull>();
  const add = (row: PullRow) => {
    if (row.state === "open") pulls.set(row.pullid, toListedPull(repository, row));
  };
  let cursor: string | undefined = "";
  while (cursor !== undefined) {
    const response = await source.openPullsFrom(repository, { cursor, pageSize: PAGE_ROWS });
    if (response.kind === "refused") return response;
    if (response.kind === "failed") return await readByPages(source, repository, known, add, pulls);
    for (const row of response.value.pulls) add(row);
    cursor = response.value.cursor;
  }
  return { kind: "pulls", pulls: [...pulls.values()], unreadable: 0 };
}

async function readByPages(
  source: Source,
  repository: string,
  known: readonly number[],
  add: (row: PullRow) => void,
  pulls: Map<number, ListedPull>,
): Promise<OpenPulls | Refused> {
  const splitter = new PageSplitter((page) => source.openPulls(repository, page));
  let failing = 0;
  for (let page = 1; ; page += 1) {
    const span = await splitter.read({ page, pageSize: SPLIT_ROWS });
    if (span.kind === "refused") return span;
    for (const row of span.rows) {
      if (row === undefined) failing += 1;
      else add(row);
    }
    if (span.isLast || span.rows.length === 0) break;
  }
  for (const number of known) {
    if (failing === 0) break;
    if (pulls.has(number)) continue;
    const response = await source.pullRequest(repository, number);
    if (response.kind === "value") add(response.value);
    if (response.kind !== "failed") continue;
    pulls.set(number, toUnreadablePull(repository, number));
    failing -= 1;
  }
  return { kind: "pulls", pulls: [...pulls.values()], unreadable: failing };
}

/** What a row says of a pull request. Totals that make no sense are unknown. */
export function toListedPull(repository: string, row: PullRow): ListedPull {
  return {
    repository,
    number: row.pullid,
    title: row.title,
    author: row.author?.username ?? null,
    state: row.state,
    head: toTotals(row.head_totals),
    base: toTotals(row.base_totals),
    patch: row.patch === null ? null : toLines(row.patch),
    updatedAt: toInstant(row.updatestamp),
  };
}

/** The counts of totals that make sense; null for all others. */
export function toTotals(totals: ReportedTotals): Totals | null {
  return totals.kind === "counts" ? totals.counts : null;
}

/** The counts alone of what has more. */
export function toLines({ hits, misses, partials }: PatchTotals): PatchTotals {
  return { hits, misses, partials };
}

/** One that is known to be open, and of which Codecov shows nothing. */
function toUnreadablePull(repository: string, number: number): ListedPull {
  return {
    repository,
    number,
    title: null,
    author: null,
    state: "open",
    head: null,
    base: null,
    patch: null,
    updatedAt: null,
  };
}
