import type { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import type { SyncSession } from "./session.ts";
import type { SyncAction } from "./sync-token.ts";

/** Stored resources scheduled at a time: enough for many workers, few enough for a small checkpoint. */
const BATCH = 500;

export interface StoredWalk {
  isTypeScoped(type: ResourceType): boolean;
  mayList(type: ResourceType): boolean;
  isWanted(resource: Resource): boolean;
}

/**
 * One step of the root action of the entitlement or grant phase: puts a listing on the stack for each of the
 * next stored resources that want one. The cursor is a row number of the file, as in Go hosts.
 */
export function planStoredResources(session: SyncSession, action: SyncAction, walk: StoredWalk): void {
  const { state, reader, types } = session;
  const { operation } = action;
  let root = action;
  if (!root.typeScopedPlanned) {
    const scoped = [...types.values()].filter((type) => walk.isTypeScoped(type));
    // The mark makes the position unreadable for older hosts, so it is set only where it says something.
    if (scoped.length > 0) root = state.markTypeScopedPlanned(root);
    state.push(...scoped.map(({ id }) => ({ operation, resourceTypeId: id, typeScoped: true })));
  }
  const resourceTypeIds = [...types.values()].filter((type) => walk.mayList(type)).map(({ id }) => id);
  if (resourceTypeIds.length === 0) {
    state.finish(root);
    return;
  }
  const cursor = readCursor(root.pageToken);
  const { items, next } = reader.listResources({ resourceTypeIds }, { cursor, limit: BATCH });
  state.push(
    ...items
      .filter((resource) => walk.isWanted(resource))
      .reverse()
      .map(({ id }) => ({
        operation,
        resourceTypeId: id?.resourceType ?? "",
        resourceId: id?.resource ?? "",
      })),
  );
  if (next === undefined) state.finish(root);
  else state.advance(root, String(next));
}

/** A cursor that is not a row number comes from a host with another storage: the walk starts over. */
function readCursor(pageToken: string): number | undefined {
  return /^\d+$/u.test(pageToken) ? Number(pageToken) : undefined;
}
