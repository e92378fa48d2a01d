import type { SpanAttributes } from "#kernel/trace.ts";

/** Where requests of the contract say which type of resources they are about. */
const RESOURCE_TYPE_PATHS = [
  ["resourceTypeId"],
  ["resource", "id", "resourceType"],
  ["resourceId", "resourceType"],
  ["entitlement", "resource", "id", "resourceType"],
  ["grant", "entitlement", "resource", "id", "resourceType"],
] as const;

/** Page tokens are as long as their connector wants; the beginning is enough to tell pages apart. */
const MAX_TOKEN_CHARACTERS = 200;

/** What a request is about, as spans show it: its resource type, and where in a listing it continues. */
export function requestAttributes(request: object): SpanAttributes {
  const type = RESOURCE_TYPE_PATHS.map((path) => follow(request, path)).find(isText);
  const token = follow(request, ["pageToken"]);
  return {
    ...(type === undefined ? {} : { "baton.resource_type": type }),
    ...(isText(token) ? { "baton.page_token": token.slice(0, MAX_TOKEN_CHARACTERS) } : {}),
  };
}

function follow(start: unknown, path: readonly string[]): unknown {
  let value = start;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
