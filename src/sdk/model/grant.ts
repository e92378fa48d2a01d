import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource, type ResourceId } from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { makeEntitlementId, makeGrantId } from "./ids.ts";

export {
  /**
   * That a principal holds an entitlement; {@link makeGrant} makes it.
   *
   * @example
   * const isToUser = ({ principal }: Grant) => principal?.id?.resourceType === "user";
   */
  Grant,
};

/**
 * What {@link makeGrant} makes a grant from.
 *
 * @example
 * const toGrant = (row: Member): GrantOptions => {
 *   return { resource: team, slug: "member", principal: makeResourceId("user", row.user) };
 * };
 */
export interface GrantOptions {
  /** What the entitlement lies on. */
  readonly resource: Resource;
  readonly slug: string;
  readonly principal: ResourceId;
  readonly annotations?: readonly Any[];
}

/**
 * A grant in the form hosts expect: of the entitlement only id and resource, of the principal only the id.
 *
 * @throws BatonError Internal if the resource has no id, a mistake in the connector.
 *
 * @example
 * const grant = makeGrant({ resource: team, slug: "member", principal: makeResourceId("user", row.user) });
 */
export function makeGrant({ resource, slug, principal, annotations }: GrantOptions): Grant {
  if (resource.id === undefined) {
    throw new BatonError(Code.Internal, `the grant of "${slug}" was made for a resource without an id`);
  }
  const entitlementId = makeEntitlementId(resource.id, slug);
  return Grant.fromPartial({
    id: makeGrantId(entitlementId, principal),
    entitlement: Entitlement.fromPartial({ id: entitlementId, resource }),
    principal: Resource.fromPartial({ id: principal }),
    annotations: [...(annotations ?? [])],
  });
}

/**
 * The error of a grant that is refused on purpose, which platforms tell from a failure by its details (the
 * names are those of baton-sdk v0.25.0).
 *
 * @param reason what prevents the grant, in words for the person who requested it.
 *
 * @example
 * throw refuseGrant("all seats of the team are taken; buy one in Acme first");
 */
export function refuseGrant(reason: string): BatonError {
  return new BatonError(Code.FailedPrecondition, reason, {
    errorInfo: {
      reason: "grant_cancelled",
      domain: "github.com/conductorone/baton-sdk",
      metadata: { reason },
    },
  });
}
