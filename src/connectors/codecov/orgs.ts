import { BatonError, Code } from "#kernel/errors.ts";
import type { ResourceSyncer } from "#runtime/connector.ts";
import { ADMIN, organizationId, orgEntitlements, orgType, toOrgResource } from "./access-model.ts";
import type { CodecovCall } from "./api.ts";
import type { CodecovConnection } from "./connection.ts";
import type { GrantLister } from "./grants.ts";
import type { SyncNotes } from "./sync-notes.ts";
import type { SyncStart } from "./sync-start.ts";

/** The one organization, its members and its admins. */
export function makeOrgSyncer(
  connection: CodecovConnection,
  grants: GrantLister,
  notes: SyncNotes,
  start: SyncStart,
): ResourceSyncer {
  return {
    resourceType: orgType,

    async list(parent, { activeSyncId }, ctx) {
      if (parent !== undefined) return { items: [], nextPageToken: "" };
      const codecov = await connection.forCall(ctx);
      const owner = await start.owner(activeSyncId, ctx);
      if (owner === undefined) throw unknownOrganization(codecov);
      notes.noteListed(activeSyncId, orgType.id);
      return { items: [toOrgResource(owner, codecov.target)], nextPageToken: "" };
    },

    async get(id, _parent, ctx) {
      const codecov = await connection.forCall(ctx);
      if (id.resource !== organizationId(codecov.target)) return undefined;
      const owner = await codecov.owner();
      return owner === undefined ? undefined : { resource: toOrgResource(owner, codecov.target) };
    },

    async entitlements(resource, { activeSyncId }, ctx) {
      const { target } = await connection.forCall(ctx);
      if (resource.id?.resource !== organizationId(target)) return { items: [], nextPageToken: "" };
      notes.noteOrgEntitlements(activeSyncId);
      return { items: orgEntitlements(resource, target), nextPageToken: "" };
    },

    async grants(resource, page, ctx) {
      const { target } = await connection.forCall(ctx);
      if (resource.id?.resource !== organizationId(target)) return { items: [], nextPageToken: "" };
      const begin = () => (notes.orgBringsLicense(page.activeSyncId) ? "both" : "org");
      return await grants.list(page, begin, ctx);
    },

    explainReadOnly({ id }) {
      return id.endsWith(`:${ADMIN}`)
        ? "Codecov's API cannot change who is an admin; make the member an owner of the organization on its git service (Codecov learns of it when that person next opens its pages), and on a self-hosted Codecov change setup.admins in its configuration"
        : "Codecov's API cannot change who is a member; add or remove the person in the organization on its git service";
    },
  };
}

function unknownOrganization({ target: { owner, service } }: CodecovCall): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `Codecov knows no organization ${owner} on ${service} any more; check --codecov-owner and --codecov-service`,
    { kind: "configuration" },
  );
}
