import {
  type Resource,
  ResourceId,
  type ResourceType,
  ResourceType_Trait as Trait,
} from "#gen/c1/connector/v2/resource.ts";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { findAnnotations, hasAnnotation } from "#model/annotations.ts";
import type { EncodedResource } from "#model/encoded-rows.ts";
import { formatResourceKey } from "#model/ids.ts";
import { findMissingTrait } from "#model/traits.ts";
import { readListing } from "./listing.ts";
import { contractViolation, type SyncSession } from "./session.ts";
import { isEntitlementListingWanted, isGrantListingWanted } from "./skip-rules.ts";
import type { NewSyncAction } from "./sync-state.ts";
import type { SyncAction } from "./sync-token.ts";

/** Stores the connector's resource types, those selected if some are. */
export async function listResourceTypes(session: SyncSession, action: SyncAction): Promise<void> {
  session.enter("resource types");
  await readListing(session, action, {
    what: "listing resource types",
    fetch: (pageToken, signal) => fetchResourceTypes(session, pageToken, signal),
    store: ({ list }) => {
      const types = list.filter(({ id }) => id !== "");
      session.drops.invalidResourceTypes += list.length - types.length;
      storeResourceTypes(
        session,
        types.filter(({ id }) => session.isSelected(id)),
      );
    },
  });
  const unknown = session.scope.resourceTypes.filter((id) => !session.types.has(id));
  if (unknown.length > 0) {
    throw new BatonError(
      Code.InvalidArgument,
      `the connector has no resource type ${unknown.join(", ")}; correct --sync-resource-types`,
    );
  }
}

export function fetchResourceTypes(session: SyncSession, pageToken: string, signal: AbortSignal) {
  const { activeSyncId } = session;
  const request = { parent: undefined, pageSize: 0, pageToken, annotations: [], activeSyncId };
  return session.client.listResourceTypes(request, signal);
}

function storeResourceTypes(session: SyncSession, types: readonly ResourceType[]): void {
  session.writer.putResourceTypes(types);
  for (const type of types) session.types.set(type.id, type);
  session.countRows("resourceTypes", types.length);
}

/** Schedules one listing per stored type; those below a parent follow from the resources found. */
export function planResources(session: SyncSession, action: SyncAction): void {
  session.state.push(
    ...[...session.types.keys()].reverse().map((resourceTypeId) => ({
      operation: "list-resources" as const,
      resourceTypeId,
      parentResourceTypeId: action.parentResourceTypeId,
      parentResourceId: action.parentResourceId,
    })),
  );
  session.state.finish(action);
}

/** Reads the resources of one type, without a parent or below one. */
export async function listResources(
  session: SyncSession,
  action: SyncAction,
  children: ChildListings,
): Promise<void> {
  session.enter("resources");
  const { resourceTypeId, parentResourceTypeId, parentResourceId } = action;
  const parent =
    parentResourceId === ""
      ? undefined
      : ResourceId.fromPartial({ resourceType: parentResourceTypeId, resource: parentResourceId });
  const below = parent === undefined ? "" : ` below ${formatResourceKey(parent)}`;
  await readListing(session, action, {
    what: `listing resources of type ${resourceTypeId}${below}`,
    fetch: (pageToken, signal) =>
      session.client.listResources(
        {
          resourceTypeId,
          parentResourceId: parent,
          pageSize: 0,
          pageToken,
          annotations: [],
          activeSyncId: session.activeSyncId,
          trait: Trait.TRAIT_UNSPECIFIED,
        },
        signal,
      ),
    store: ({ list }) => {
      const found: NewSyncAction[] = [];
      const stored = session.writer.putResources(takeResources(session, list, children, found));
      session.countRows("resources", stored);
      session.state.push(...found);
    },
  });
}

/** The resources that belong into the sync, one by one; the listings below them are added to `found`. */
function* takeResources(
  session: SyncSession,
  list: Iterable<Resource | EncodedResource>,
  children: ChildListings,
  found: NewSyncAction[],
): Generator<Resource | EncodedResource, void> {
  for (const resource of list) {
    if (!acceptResource(session, resource)) continue;
    if (hasAnnotation(resource.annotations, "ChildResourceType"))
      found.push(...children.plan(session, resource));
    yield resource;
  }
}

