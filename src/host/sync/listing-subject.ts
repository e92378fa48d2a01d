import { Resource } from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { type AnnotationName, packAnnotation } from "#model/annotations.ts";
import { formatResourceKey } from "#model/ids.ts";
import type { SyncSession } from "./session.ts";
import type { SyncAction } from "./sync-token.ts";

/** The request for one page of what belongs to a resource, or to all resources of a type. */
export interface SubjectRequest {
  readonly resource: Resource;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly annotations: Any[];
  readonly activeSyncId: string;
}

/** What a listing of entitlements or grants is about. */
export interface ListingSubject {
  /** For messages. */
  readonly name: string;
  request(pageToken: string): SubjectRequest;
}

/**
 * The subject of `action`: the stored resource as a whole, or a stand-in for a whole type. A resource that is not
 * stored has nothing to list: the action is over, and undefined is returned.
 *
 * @param typeScopedBy tells the connector that it is asked for a whole type
 */
export function openSubject(
  session: SyncSession,
  action: SyncAction,
  typeScopedBy: AnnotationName,
): ListingSubject | undefined {
  const resource = findSubject(session, action);
  if (resource === undefined) {
    session.state.finish(action);
    return undefined;
  }
  const { activeSyncId } = session;
  const { typeScoped, resourceTypeId, resourceId } = action;
  const annotations = typeScoped ? [packAnnotation(typeScopedBy)] : [];
  return {
    name: typeScoped
      ? `type ${resourceTypeId}`
      : formatResourceKey({ resourceType: resourceTypeId, resource: resourceId }),
    request: (pageToken) => ({ resource, pageSize: 0, pageToken, annotations, activeSyncId }),
  };
}

function findSubject(session: SyncSession, action: SyncAction): Resource | undefined {
  const { resourceTypeId: resourceType, resourceId: resource } = action;
  if (action.typeScoped) return Resource.fromPartial({ id: { resourceType, resource: resourceType } });
  return session.reader.findResource({ resourceType, resource });
}
