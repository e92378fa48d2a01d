import type { Target } from "#codecov/api/request.ts";
import type { Owner } from "#codecov/api/schemas.ts";
import type { RosterRow } from "#codecov/roster/roster-row.ts";
import { userIdOf } from "#codecov/roster/user-id.ts";
import { packAnnotation } from "#model/annotations.ts";
import { type Entitlement, makeEntitlement, Purpose } from "#model/entitlement.ts";
import { type Grant, makeGrant } from "#model/grant.ts";
import { makeEntitlementId, makeResourceId } from "#model/ids.ts";
import { makeResource, makeResourceType, Resource, Trait } from "#model/resource.ts";
import { LICENSE_TYPE, ORG_TYPE, USER_TYPE } from "./type-ids.ts";
import { visibleName } from "./user-mapper.ts";

/**
 * What beside users is reviewed as access. Platforms keep these ids for years: resource types, resource ids
 * and slugs never change.
 */

/** Slugs of the entitlements. */
export const MEMBER = "member";
export const ADMIN = "admin";
export const ASSIGNED = "assigned";

export const orgType = makeResourceType({
  id: ORG_TYPE,
  displayName: "Organization",
  description: "The Codecov organization, with its members and its admins.",
});

export const licenseType = makeResourceType({
  id: LICENSE_TYPE,
  displayName: "License",
  description: "The Codecov seats of the organization and who holds them.",
  traits: [Trait.TRAIT_LICENSE_PROFILE],
});

/**
 * The id that organization and license share: the organization's name as Codecov stores it; the levels of a GitLab
 * subgroup are joined with `/`, as GitLab writes them.
 *
 * @param target as `OrganizationReader` gives it; the name in the settings can be spelt differently
 */
export function organizationId({ owner }: Pick<Target, "owner">): string {
  return owner.replaceAll(":", "/");
}

/** Whether an id is that of the organization, or of its license: both are called by the owner. */
export function isOwnId(id: Resource["id"], target: Pick<Target, "owner">): boolean {
  return id?.resource === organizationId(target);
}

export function toOrgResource(owner: Owner, target: Target): Resource {
  return makeResource({
    resourceType: ORG_TYPE,
    id: organizationId(target),
    displayName: visibleName(owner.name) || owner.username || target.owner,
    description: `Organization ${target.owner} on ${target.service}`,
    profile: { service: owner.service, username: owner.username, name: owner.name },
  });
}

/** Numbers of seats; 0 where unknown, as platforms read it. */
export interface SeatCounts {
  readonly purchased: number;
  readonly consumed: number;
}

export function toLicenseResource({ purchased, consumed }: SeatCounts, target: Target): Resource {
  const trait = packAnnotation("LicenseProfileTrait", {
    licenseName: "Codecov seat",
    purchasedSeats: BigInt(purchased),
    consumedSeats: BigInt(consumed),
    entitlementIds: [makeEntitlementId(licenseIdOf(target), ASSIGNED)],
  });
  return makeResource({
    resourceType: LICENSE_TYPE,
    id: organizationId(target),
    displayName: `Codecov seats of ${target.owner}`,
    annotations: [trait],
  });
}

/** Both come from the git service, so Codecov's API cannot change them. */
export function orgEntitlements(resource: Resource, { owner, service }: Target): Entitlement[] {
  const common = {
    resource,
    grantableTo: [USER_TYPE],
    annotations: [packAnnotation("EntitlementImmutable")],
  };
  return [
    makeEntitlement({
      ...common,
      slug: MEMBER,
      displayName: `${owner} member`,
      description: `Is on the member list of ${owner} in Codecov. Changed on ${service}, not in Codecov.`,
      purpose: Purpose.PURPOSE_VALUE_ASSIGNMENT,
    }),
    makeEntitlement({
      ...common,
      slug: ADMIN,
      displayName: `${owner} admin`,
      description: `Is an admin of ${owner} in Codecov: may change seats, plan and settings there. Not changeable through Codecov's API.`,
      purpose: Purpose.PURPOSE_VALUE_PERMISSION,
    }),
  ];
}

export function licenseEntitlements(resource: Resource, { owner }: Target): Entitlement[] {
  return [
    makeEntitlement({
      resource,
      slug: ASSIGNED,
      displayName: `${owner} seat`,
      description: `Holds a Codecov seat of ${owner}.`,
      purpose: Purpose.PURPOSE_VALUE_ASSIGNMENT,
      grantableTo: [USER_TYPE],
    }),
  ];
}

/** Which part of what a row says is wanted as grants. */
export interface GrantScope {
  readonly org: boolean;
  readonly license: boolean;
}

/** What a member holds. Grants name their resource by id only, so that a new seat count changes no grant. */
export function toGrants(row: RosterRow, scope: GrantScope, target: Target): Grant[] {
  const { activated, is_admin } = row.member;
  const principal = makeResourceId(USER_TYPE, userIdOf(row, target.service));
  const org = Resource.fromPartial({ id: orgIdOf(target) });
  const license = Resource.fromPartial({ id: licenseIdOf(target) });
  return [
    ...(scope.org ? [makeGrant({ resource: org, slug: MEMBER, principal })] : []),
    ...(scope.org && is_admin ? [makeGrant({ resource: org, slug: ADMIN, principal })] : []),
    ...(scope.license && activated ? [makeGrant({ resource: license, slug: ASSIGNED, principal })] : []),
  ];
}

function orgIdOf(target: Target) {
  return makeResourceId(ORG_TYPE, organizationId(target));
}

function licenseIdOf(target: Target) {
  return makeResourceId(LICENSE_TYPE, organizationId(target));
}
