import {
  type Entitlement,
  EntitlementsServiceService as Entitlements,
} from "#gen/c1/connector/v2/entitlement.ts";
import { GrantsServiceService as Grants } from "#gen/c1/connector/v2/grant.ts";
import {
  type Resource,
  ResourceGetterServiceService as ResourceGetter,
  ResourcesServiceService as Resources,
  ResourceTypesServiceService as ResourceTypes,
} from "#gen/c1/connector/v2/resource.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type AnnotationName, type Any, hasAnnotation } from "#model/annotations.ts";
import { requireField, withPrefix } from "../call-errors.ts";
import type { ListedResource, Page, PageRequest, ResourceSyncer } from "../connector.ts";
import {
  checkEntitlements,
  checkGrants,
  checkResource,
  checkResources,
  checkStaticEntitlements,
  checkToken,
} from "../page-guard.ts";
import type { Registry } from "../registry.ts";
import { encodeResourcePage } from "../resource-page.ts";
import { type Endpoint, unary } from "../unary.ts";

const EMPTY_PAGE: Page<never> = { items: [], nextPageToken: "" };

/** The services through which a host reads: types, resources, entitlements and grants. */
export function syncEndpoints(registry: Registry): Endpoint[] {
  return [
    unary(ResourceTypes.listResourceTypes, async () => {
      // One page always: a Go host that is restricted to some types cannot follow a second one.
      const list = [...registry.resourceTypes];
      if (list.length > 0) return { list, nextPageToken: "", annotations: [] };
      throw new BatonError(Code.FailedPrecondition, "this connector has no resource types");
    }),

    unary({ ...Resources.listResources, responseSerialize: encodeResourcePage }, async (request, ctx) => {
      const syncer = registry.syncer(request.resourceTypeId);
      const page = await withPrefix("error: listing resources failed", () =>
        listResources(syncer, request, ctx),
      );
      checkToken(`resources of type "${request.resourceTypeId}"`, request.pageToken, page);
      checkResources(page.items, registry);
      return page;
    }),

    unary(ResourceGetter.getResource, async (request, ctx) => {
      const id = requireField(request.resourceId, "resource id");
      const syncer = registry.findSyncer(id.resourceType);
      const get = syncer?.get?.bind(syncer);
      if (get === undefined) {
        throw new BatonError(
          Code.Unimplemented,
          `resources of type "${id.resourceType}" cannot be read one by one`,
        );
      }
      const found = await withPrefix("error: get resource failed", () =>
        get(id, request.parentResourceId, ctx),
      );
      if (found === undefined) {
        throw new BatonError(Code.NotFound, `there is no ${id.resourceType} "${id.resource}"`);
      }
      checkResource(found.resource, registry);
      return { resource: found.resource, annotations: found.annotations ?? [] };
    }),

    unary(Entitlements.listEntitlements, async (request, ctx) => {
      const { resource, syncer } = locate(registry, request.resource);
      const typeScoped = isTypeScoped(syncer, request.annotations, "TypeScopedEntitlements");
      const page: Page<Entitlement> = await withPrefix(
        "error: listing entitlements failed",
        async () =>
          syncer.entitlements?.(resource, { ...pageRequest(request), typeScoped }, ctx) ?? EMPTY_PAGE,
      );
      checkToken(`entitlements of ${nameOf(resource)}`, request.pageToken, page);
      checkEntitlements(page.items);
      return toResponse(page);
    }),

    unary(Entitlements.listStaticEntitlements, async (request, ctx) => {
      const syncer = registry.syncer(request.resourceTypeId);
      const page: Page<Entitlement> = await withPrefix(
        "error: listing static entitlements failed",
        async () => syncer.staticEntitlements?.(pageRequest(request), ctx) ?? EMPTY_PAGE,
      );
      checkToken(`static entitlements of type "${request.resourceTypeId}"`, request.pageToken, page);
      checkStaticEntitlements(page.items);
      return toResponse(page);
    }),

    unary(Grants.listGrants, async (request, ctx) => {
      const { resource, syncer } = locate(registry, request.resource);
      const typeScoped = isTypeScoped(syncer, request.annotations, "TypeScopedGrants");
      const name = nameOf(resource);
      const page = await withPrefix(
        `error: listing grants for resource ${name} failed`,
        async () => syncer.grants?.(resource, { ...pageRequest(request), typeScoped }, ctx) ?? EMPTY_PAGE,
      );
      checkToken(`grants of ${name}`, request.pageToken, page);
      checkGrants(page.items);
      return toResponse(page);
    }),
  ];
}

interface ListRequest {
  readonly pageSize: number;
  readonly pageToken: string;
  readonly activeSyncId: string;
}

function pageRequest({ pageSize, pageToken, activeSyncId }: ListRequest): PageRequest {
  return { pageSize, pageToken, activeSyncId };
}

/**
 * Lists resources, except that a listing without parent never ends with NotFound: hosts take that for a
 * warning and finish the sync without the resources. What vanished can only be something below a parent.
 */
export async function listResources(
  syncer: ResourceSyncer,
  request: ListRequest & { readonly parentResourceId: Resource["id"] },
  ctx: CallContext,
): Promise<Page<ListedResource>> {
  const parent = request.parentResourceId;
  try {
    return await syncer.list(parent, pageRequest(request), ctx);
  } catch (error) {
    if (parent !== undefined || !(error instanceof BatonError) || error.code !== Code.NotFound) throw error;
    throw new BatonError(Code.FailedPrecondition, error.message, { cause: error, kind: error.kind });
  }
}

function locate(registry: Registry, resource: Resource | undefined) {
  const known = requireField(resource, "resource");
  const id = requireField(known.id, "resource id");
  return { resource: known, syncer: registry.syncer(id.resourceType) };
}

function isTypeScoped(syncer: ResourceSyncer, annotations: readonly Any[], name: AnnotationName): boolean {
  if (!hasAnnotation(annotations, name)) return false;
  const { id, annotations: offered } = syncer.resourceType;
  if (hasAnnotation(offered, name)) return true;
  throw new BatonError(Code.InvalidArgument, `resource type "${id}" does not offer ${name}`);
}

function nameOf({ id }: Resource): string {
  return `${id?.resourceType ?? ""}/${id?.resource ?? ""}`;
}

function toResponse<T>({ items, nextPageToken, annotations }: Page<T>) {
  return { list: items, nextPageToken, annotations: annotations ?? [] };
}
