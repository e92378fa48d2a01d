import type { CodecovCall } from "#codecov/api/api.ts";
import type { Service } from "#codecov/api/owner.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { RosterRow } from "./roster-row.ts";
import type { RosterWalk } from "./roster-walk.ts";
import { userIdOf, userNameIn } from "./user-id.ts";

/** Matches asked for at once. More than that come only for a very short name; then the roster is walked. */
const MAX_MATCHES = 1_000;

/** Characters that separate or group the terms of a search, or that it refuses. */
const SEARCH_SYNTAX = /[\s,"'\\\0]+/;

/**
 * The row of the member whose user resource has this id, or undefined if nobody on the roster has.
 *
 * Never through the address of a single member: there a name of digits can stand for somebody else's internal
 * id, a name that ends in `.json` for the member without that ending, and other dots or null lead nowhere. The
 * search finds by any part of any text, so what decides is the exact comparison afterwards.
 *
 * @throws BatonError as the roster, and FailedPrecondition if two members share the id.
 */
export async function findMember(
  id: string,
  codecov: CodecovCall,
  walk: RosterWalk,
  ctx: CallContext,
): Promise<RosterRow | undefined> {
  const term = searchTerm(id);
  if (term === undefined) return await walkTo(id, codecov, walk, ctx);
  const response = await codecov.roster({ page: 1, pageSize: MAX_MATCHES, filter: { search: term } });
  if (response.kind === "refused") throw response.error;
  // Matches on several pages are not a reliable result: Codecov may move people between pages meanwhile.
  if (response.kind === "beyond-end" || response.page.next !== null)
    return await walkTo(id, codecov, walk, ctx);
  const rows = response.page.results.map((member) => ({ member, ordinal: 0 }));
  return onlyMatch(rows, id, codecov.target.service);
}

/** The longest piece of the user name in an id that the search takes as it is; undefined if there is none. */
function searchTerm(id: string): string | undefined {
  const username = userNameIn(id);
  return username === undefined ? undefined : longestTerm(username);
}

/** The longest piece of `text` that the search takes as it is; undefined if there is none. */
export function longestTerm(text: string): string | undefined {
  const [longest] = text.split(SEARCH_SYNTAX).toSorted((a, b) => b.length - a.length);
  return longest || undefined;
}

async function walkTo(
  id: string,
  codecov: CodecovCall,
  walk: RosterWalk,
  ctx: CallContext,
): Promise<RosterRow | undefined> {
  let token = "";
  do {
    const { rows, nextToken } = await walk.next(token, 0, codecov, ctx);
    const found = onlyMatch(rows, id, codecov.target.service);
    if (found !== undefined) return found;
    token = nextToken;
  } while (token !== "");
  return undefined;
}

function onlyMatch(rows: readonly RosterRow[], id: string, service: Service): RosterRow | undefined {
  const [found, another] = rows.filter((row) => userIdOf(row, service) === id);
  if (another === undefined) return found;
  throw new BatonError(Code.FailedPrecondition, `Codecov lists two members with the id ${id}`, {
    kind: "upstream",
  });
}
