import { BatonError, Code } from "#kernel/errors.ts";
import type { Resource } from "#model/resource.ts";
import type { ResourceSyncer } from "#runtime/connector.ts";
import { ADMIN, organizationId, orgEntitlements, orgType, toOrgResource } from "./access-model.ts";
import type { CodecovCall } from "./api.ts";
import type { CodecovConnection } from "./connection.ts";
import type { GrantLister } from "./grants.ts";
import type { SyncNotes } from "./sync-notes.ts";

/** The one organization, its members and its admins. */
export function makeOrgSyncer(
  connection: CodecovConnection,
  grants: GrantLister,
  notes: SyncNotes,
): ResourceSyncer {
  return {
    resourceType: orgType,

    async list(parent, { activeSyncId }, ctx) {
      if (parent !== undefined) return { items: [], nextPageToken: "" };
      const codecov = await connection.forCall(ctx);
      const resource = await readOrg(codecov);
      if (resource === undefined) throw unknownOrganization(codecov);
      notes.noteListed(activeSyncId, orgType.id);
      return { items: [resource], nextPageToken: "" };
    },

    async get(id, _parent, ctx) {
      const codecov = await connection.forCall(ctx);
      if (id.resource !== organizationId(codecov.target)) return undefined;
      const resource = await readOrg(codecov);
      return resource === undefined ? undefined : { resource };
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

async function readOrg(codecov: CodecovCall): Promise<Resource | undefined> {
  const owner = await codecov.owner();
  return owner === undefined ? undefined : toOrgResource(owner, codecov.target);
}

function unknownOrganization({ target: { owner, service } }: CodecovCall): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `Codecov knows no organization ${owner} on ${service} any more; check --codecov-owner and --codecov-service`,
    { kind: "configuration" },
  );
}
