import type {
  ConnectorServiceCleanupRequest,
  ConnectorServiceValidateRequest,
  ConnectorServiceValidateResponse,
} from "#gen/c1/connector/v2/connector.ts";
import type {
  EntitlementsServiceListEntitlementsRequest,
  EntitlementsServiceListEntitlementsResponse,
  EntitlementsServiceListStaticEntitlementsRequest,
  EntitlementsServiceListStaticEntitlementsResponse,
} from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant, GrantsServiceListGrantsRequest } from "#gen/c1/connector/v2/grant.ts";
import type {
  Resource,
  ResourceGetterServiceGetResourceRequest,
  ResourceGetterServiceGetResourceResponse,
  ResourcesServiceListResourcesRequest,
  ResourceTypesServiceListResourceTypesRequest,
  ResourceTypesServiceListResourceTypesResponse,
} from "#gen/c1/connector/v2/resource.ts";
import type { EncodedGrant, EncodedPage, EncodedResource } from "#model/encoded-rows.ts";

type Call<Request, Response> = (request: Request, signal: AbortSignal) => Promise<Response>;

/**
 * The connector as a sync sees it. Calls reject with a `BatonError` that carries the connector's gRPC code,
 * or with the signal's reason once that is aborted.
 */
export interface SyncClient {
  readonly validate: Call<ConnectorServiceValidateRequest, ConnectorServiceValidateResponse>;
  readonly listResourceTypes: Call<
    ResourceTypesServiceListResourceTypesRequest,
    ResourceTypesServiceListResourceTypesResponse
  >;
  readonly listResources: Call<ResourcesServiceListResourcesRequest, EncodedPage<Resource | EncodedResource>>;
  readonly getResource: Call<
    ResourceGetterServiceGetResourceRequest,
    ResourceGetterServiceGetResourceResponse
  >;
  readonly listStaticEntitlements: Call<
    EntitlementsServiceListStaticEntitlementsRequest,
    EntitlementsServiceListStaticEntitlementsResponse
  >;
  readonly listEntitlements: Call<
    EntitlementsServiceListEntitlementsRequest,
    EntitlementsServiceListEntitlementsResponse
  >;
  readonly listGrants: Call<GrantsServiceListGrantsRequest, EncodedPage<Grant | EncodedGrant>>;
  readonly cleanup: Call<ConnectorServiceCleanupRequest, unknown>;
}
