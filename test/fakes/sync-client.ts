import { ConnectorServiceValidateResponse } from "#gen/c1/connector/v2/connector.ts";
import {
  type Entitlement,
  EntitlementsServiceListEntitlementsResponse,
  EntitlementsServiceListStaticEntitlementsResponse,
} from "#gen/c1/connector/v2/entitlement.ts";
import { type Grant, GrantsServiceListGrantsResponse } from "#gen/c1/connector/v2/grant.ts";
import {
  type Resource,
  ResourceGetterServiceGetResourceResponse,
  ResourcesServiceListResourcesResponse,
  type ResourceType,
  ResourceTypesServiceListResourceTypesResponse,
} from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { SyncClient } from "#sync/sync-client.ts";

/** What the fake connector answers a listing with: one entry per page. Keys are described at each field. */
export interface FakePage<T> {
  readonly items?: readonly T[];
  readonly annotations?: readonly Any[];
  /** Token of the next page, if it is not simply the number of the next entry. */
  readonly next?: string;
}

export interface FakeData {
  sdkVersion?: string;
  types: ResourceType[];
  /** By `<type>` or `<type> below <parent type>:<parent id>`. */
  resources?: Record<string, FakePage<Resource>[]>;
  /** By resource type. */
  staticEntitlements?: Record<string, FakePage<Entitlement>[]>;
  /** By `<type>:<id>`; by `<type>` for a whole type. */
  entitlements?: Record<string, FakePage<Entitlement>[]>;
  grants?: Record<string, FakePage<Grant>[]>;
}

/** A connector in this process: plain data, a list of the calls it got, and a hook to misbehave. */
export class FakeSyncClient implements SyncClient {
  readonly data: FakeData;
  /** `<method> <subject> <page token>`, trimmed. */
  readonly calls: string[] = [];
  /** Runs before each answer; what it throws is the answer. */
  before: (call: string, signal: AbortSignal) => Promise<void> | void = () => undefined;

  constructor(data: FakeData) {
    this.data = data;
  }

  readonly validate: SyncClient["validate"] = async (_request, signal) => {
    await this.#record("validate", signal);
    return ConnectorServiceValidateResponse.fromPartial({ sdkVersion: this.data.sdkVersion ?? "v0.25.0" });
  };

  readonly listResourceTypes: SyncClient["listResourceTypes"] = async ({ pageToken }, signal) => {
    await this.#record(`types ${pageToken}`, signal);
    return ResourceTypesServiceListResourceTypesResponse.fromPartial({ list: this.data.types });
  };

  readonly listResources: SyncClient["listResources"] = async (request, signal) => {
    const { resourceTypeId, parentResourceId: parent, pageToken } = request;
    const key = parent ? `${resourceTypeId} below ${parent.resourceType}:${parent.resource}` : resourceTypeId;
    await this.#record(`resources ${key} ${pageToken}`, signal);
    return ResourcesServiceListResourcesResponse.fromPartial(page(this.data.resources?.[key], pageToken));
  };

  readonly getResource: SyncClient["getResource"] = async ({ resourceId }, signal) => {
    const key = `${resourceId?.resourceType}:${resourceId?.resource}`;
    await this.#record(`get ${key}`, signal);
    const all = Object.values(this.data.resources ?? {}).flatMap((pages) =>
      pages.flatMap(({ items }) => items ?? []),
    );
    const resource = all.find(({ id }) => `${id?.resourceType}:${id?.resource}` === key);
    if (resource === undefined) throw new BatonError(Code.NotFound, `no ${key}`);
    return ResourceGetterServiceGetResourceResponse.fromPartial({ resource });
  };

  readonly listStaticEntitlements: SyncClient["listStaticEntitlements"] = async (request, signal) => {
    const { resourceTypeId, pageToken } = request;
    await this.#record(`static ${resourceTypeId} ${pageToken}`, signal);
    return EntitlementsServiceListStaticEntitlementsResponse.fromPartial(
      page(this.data.staticEntitlements?.[resourceTypeId], pageToken),
    );
  };

  readonly listEntitlements: SyncClient["listEntitlements"] = async (request, signal) => {
    const key = subjectOf(request);
    await this.#record(`entitlements ${key} ${request.pageToken}`, signal);
    return EntitlementsServiceListEntitlementsResponse.fromPartial(
      page(this.data.entitlements?.[key], request.pageToken),
    );
  };

  readonly listGrants: SyncClient["listGrants"] = async (request, signal) => {
    const key = subjectOf(request);
    await this.#record(`grants ${key} ${request.pageToken}`, signal);
    return GrantsServiceListGrantsResponse.fromPartial(page(this.data.grants?.[key], request.pageToken));
  };

  readonly cleanup: SyncClient["cleanup"] = async ({ activeSyncId }, signal) => {
    await this.#record(`cleanup ${activeSyncId === "" ? "" : "with id"}`, signal);
  };

  async #record(call: string, signal: AbortSignal): Promise<void> {
    this.calls.push(call.trim());
    await this.before(call.trim(), signal);
  }
}

function subjectOf({
  resource,
  annotations,
}: {
  resource: Resource | undefined;
  annotations: Any[];
}): string {
  const { resourceType = "", resource: id = "" } = resource?.id ?? {};
  return annotations.length > 0 ? resourceType : `${resourceType}:${id}`;
}

function page<T>(pages: readonly FakePage<T>[] = [], pageToken: string) {
  const index = pageToken === "" ? 0 : Number(pageToken.replace(/\D/gu, ""));
  const { items = [], annotations = [], next } = pages[index] ?? {};
  const nextPageToken = next ?? (index + 1 < pages.length ? String(index + 1) : "");
  return { list: [...items], annotations: [...annotations], nextPageToken };
}
