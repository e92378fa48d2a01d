import type { ApiAccess } from "#codecov/api/api-access.ts";
import { changeSeat } from "#codecov/seats/seat-change.ts";
import type { SeatWriter } from "#codecov/seats/seat-writer.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import type { Entitlement } from "#model/entitlement.ts";
import { makeGrant } from "#model/grant.ts";
import { makeEntitlementId, makeResourceId } from "#model/ids.ts";
import { Resource } from "#model/resource.ts";
import type { ResourceSyncer } from "#runtime/connector.ts";
import { ASSIGNED, organizationId } from "./access-model.ts";
import { LICENSE_TYPE, USER_TYPE } from "./type-ids.ts";

/** Granting and revoking of the license's one entitlement: the seat. */
export type SeatProvisioner = Required<Pick<ResourceSyncer, "grant" | "revoke">>;

export function makeSeatProvisioner(connection: ApiAccess, writer: SeatWriter): SeatProvisioner {
  return {
    async grant(principal, entitlement, ctx) {
      const license = await requireSeat(entitlement, connection, ctx);
      const userId = requireUser(principal);
      const isChanged = await changeSeat(
        { userId, activated: true, mustBeMember: true, connection, writer },
        ctx,
      );
      const grant = makeGrant({
        resource: license,
        slug: ASSIGNED,
        principal: makeResourceId(USER_TYPE, userId),
      });
      return { grants: [grant], annotations: isChanged ? [] : [packAnnotation("GrantAlreadyExists")] };
    },

    async revoke({ entitlement, principal }, ctx) {
      await requireSeat(entitlement, connection, ctx);
      const userId = requireUser(principal);
      // A grant of somebody who has left is gone, which is what the caller wants.
      const change = { userId, activated: false, mustBeMember: false, connection, writer };
      const isChanged = await changeSeat(change, ctx);
      return { annotations: isChanged ? [] : [packAnnotation("GrantAlreadyRevoked")] };
    },
  };
}

/**
 * The license as the entitlement names it, in whatever spelling of the organization: Codecov ignores case in it, and
 * the file of an earlier sync may have another one.
 *
 * @throws BatonError InvalidArgument for any other entitlement.
 */
async function requireSeat(
  entitlement: Entitlement | undefined,
  connection: ApiAccess,
  ctx: CallContext,
): Promise<Resource> {
  const { target } = await connection.forCall(ctx);
  const organization = organizationId(target);
  const wanted = makeEntitlementId(makeResourceId(LICENSE_TYPE, organization), ASSIGNED);
  if (entitlement?.id.toLowerCase() === wanted.toLowerCase()) {
    const begin = LICENSE_TYPE.length + 1;
    const spelled = entitlement.id.slice(begin, begin + organization.length);
    return Resource.fromPartial({ id: makeResourceId(LICENSE_TYPE, spelled) });
  }
  throw new BatonError(
    Code.InvalidArgument,
    `the entitlement ${entitlement?.id ?? "without an id"} cannot be granted or revoked here, only ${wanted} can`,
  );
}

function requireUser(principal: Resource | undefined): string {
  const { resourceType, resource } = principal?.id ?? makeResourceId("", "");
  if (resourceType === USER_TYPE && resource !== "") return resource;
  throw new BatonError(
    Code.InvalidArgument,
    `only a ${USER_TYPE} can hold a seat, not ${resourceType === "" ? "a principal without a type" : `a ${resourceType}`}`,
  );
}