/**
 * Whether a resource belongs into the sync. What is left out is counted.
 *
 * @throws BatonError if storing the rest without it would hide a mistake of the connector.
 */
export function acceptResource(session: SyncSession, resource: Resource | EncodedResource): boolean {
  const { id } = resource;
  if (id === undefined || id.resourceType === "" || id.resource === "") {
    session.drops.invalidResources += 1;
    return false;
  }
  if (hasAnnotation(resource.annotations, "BatonID")) {
    throw contractViolation(
      `resource ${formatResourceKey(id)} carries a BatonID annotation, which is reserved for hosts`,
    );
  }
  const type = session.types.get(id.resourceType);
  if (type === undefined) {
    if (session.isSelected(id.resourceType)) {
      throw contractViolation(
        `resource ${formatResourceKey(id)} is of a type that the connector has not declared`,
      );
    }
    session.drops.unselectedResources += 1;
    return false;
  }
  const missing = findMissingTrait(type.traits, resource.annotations);
  if (missing !== undefined) {
    throw contractViolation(`resource ${formatResourceKey(id)} lacks the ${missing} that its type declares`);
  }
  return true;
}

/** Which listings below a parent were scheduled: each once, however often its parent is listed. */
export class ChildListings {
  readonly #planned = new Set<string>();

  plan(session: SyncSession, resource: Resource | EncodedResource): NewSyncAction[] {
    const parent = resource.id;
    if (parent === undefined) return [];
    return findAnnotations(resource.annotations, "ChildResourceType")
      .map(({ resourceTypeId }) => resourceTypeId)
      .filter((resourceTypeId) => session.isSelected(resourceTypeId))
      .filter((resourceTypeId) =>
        this.#isNew(JSON.stringify([resourceTypeId, parent.resourceType, parent.resource])),
      )
      .map((resourceTypeId) => ({
        operation: "list-resources",
        resourceTypeId,
        parentResourceTypeId: parent.resourceType,
        parentResourceId: parent.resource,
      }));
  }

  #isNew(key: string): boolean {
    const isNew = !this.#planned.has(key);
    this.#planned.add(key);
    return isNew;
  }
}

/** Reads one requested resource and schedules what belongs to it. One that is gone is counted and reported. */
export async function syncTarget(
  session: SyncSession,
  action: SyncAction,
  children: ChildListings,
): Promise<void> {
  session.enter("resources");
  const resource = await fetchResource(session, action);
  if (resource === undefined) {
    session.drops.missingTargets += 1;
    session.ctx.log.warn("a requested resource does not exist or cannot be read one by one", {
      resource: formatResourceKey({ resourceType: action.resourceTypeId, resource: action.resourceId }),
    });
    session.state.finish(action);
    return;
  }
  session.state.finish(action);
  if (!acceptResource(session, resource)) return;
  session.writer.putResources([resource]);
  session.countRows("resources", 1);
  const { resourceTypeId, resourceId } = action;
  if (isGrantListingWanted(session, resource)) {
    session.state.push({ operation: "list-grants", resourceTypeId, resourceId });
  }
  if (isEntitlementListingWanted(session, resource)) {
    session.state.push({ operation: "list-entitlements", resourceTypeId, resourceId });
  }
  session.state.push(...children.plan(session, resource));
}

/** A single resource, or undefined if the connector does not have it or cannot read single ones. */
export async function fetchResource(
  session: SyncSession,
  target: Pick<SyncAction, "resourceTypeId" | "resourceId" | "parentResourceTypeId" | "parentResourceId">,
): Promise<Resource | undefined> {
  const toId = (resourceType: string, resource: string) =>
    resource === "" ? undefined : ResourceId.fromPartial({ resourceType, resource });
  const request = {
    resourceId: toId(target.resourceTypeId, target.resourceId),
    parentResourceId: toId(target.parentResourceTypeId, target.parentResourceId),
    annotations: [],
    activeSyncId: session.activeSyncId,
  };
  const what = `reading resource ${target.resourceTypeId}:${target.resourceId}`;
  try {
    return (await session.call(what, (signal) => session.client.getResource(request, signal))).resource;
  } catch (thrown) {
    session.ctx.signal.throwIfAborted();
    const error = toBatonError(thrown);
    if (error.code === Code.NotFound || error.code === Code.Unimplemented) return undefined;
    throw error;
  }
}
