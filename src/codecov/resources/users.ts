import type { CodecovCall } from "#codecov/api/api.ts";
import type { ApiAccess } from "#codecov/api/api-access.ts";
import { findMember } from "#codecov/roster/find-member.ts";
import type { RosterRow } from "#codecov/roster/roster-row.ts";
import type { RosterWalk } from "#codecov/roster/roster-walk.ts";
import type { CallContext } from "#kernel/context.ts";
import { packAnnotation } from "#model/annotations.ts";
import { makeResourceType, Trait } from "#model/resource.ts";
import { type EncodedUser, encodeUsers, makeUser, type UserOptions } from "#model/user.ts";
import type { Page, PageRequest, ResourceSyncer } from "#runtime/connector.ts";
import type { OrganizationReader } from "./organization.ts";
import { type SessionReader, signInOf } from "./sign-ins.ts";
import type { SyncCache } from "./sync-cache.ts";
import type { TokenOwner } from "./token-owner.ts";
import { USER_TYPE } from "./type-ids.ts";
import {
  addToCounters,
  formatCounters,
  logCounters,
  NO_COUNTS,
  parseCounters,
  seatsOf,
} from "./user-counters.ts";
import { toUser } from "./user-mapper.ts";

const userType = makeResourceType({
  id: USER_TYPE,
  displayName: "User",
  description: "A member of the Codecov organization; enabled if the member holds a seat.",
  traits: [Trait.TRAIT_USER],
  annotations: [packAnnotation("SkipEntitlementsAndGrants")],
});

export interface UserSyncerOptions {
  readonly connection: ApiAccess;
  readonly organization: OrganizationReader;
  readonly walk: RosterWalk;
  readonly syncCache: SyncCache;
  /** Undefined if sign-ins are not wanted. */
  readonly sessions: SessionReader | undefined;
  readonly tokenOwner: TokenOwner;
}

/** The members of the organization as users: all of them page by page from the roster, or one. */
export function makeUserSyncer(options: UserSyncerOptions): ResourceSyncer {
  return {
    resourceType: userType,
    async list(parent, page, ctx) {
      if (parent !== undefined) return { items: [], nextPageToken: "" };
      return await listUsers(options, page, ctx);
    },
    async get(id, _parent, ctx) {
      const codecov = await options.connection.forCall(ctx);
      const row = await findMember(id.resource, codecov, options.walk, ctx);
      if (row === undefined) return undefined;
      const [user] = await describeUsers([row], options, "", codecov, ctx);
      return user === undefined ? undefined : { resource: makeUser(user) };
    },
  };
}

/** The token is that of the walk and, after a dot, what was counted so far. */
async function listUsers(
  options: UserSyncerOptions,
  { pageToken, pageSize, activeSyncId }: PageRequest,
  ctx: CallContext,
): Promise<Page<EncodedUser>> {
  const [walkToken = "", counts = ""] = pageToken.split(".");
  const codecov = await options.connection.forCall(ctx);
  const [{ rows, nextToken, isBeginning }] = await Promise.all([
    options.walk.next(walkToken, pageSize, codecov, ctx, activeSyncId),
    // Requested at the same time, so that it is known when the users are described.
    options.organization.read(ctx),
  ]);
  for (const { member } of rows) options.tokenOwner.see(member);
  const before = isBeginning ? NO_COUNTS : parseCounters(counts);
  const counters = addToCounters(before, rows, codecov.target.service);
  if (nextToken === "") {
    logCounters(counters, ctx.log);
    options.syncCache.noteSeats(activeSyncId, seatsOf(counters));
  }
  return {
    items: encodeUsers(await describeUsers(rows, options, activeSyncId, codecov, ctx)),
    nextPageToken: nextToken === "" ? "" : `${nextToken}.${formatCounters(counters)}`,
  };
}

async function describeUsers(
  rows: readonly RosterRow[],
  { organization, sessions }: UserSyncerOptions,
  syncId: string,
  codecov: CodecovCall,
  ctx: CallContext,
): Promise<UserOptions[]> {
  const { target } = await organization.read(ctx);
  const signIns = await sessions?.read(syncId, codecov, ctx);
  return rows.map((row) => toUser(row, target, signIns && signInOf(row.member, signIns)));
}
