import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import { findAnnotation, hasAnnotation, packAnnotation, withAnnotation } from "#model/annotations.ts";
import { makeEntitlementId } from "#model/ids.ts";
import { everyItem } from "#store/reader.ts";
import { readListing } from "./listing.ts";
import { openSubject } from "./listing-subject.ts";
import type { SyncSession } from "./session.ts";
import { isEntitlementListingWanted, isLeftOut, mayListEntitlements } from "./skip-rules.ts";
import type { SpawnedCursors } from "./spawned-cursors.ts";
import { planStoredResources } from "./stored-walk.ts";
import type { SyncAction } from "./sync-token.ts";

/** Instances of static entitlements stored together. */
const INSTANCE_BATCH = 1_000;

/** Schedules the static entitlements of every stored type. */
export function planStaticEntitlements(session: SyncSession, action: SyncAction): void {
  session.state.push(
    ...[...session.types.keys()]
      .reverse()
      .map((resourceTypeId) => ({ operation: "list-static-entitlements" as const, resourceTypeId })),
  );
  session.state.finish(action);
}

/** Reads the entitlements that every resource of a type has, and stores them for each of its resources. */
export async function listStaticEntitlements(session: SyncSession, action: SyncAction): Promise<void> {
  session.enter("static entitlements");
  const { resourceTypeId } = action;
  await readListing(session, action, {
    what: `listing static entitlements of type ${resourceTypeId}`,
    fetch: (pageToken, signal) =>
      session.client.listStaticEntitlements(
        { resourceTypeId, pageSize: 0, pageToken, annotations: [], activeSyncId: session.activeSyncId },
        signal,
      ),
    store: ({ list }) => {
      if (list.length === 0) return;
      let batch: Entitlement[] = [];
      for (const resource of everyItem((page) => session.reader.listResources({ resourceTypeId }, page))) {
        batch.push(...list.map((template) => instantiate(template, resource)));
        if (batch.length < INSTANCE_BATCH) continue;
        store(session, batch);
        batch = [];
      }
      store(session, batch);
    },
  });
}

/** The entitlement of one resource that a static one stands for. */
function instantiate(template: Entitlement, resource: Resource): Entitlement {
  const { slug, grantableTo, purpose } = template;
  const id = resource.id ?? { resourceType: "", resource: "" };
  return Entitlement.fromPartial({
    id: makeEntitlementId(id, slug),
    resource,
    slug,
    displayName: template.displayName || resource.displayName,
    description: template.description || resource.description,
    grantableTo,
    purpose,
    annotations: scopeExclusionGroup(template, id.resource),
  });
}

/** An exclusion group that each resource has for itself gets the resource's id into its name. */
function scopeExclusionGroup({ annotations }: Entitlement, resourceId: string) {
  const group = findAnnotation(annotations, "EntitlementExclusionGroup");
  if (group?.scopeToResource !== true) return annotations;
  const exclusionGroupId = `${group.exclusionGroupId}-${resourceId}`;
  return withAnnotation(
    annotations,
    packAnnotation("EntitlementExclusionGroup", { ...group, exclusionGroupId }),
  );
}

/** One step of scheduling the entitlement listings of stored resources. */
export function planEntitlements(session: SyncSession, action: SyncAction): void {
  session.enter("entitlements");
  planStoredResources(session, action, {
    isTypeScoped: (type) => hasAnnotation(type.annotations, "TypeScopedEntitlements"),
    mayList: (type) => mayListEntitlements(session, type),
    isWanted: (resource) => isEntitlementListingWanted(session, resource),
  });
}

/** Reads the entitlements of one resource, or of a whole type. */
export async function listEntitlements(
  session: SyncSession,
  action: SyncAction,
  cursors: SpawnedCursors,
): Promise<void> {
  const subject = openSubject(session, action, "TypeScopedEntitlements");
  if (subject === undefined) return;
  await readListing(session, action, {
    what: `listing entitlements of ${subject.name}`,
    fetch: (pageToken, signal) => session.client.listEntitlements(subject.request(pageToken), signal),
    store: ({ list, annotations: facts, nextPageToken }) => {
      store(
        session,
        list.filter((entitlement) => acceptEntitlement(session, entitlement)),
      );
      cursors.schedule(session, action, facts, nextPageToken);
    },
  });
}

function acceptEntitlement(session: SyncSession, { id, resource }: Entitlement): boolean {
  const owner = resource?.id;
  if (owner !== undefined && isLeftOut(session, owner)) {
    session.drops.entitlementsOfUnsyncedTypes += 1;
    return false;
  }
  if (id === "" || owner === undefined || owner.resourceType === "" || owner.resource === "") {
    session.drops.invalidEntitlements += 1;
    return false;
  }
  return true;
}

function store(session: SyncSession, entitlements: readonly Entitlement[]): void {
  session.writer.putEntitlements(entitlements);
  session.countRows("entitlements", entitlements.length);
}
