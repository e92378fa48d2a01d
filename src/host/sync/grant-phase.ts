import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import {
  type AnnotationName,
  findAnnotation,
  hasAnnotation,
  packAnnotation,
  withAnnotation,
} from "#model/annotations.ts";
import { decodeGrant, type EncodedGrant, type EncodedResource } from "#model/encoded-rows.ts";
import { formatResourceKey, makeGrantId, type ResourceKeyParts } from "#model/ids.ts";
import { readListing } from "./listing.ts";
import { openSubject } from "./listing-subject.ts";
import { acceptResource, fetchResource } from "./resource-phase.ts";
import { contractViolation, type SyncSession } from "./session.ts";
import { isGrantListingWanted, isLeftOut, mayListGrants } from "./skip-rules.ts";
import type { SpawnedCursors } from "./spawned-cursors.ts";
import { planStoredResources } from "./stored-walk.ts";
import type { SyncAction } from "./sync-token.ts";

/** Annotations of grants whose principal is to be found in another file. */
const EXTERNAL_PRINCIPAL: readonly AnnotationName[] = [
  "ExternalResourceMatch",
  "ExternalResourceMatchAll",
  "ExternalResourceMatchID",
];

/** One step of scheduling the grant listings of stored resources. */
export function planGrants(session: SyncSession, action: SyncAction): void {
  session.enter("grants");
  planStoredResources(session, action, {
    isTypeScoped: (type) => hasAnnotation(type.annotations, "TypeScopedGrants"),
    mayList: (type) => mayListGrants(session, type),
    isWanted: (resource) => isGrantListingWanted(session, resource),
  });
}

/** Reads the grants of one resource, or of a whole type. */
export async function listGrants(
  session: SyncSession,
  action: SyncAction,
  cursors: SpawnedCursors,
): Promise<void> {
  const subject = openSubject(session, action, "TypeScopedGrants");
  if (subject === undefined) return;
  const what = `listing grants of ${subject.name}`;
  const related = new RelatedResources(session);
  await readListing(session, action, {
    what,
    fetch: async (pageToken, signal) => {
      const response = await session.client.listGrants(subject.request(pageToken), signal);
      await related.fetchFor(response.list);
      return response;
    },
    store: ({ list, annotations: facts, nextPageToken }) => {
      const insertsResources = hasAnnotation(facts, "InsertResourceGrants");
      const taken = takeGrants(session, list, insertsResources, what);
      const grants = insertsResources ? [...taken] : taken;
      related.store();
      if (insertsResources) storeEntitlementResources(session, grants);
      session.countRows("grants", session.writer.putGrants(grants));
      cursors.schedule(session, action, facts, nextPageToken);
    },
  });
}

/** The grants that belong into the sync, one by one and as they are to be stored. */
function* takeGrants(
  session: SyncSession,
  list: Iterable<Grant | EncodedGrant>,
  insertsResources: boolean,
  what: string,
): Generator<Grant | EncodedGrant, void> {
  for (const grant of list) {
    if (acceptGrant(session, grant, what))
      yield restrictExpansion(session, complete(grant, insertsResources));
  }
}

/**
 * Whether a grant belongs into the sync. What is left out is counted. As in Go hosts, a type that is not synced leaves
 * a grant out whatever else is wrong with it.
 *
 * @throws BatonError if it lacks its identity, which is a mistake of the connector
 */
function acceptGrant(session: SyncSession, grant: Grant | EncodedGrant, what: string): boolean {
  const resource = grant.entitlement?.resource?.id;
  const principal = grant.principal?.id;
  if (resource !== undefined && principal !== undefined) {
    if (isLeftOut(session, resource) || (isLeftOut(session, principal) && !hasExternalPrincipal(grant))) {
      session.drops.grantsOfUnsyncedTypes += 1;
      return false;
    }
  }
  if (!grant.entitlement?.id || !isComplete(resource) || !isComplete(principal)) {
    throw contractViolation(
      `${what} returned a grant that lacks its entitlement, that entitlement's resource or its principal`,
    );
  }
  return true;
}

