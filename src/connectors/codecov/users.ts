import type { CallContext } from "#kernel/context.ts";
import { packAnnotation } from "#model/annotations.ts";
import { makeResourceType, type Resource, Trait } from "#model/resource.ts";
import type { Page, PageRequest, ResourceSyncer } from "#runtime/connector.ts";
import type { CodecovConnection } from "./connection.ts";
import type { RosterWalk } from "./roster-walk.ts";
import { toUserResource, USER_TYPE } from "./user-mapper.ts";
import { addToTally, EMPTY_TALLY, formatTally, logTally, parseTally } from "./user-tally.ts";

const userType = makeResourceType({
  id: USER_TYPE,
  displayName: "User",
  description: "A member of the Codecov organization; enabled if the member holds a seat.",
  traits: [Trait.TRAIT_USER],
  annotations: [packAnnotation("SkipEntitlementsAndGrants")],
});

/** Lists the members of the organization as users, page by page from the roster. */
export function makeUserSyncer(connection: CodecovConnection, walk: RosterWalk): ResourceSyncer {
  return {
    resourceType: userType,
    async list(parent, page, ctx) {
      if (parent !== undefined) return { items: [], nextPageToken: "" };
      return listUsers(connection, walk, page, ctx);
    },
  };
}

/** The token is that of the walk and, behind a dot, what was counted so far. */
async function listUsers(
  connection: CodecovConnection,
  walk: RosterWalk,
  { pageToken, pageSize }: PageRequest,
  ctx: CallContext,
): Promise<Page<Resource>> {
  const [walkToken = "", counts = ""] = pageToken.split(".");
  const codecov = await connection.forCall(ctx);
  const { rows, nextToken, isBeginning } = await walk.next(walkToken, pageSize, codecov, ctx);
  const before = isBeginning ? EMPTY_TALLY : parseTally(counts);
  const tally = addToTally(before, rows, codecov.target.service);
  if (nextToken === "") logTally(tally, ctx.log);
  return {
    items: rows.map((row) => toUserResource(row, codecov.target)),
    nextPageToken: nextToken === "" ? "" : `${nextToken}.${formatTally(tally)}`,
  };
}
