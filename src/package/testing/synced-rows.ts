import type { Resource, ResourceId } from "#gen/c1/connector/v2/resource.ts";
import { UserTrait } from "#gen/c1/connector/v2/traits.ts";
import { findAnnotation } from "#model/annotations.ts";
import { ResourceStatus } from "#model/resource.ts";
import { everyItem, type RecordReader } from "#store/reader.ts";

/**
 * What names a resource.
 *
 * @example
 * const ada: TypeAndId = { type: "user", id: "7" };
 */
export interface TypeAndId {
  readonly type: string;
  readonly id: string;
}

/**
 * A resource of a sync, without what few tests look at.
 *
 * @example
 * const isDisabled = ({ enabled }: SyncedResource) => enabled === false;
 * expect(resources.filter(isDisabled).map(({ login }) => login)).toEqual(["charles"]);
 */
export interface SyncedResource extends TypeAndId {
  readonly name: string;
  readonly description: string;
  readonly parent: TypeAndId | undefined;
  readonly profile: Readonly<Record<string, unknown>>;
  /** Undefined if the connector does not say. */
  readonly enabled: boolean | undefined;
  /** Empty unless it is a user. */
  readonly login: string;
  /** The primary address first; empty unless it is a user. */
  readonly emails: readonly string[];
}

/**
 * An entitlement of a sync.
 *
 * @example
 * const isForUsers = ({ grantableTo }: SyncedEntitlement) => grantableTo.includes("user");
 */
export interface SyncedEntitlement {
  readonly id: string;
  readonly slug: string;
  readonly on: TypeAndId;
  readonly name: string;
  /** Ids of the resource types that it can go to. */
  readonly grantableTo: readonly string[];
}

/**
 * A grant of a sync: who holds which entitlement.
 *
 * @example
 * const isDirect = ({ principal }: SyncedGrant) => principal.type === "user";
 */
export interface SyncedGrant {
  readonly id: string;
  /** Id of the entitlement. */
  readonly entitlement: string;
  readonly principal: TypeAndId;
}

/**
 * What a finished sync holds, each list in the order of ids: two syncs of an unchanged upstream are deeply equal.
 *
 * @example
 * const { grants }: SyncedRows = await host.sync();
 * expect(grants.map(({ entitlement }) => entitlement)).toContain("team:blue:member");
 */
export interface SyncedRows {
  readonly resourceTypes: readonly { readonly id: string; readonly name: string }[];
  readonly resources: readonly SyncedResource[];
  readonly entitlements: readonly SyncedEntitlement[];
  readonly grants: readonly SyncedGrant[];
  /** Every stored message in hexadecimal digits by kind and id, with all that the lists above leave out. */
  readonly encoded: Readonly<Record<string, string>>;
}

/** Reads all rows of a sync. */
export function readRows(reader: RecordReader): SyncedRows {
  const types = [...everyItem((page) => reader.listResourceTypes(page))];
  const resources = [...everyItem((page) => reader.listResources({}, page))];
  const entitlements = [...everyItem((page) => reader.listEntitlements({}, page))];
  const grants = [...everyItem((page) => reader.listGrants({}, page))];
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return {
    resourceTypes: types.map(({ id, displayName }) => ({ id, name: displayName })).sort(byId),
    resources: resources
      .map(toResource)
      .sort((a, b) => (a.type === b.type ? byId(a, b) : a.type < b.type ? -1 : 1)),
    entitlements: entitlements
      .map(({ id, slug, displayName, resource, grantableTo }) => ({
        id,
        slug,
        on: toKey(resource?.id),
        name: displayName,
        grantableTo: grantableTo.map((type) => type.id),
      }))
      .sort(byId),
    grants: grants
      .map(({ id, entitlement, principal }) => ({
        id,
        entitlement: entitlement?.id ?? "",
        principal: toKey(principal?.id),
      }))
      .sort(byId),
    encoded: Object.fromEntries(encodeRows(reader)),
  };
}

function* encodeRows(reader: RecordReader): Generator<[string, string]> {
  for (const kind of ["resourceTypes", "resources", "entitlements", "grants"] as const) {
    for (const { id, data } of reader.scan(kind)) {
      yield [`${kind} ${id}`, Buffer.from(data).toString("hex")];
    }
  }
}

function toKey(id: ResourceId | undefined): TypeAndId {
  return { type: id?.resourceType ?? "", id: id?.resource ?? "" };
}

function toResource(resource: Resource): SyncedResource {
  const { status, parentResourceId } = resource;
  const user = findAnnotation(resource.annotations, "UserTrait") ?? UserTrait.create();
  const emails = user.emails.toSorted((a, b) => Number(b.isPrimary) - Number(a.isPrimary));
  return {
    ...toKey(resource.id),
    name: resource.displayName,
    description: resource.description,
    parent: parentResourceId === undefined ? undefined : toKey(parentResourceId),
    profile: resource.profile ?? {},
    enabled: status === undefined ? undefined : status.status === ResourceStatus.RESOURCE_STATUS_ENABLED,
    login: user.login,
    emails: emails.map(({ address }) => address),
  };
}