function hasExternalPrincipal({ annotations }: Grant | EncodedGrant): boolean {
  return EXTERNAL_PRINCIPAL.some((name) => hasAnnotation(annotations, name));
}

function isComplete(id: ResourceKeyParts | undefined): id is ResourceKeyParts {
  return id !== undefined && id.resourceType !== "" && id.resource !== "";
}

/** A grant is identified by entitlement and principal; one that says no more gets the usual id. */
function complete(received: Grant | EncodedGrant, insertsResources: boolean): Grant | EncodedGrant {
  if (received.id !== "" && !insertsResources) return received;
  const grant = decodeGrant(received);
  const id =
    grant.id ||
    makeGrantId(grant.entitlement?.id ?? "", grant.principal?.id ?? { resourceType: "", resource: "" });
  const annotations = insertsResources
    ? withAnnotation(grant.annotations, packAnnotation("InsertResourceGrants"))
    : grant.annotations;
  return { ...grant, id, annotations };
}

/** Leaves in an expansion rule only the resource types that are synced; an empty list would mean all types. */
function restrictExpansion(session: SyncSession, received: Grant | EncodedGrant): Grant | EncodedGrant {
  if (!hasAnnotation(received.annotations, "GrantExpandable")) return received;
  const grant = decodeGrant(received);
  const rule = findAnnotation(grant.annotations, "GrantExpandable");
  if (rule === undefined) return grant;
  const { resourceTypeIds } = rule;
  const synced = session.isSnapshot ? resourceTypeIds.filter((id) => session.types.has(id)) : resourceTypeIds;
  if (resourceTypeIds.length > 0 && synced.length === 0) {
    session.drops.expansionsOfUnsyncedTypes += 1;
    const annotations = grant.annotations.filter(
      (annotation) => !hasAnnotation([annotation], "GrantExpandable"),
    );
    return { ...grant, annotations };
  }
  session.state.flags.needsExpansion = true;
  if (synced.length === resourceTypeIds.length) return grant;
  const restricted = packAnnotation("GrantExpandable", { ...rule, resourceTypeIds: synced });
  return { ...grant, annotations: withAnnotation(grant.annotations, restricted) };
}

/** For connectors that reveal resources only through grants on them. */
function storeEntitlementResources(session: SyncSession, grants: Iterable<Grant | EncodedGrant>): void {
  const resources = new Map<string, Resource | EncodedResource>();
  for (const { entitlement } of grants) {
    const resource = entitlement?.resource;
    if (resource?.id !== undefined) resources.set(formatResourceKey(resource.id), resource);
  }
  const accepted = [...resources.values()].filter((resource) => acceptResource(session, resource));
  session.writer.putResources(accepted);
  session.countRows("resources", accepted.length);
}

/** In a targeted sync, the resources that grants are about but that nobody asked for. */
class RelatedResources {
  readonly #session: SyncSession;
  readonly #seen = new Set<string>();
  #fetched: Resource[] = [];

  constructor(session: SyncSession) {
    this.#session = session;
  }

  async fetchFor(grants: Iterable<Grant | EncodedGrant>): Promise<void> {
    if (!this.#session.state.flags.shouldFetchRelatedResources) return;
    for (const { entitlement } of grants) {
      const id = entitlement?.resource?.id;
      if (!isComplete(id) || this.#seen.has(formatResourceKey(id))) continue;
      this.#seen.add(formatResourceKey(id));
      if (this.#session.reader.hasResource(id)) continue;
      const parent = entitlement?.resource?.parentResourceId;
      const resource = await fetchResource(this.#session, {
        resourceTypeId: id.resourceType,
        resourceId: id.resource,
        parentResourceTypeId: parent?.resourceType ?? "",
        parentResourceId: parent?.resource ?? "",
      });
      if (resource !== undefined) this.#fetched.push(resource);
    }
  }

  store(): void {
    const accepted = this.#fetched.filter((resource) => acceptResource(this.#session, resource));
    this.#session.writer.putResources(accepted);
    this.#session.countRows("resources", accepted.length);
    this.#fetched = [];
  }
}
