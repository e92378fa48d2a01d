/**
 * Checks on what a connector returns. The host silently drops some of what is wrong (a row without an
 * id, all further pages after a row of an undeclared type) and loops forever over a page token that does
 * not change, so these mistakes have to become errors here: a gap that nobody sees is the worst outcome.
 */

import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { findAnnotations, hasAnnotation } from "#model/annotations.ts";
import { Limit } from "#model/contract-limits.ts";
import { findMissingTrait } from "#model/traits.ts";
import { exceedsUtf8 } from "#model/utf8.ts";
import type { ListedResource, Page } from "./connector.ts";
import type { Registry } from "./registry.ts";

/** Throws `Internal` if the page leads nowhere new or its token could not be sent back. */
export function checkToken(what: string, requestToken: string, page: Page<unknown>): void {
  if (page.nextPageToken !== "" && page.nextPageToken === requestToken) {
    throw defect(`${what}: the next page token is the same as the request's, so the listing would never end`);
  }
  if (exceedsUtf8(page.nextPageToken, Limit.pageToken)) {
    throw defect(`${what}: the next page token is longer than ${Limit.pageToken} bytes`);
  }
}

/** Throws `Internal` at the first resource that the host would drop or abort the sync for. */
export function checkResources(resources: readonly ListedResource[], registry: Registry): void {
  for (const resource of resources) checkResource(resource, registry);
}

/** As {@link checkResources}, for one. */
export function checkResource(resource: ListedResource, registry: Registry): void {
  const { id, annotations } = resource;
  if (id === undefined || id.resourceType === "" || id.resource === "") {
    const name = "displayName" in resource ? resource.displayName : (id?.resource ?? "");
    throw defect(`the resource "${name}" has no complete id`);
  }
  if (exceedsUtf8(id.resource, Limit.id)) {
    throw defect(`the id of a resource of type "${id.resourceType}" is longer than ${Limit.id} bytes`);
  }
  const name = `the resource "${id.resource}"`;
  const type = registry.findSyncer(id.resourceType)?.resourceType;
  if (type === undefined) {
    throw defect(`${name} is of the type "${id.resourceType}", which the connector does not have`);
  }
  const missing = findMissingTrait(type.traits, annotations);
  if (missing !== undefined) throw defect(`${name} has no ${missing}, which its type "${type.id}" declares`);
  if (hasAnnotation(annotations, "BatonID")) throw defect(`${name} carries the annotation BatonID`);
}

/** Throws `Internal` for an entitlement that the host would drop, `InvalidArgument` for one it would refuse. */
export function checkEntitlements(entitlements: readonly Entitlement[]): void {
  for (const { id, resource, slug, annotations } of entitlements) {
    if (id === "" || exceedsUtf8(id, Limit.id)) {
      throw defect(
        `the entitlement "${id === "" ? slug : id.slice(0, 64)}" needs an id of 1 to ${Limit.id} bytes`,
      );
    }
    if (!resource?.id?.resourceType || resource.id.resource === "") {
      throw defect(`the entitlement "${id}" names no resource`);
    }
    checkExclusionGroups(id, annotations);
  }
}

/** Static entitlements have no id and no resource yet; the host makes them from the slug. */
export function checkStaticEntitlements(entitlements: readonly Entitlement[]): void {
  for (const { slug, displayName, annotations } of entitlements) {
    if (slug === "") throw defect(`the static entitlement "${displayName}" has no slug`);
    checkExclusionGroups(slug, annotations);
  }
}

/** Throws `Internal` for a grant that the host could not store. */
export function checkGrants(grants: readonly Grant[]): void {
  for (const { id, entitlement, principal } of grants) {
    const on = entitlement?.resource?.id;
    if (!entitlement?.id || !on?.resourceType || on.resource === "") {
      throw defect(`the grant "${id}" names no entitlement or no resource of the entitlement`);
    }
    if (!principal?.id?.resourceType || principal.id.resource === "") {
      throw defect(`the grant "${id}" on "${entitlement.id}" names no principal`);
    }
  }
}

function checkExclusionGroups(name: string, annotations: Entitlement["annotations"]): void {
  if (findAnnotations(annotations, "EntitlementExclusionGroup").length <= 1) return;
  throw new BatonError(
    Code.InvalidArgument,
    `the entitlement "${name}" is in more than one exclusion group`,
    { kind: "internal" },
  );
}

function defect(problem: string): BatonError {
  return new BatonError(Code.Internal, `the connector returned invalid data: ${problem}`);
}
