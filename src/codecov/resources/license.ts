import type { CodecovCall } from "#codecov/api/api.ts";
import type { ApiAccess } from "#codecov/api/api-access.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { ResourceSyncer } from "#runtime/connector.ts";
import { isOwnId, licenseEntitlements, licenseType, toLicenseResource } from "./access-model.ts";
import type { GrantLister } from "./grants.ts";
import type { OrganizationReader } from "./organization.ts";
import type { SeatProvisioner } from "./seat-provisioner.ts";
import type { SyncCache } from "./sync-cache.ts";
import type { SyncStart } from "./sync-start.ts";

export interface LicenseSyncerOptions {
  readonly connection: ApiAccess;
  readonly organization: OrganizationReader;
  readonly grants: GrantLister;
  readonly syncCache: SyncCache;
  readonly start: SyncStart;
  /** 0 if unknown: Codecov shows it only through its payment provider. */
  readonly purchasedSeats: number;
  readonly provisioner: SeatProvisioner;
}

/** The seats of the organization and who holds one. */
export function makeLicenseSyncer({
  connection,
  organization,
  grants,
  syncCache,
  start,
  purchasedSeats,
  provisioner,
}: LicenseSyncerOptions): ResourceSyncer {
  return {
    resourceType: licenseType,
    ...provisioner,

    async list(parent, { activeSyncId }, ctx) {
      if (parent !== undefined) return { items: [], nextPageToken: "" };
      const codecov = await connection.forCall(ctx);
      // A walk that has just been over the whole roster knows the number for nothing. Without one, this is where
      // the sync begins: hosts list the types in the order of their ids.
      const known = syncCache.seats(activeSyncId);
      if (known === undefined) await start.begin(activeSyncId, ctx);
      const [consumed, { target }] = await Promise.all([
        known ?? countSeats(codecov, ctx),
        organization.read(ctx),
      ]);
      syncCache.noteListed(activeSyncId, licenseType.id);
      const resource = toLicenseResource({ purchased: purchasedSeats, consumed }, target);
      return { items: [resource], nextPageToken: "" };
    },

    async get(id, _parent, ctx) {
      const found = await organization.find(ctx);
      if (found === undefined || !isOwnId(id, found.target)) return undefined;
      const consumed = await countSeats(await connection.forCall(ctx), ctx);
      return { resource: toLicenseResource({ purchased: purchasedSeats, consumed }, found.target) };
    },

    async entitlements(resource, _page, ctx) {
      const { target } = await organization.read(ctx);
      const isOurs = isOwnId(resource.id, target);
      return { items: isOurs ? licenseEntitlements(resource, target) : [], nextPageToken: "" };
    },

    async grants(resource, page, ctx) {
      const { target } = await organization.read(ctx);
      if (!isOwnId(resource.id, target)) return { items: [], nextPageToken: "" };
      const begin = () => (syncCache.leavesLicenseToOrg(page.activeSyncId) ? undefined : "license");
      return await grants.list(page, begin, ctx);
    },
  };
}

/**
 * How many seats are held; 0, for unknown, if Codecov cannot count them in time. Its filter compares every
 * member with every seat, which takes it long in an organization of many thousands.
 *
 * @throws BatonError for everything that has nothing to do with how long the counting takes, such as a refused
 * connection, and if Codecov has announced when to ask again.
 */
async function countSeats(codecov: CodecovCall, ctx: CallContext): Promise<number> {
  try {
    const response = await codecov.roster({ page: 1, pageSize: 1, attempts: 2, filter: { activated: true } });
    if (response.kind === "page") return response.page.count;
    if (response.kind === "refused") throw response.error;
    throw new BatonError(Code.FailedPrecondition, "Codecov says that the first page of seats does not exist");
  } catch (error) {
    if (!(error instanceof BatonError && error.lessMayHelp)) throw error;
    ctx.log.warn("Codecov could not count the seats in time; the license shows their number as unknown", {
      error,
    });
    return 0;
  }
}
