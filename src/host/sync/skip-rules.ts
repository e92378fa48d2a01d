import type { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { hasAnnotation } from "#model/annotations.ts";
import type { SyncSession } from "./session.ts";

/**
 * Which listings a connector does without, and which rows stay out. The rules, with their one asymmetry (`SkipGrants` counts on a
 * resource but not on its type), are those of the Go host of baton-sdk v0.25.0.
 */

/** Whether the entitlements of some resource of this type may have to be listed one resource at a time. */
export function mayListEntitlements({ state }: SyncSession, type: ResourceType): boolean {
  return (
    !state.flags.shouldSkipEntitlementsAndGrants &&
    !skipsEntitlements(type.annotations) &&
    !hasAnnotation(type.annotations, "TypeScopedEntitlements")
  );
}

/** Whether the grants of some resource of this type may have to be listed one resource at a time. */
export function mayListGrants({ state }: SyncSession, type: ResourceType): boolean {
  return (
    !state.flags.shouldSkipEntitlementsAndGrants &&
    !state.flags.shouldSkipGrants &&
    !hasAnnotation(type.annotations, "SkipEntitlementsAndGrants") &&
    !hasAnnotation(type.annotations, "TypeScopedGrants")
  );
}

export function isEntitlementListingWanted(session: SyncSession, resource: Resource): boolean {
  const type = session.types.get(resource.id?.resourceType ?? "");
  return type !== undefined && mayListEntitlements(session, type) && !skipsEntitlements(resource.annotations);
}

export function isGrantListingWanted(session: SyncSession, { id, annotations }: Resource): boolean {
  const type = session.types.get(id?.resourceType ?? "");
  return (
    type !== undefined &&
    mayListGrants(session, type) &&
    !hasAnnotation(annotations, "SkipEntitlementsAndGrants") &&
    !hasAnnotation(annotations, "SkipGrants")
  );
}

/**
 * Whether what concerns this resource stays out of the sync, because its type does. Without a type nothing can be said:
 * that is a mistake of the connector, and dealt with as such.
 */
export function isLeftOut(
  session: SyncSession,
  { resourceType }: { readonly resourceType: string },
): boolean {
  return session.isSnapshot && resourceType !== "" && !session.types.has(resourceType);
}

function skipsEntitlements(annotations: readonly Any[]): boolean {
  return (
    hasAnnotation(annotations, "SkipEntitlementsAndGrants") || hasAnnotation(annotations, "SkipEntitlements")
  );
}
