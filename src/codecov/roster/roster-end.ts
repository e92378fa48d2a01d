import type { MemberPageQuery, RosterResponse } from "#codecov/api/members.ts";
import type { Member } from "#codecov/api/schemas.ts";
import { fingerprint, hasName } from "./roster-row.ts";
import type { RosterPosition } from "./roster-token.ts";
import { choosePage } from "./roster-window.ts";

/** The endpoint that a walk reads. */
export interface RosterSource {
  roster(query: MemberPageQuery): Promise<RosterResponse>;
}

/**
 * Looks at the end of the roster a second time. Codecov counts the members first and then selects as many rows
 * as it has counted: if somebody with an old account joins in between, the response ends one row early and looks
 * complete. The end is certain if the count is that of the rows and the last ones are the same again, back to one
 * with a user name: rows without could be each other's twins.
 *
 * @param start position of the first of `rows`, the last of which Codecov says is the last of the roster.
 */
export async function confirmEnd(
  source: RosterSource,
  rows: readonly Member[],
  start: number,
): Promise<boolean> {
  const tail = rows.slice(Math.max(0, rows.findLastIndex(hasName)));
  if (tail.length === 0) return true;
  const total = start + rows.length;
  const response = await source.roster(lastRows(total, tail.length));
  if (response.kind === "refused") throw response.error;
  if (response.kind === "beyond-end") return false;
  const { count, next, results } = response.page;
  return count === total && next === null && isSame(results.slice(-tail.length), tail);
}

/** A page that holds the last `length` of `total` rows; the very last row has a page of its own. */
function lastRows(total: number, length: number): MemberPageQuery {
  if (length === 1) return { page: "last", pageSize: 1 };
  for (let size = 4 * length; ; size += 1) {
    const range = choosePage(total - length, size);
    if (range.start + range.size >= total) return { page: range.page, pageSize: range.size };
  }
}

function isSame(rows: readonly Member[], others: readonly Member[]): boolean {
  return rows.map(fingerprint).join() === others.map(fingerprint).join();
}

/**
 * Whether the window before claimed the same end with the same count. Then it is believed although the count is
 * not that of the rows, so that a walk ends even if Codecov counts wrong.
 */
export function repeatsClaim(
  rows: readonly Member[],
  count: number,
  { anchor, claimedCount }: RosterPosition,
): boolean {
  const last = rows.at(-1);
  return count === claimedCount && last !== undefined && fingerprint(last) === anchor.at(-1);
}
