import type { ResourceSyncer } from "#runtime/connector.ts";
import { ADMIN, isOwnId, orgEntitlements, orgType, toOrgResource } from "./access-model.ts";
import type { GrantLister } from "./grants.ts";
import type { OrganizationReader } from "./organization.ts";
import type { SyncCache } from "./sync-cache.ts";

/** The one organization, its members and its admins. */
export function makeOrgSyncer(
  organization: OrganizationReader,
  grants: GrantLister,
  syncCache: SyncCache,
): ResourceSyncer {
  return {
    resourceType: orgType,

    async list(parent, { activeSyncId }, ctx) {
      if (parent !== undefined) return { items: [], nextPageToken: "" };
      const { owner, target } = await organization.read(ctx);
      syncCache.noteListed(activeSyncId, orgType.id);
      return { items: [toOrgResource(owner, target)], nextPageToken: "" };
    },

    async get(id, _parent, ctx) {
      const found = await organization.find(ctx);
      if (found === undefined || !isOwnId(id, found.target)) return undefined;
      return { resource: toOrgResource(found.owner, found.target) };
    },

    async entitlements(resource, { activeSyncId }, ctx) {
      const { target } = await organization.read(ctx);
      if (!isOwnId(resource.id, target)) return { items: [], nextPageToken: "" };
      syncCache.noteOrgEntitlements(activeSyncId);
      return { items: orgEntitlements(resource, target), nextPageToken: "" };
    },

    async grants(resource, page, ctx) {
      const { target } = await organization.read(ctx);
      if (!isOwnId(resource.id, target)) return { items: [], nextPageToken: "" };
      const begin = () => (syncCache.orgBringsLicense(page.activeSyncId) ? "both" : "org");
      return await grants.list(page, begin, ctx);
    },

    explainReadOnly(slug) {
      return slug === ADMIN
        ? "Codecov's API cannot change who is an admin; make the member an owner of the organization on its git service (Codecov learns of it when that person next opens its pages), and on a self-hosted Codecov change setup.admins in its configuration"
        : "Codecov's API cannot change who is a member; add or remove the person in the organization on its git service";
    },
  };
}
