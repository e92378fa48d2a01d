import { Entitlement, Entitlement_PurposeValue } from "#gen/c1/connector/v2/entitlement.ts";
import { type Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { Limit } from "./contract-limits.ts";
import { makeEntitlementId, type ResourceKeyParts } from "./ids.ts";
import { truncateUtf8 } from "./utf8.ts";

export {
  /**
   * Something that can be granted on a resource; {@link makeEntitlement} makes it.
   *
   * @example
   * const isMembership = (entitlement: Entitlement) => entitlement.slug === "member";
   */
  Entitlement,
  /**
   * What it means to hold an entitlement: to belong to something, to be allowed something, or to own it.
   *
   * @example
   * const purpose = row.role === "owner" ? Purpose.PURPOSE_VALUE_OWNERSHIP : Purpose.PURPOSE_VALUE_ASSIGNMENT;
   */
  Entitlement_PurposeValue as Purpose,
};

/**
 * What {@link makeEntitlement} makes an entitlement from.
 *
 * @example
 * const purpose = Purpose.PURPOSE_VALUE_ASSIGNMENT;
 * const member: EntitlementOptions = { resource: team, slug: "member", purpose, grantableTo: ["user"] };
 */
export interface EntitlementOptions {
  readonly resource: Resource;
  /** Part of the id; must not change between versions. */
  readonly slug: string;
  /** The slug if absent. */
  readonly displayName?: string;
  readonly description?: string;
  readonly purpose: Entitlement_PurposeValue;
  /** Resource type ids of possible principals. */
  readonly grantableTo: readonly string[];
  readonly annotations?: readonly Any[];
}

/**
 * The slug of an entitlement, from its id if that is made as {@link makeEntitlementId} does: of the entitlement of a
 * grant only the id is certain to be there.
 *
 * @param resource that the entitlement belongs to
 */
export function slugOf({ id, slug }: Pick<Entitlement, "id" | "slug">, resource: ResourceKeyParts): string {
  const prefix = makeEntitlementId(resource, "");
  return id.startsWith(prefix) ? id.slice(prefix.length) : slug;
}

/**
 * An entitlement whose id is made of resource and slug. Texts are cut to the contract's limits.
 *
 * @throws BatonError Internal if the resource has no id, a mistake in the connector.
 *
 * @example
 * const purpose = Purpose.PURPOSE_VALUE_ASSIGNMENT;
 * const member = makeEntitlement({ resource: team, slug: "member", purpose, grantableTo: ["user"] });
 */
export function makeEntitlement(options: EntitlementOptions): Entitlement {
  const { resource, slug } = options;
  if (resource.id === undefined) {
    throw new BatonError(Code.Internal, `the entitlement "${slug}" was made for a resource without an id`);
  }
  return Entitlement.fromPartial({
    id: makeEntitlementId(resource.id, slug),
    slug,
    resource,
    displayName: truncateUtf8(options.displayName ?? slug, Limit.entitlementDisplayName),
    description: truncateUtf8(options.description ?? "", Limit.entitlementDescription),
    purpose: options.purpose,
    // Only the ids of these types survive storage, so nothing else is sent.
    grantableTo: options.grantableTo.map((id) => ResourceType.fromPartial({ id })),
    annotations: [...(options.annotations ?? [])],
  });
}
