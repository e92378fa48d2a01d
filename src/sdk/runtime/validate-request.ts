import type { InvokeActionRequest } from "#gen/c1/connector/v2/action.ts";
import type { AssetServiceGetAssetRequest } from "#gen/c1/connector/v2/asset.ts";
import type { ConnectorServiceCleanupRequest } from "#gen/c1/connector/v2/connector.ts";
import type {
  EntitlementsServiceListEntitlementsRequest,
  EntitlementsServiceListStaticEntitlementsRequest,
} from "#gen/c1/connector/v2/entitlement.ts";
import type { ListEventsRequest } from "#gen/c1/connector/v2/event_feed.ts";
import type {
  GrantManagerServiceGrantRequest,
  GrantManagerServiceRevokeRequest,
  GrantsServiceListGrantsRequest,
} from "#gen/c1/connector/v2/grant.ts";
import type {
  CreateAccountRequest,
  CreateResourceRequest,
  DeleteResourceRequest,
  DeleteResourceV2Request,
  IssueCredentialRequest,
  ResourceGetterServiceGetResourceRequest,
  ResourcesServiceListResourcesRequest,
  ResourceTypesServiceListResourceTypesRequest,
  RotateCredentialRequest,
} from "#gen/c1/connector/v2/resource.ts";
import type {
  TicketsServiceBulkCreateTicketsRequest,
  TicketsServiceCreateTicketRequest,
  TicketsServiceListTicketSchemasRequest,
} from "#gen/c1/connector/v2/ticket.ts";
import type { DoRequest, ReportRequest } from "#gen/c1/ratelimit/v1/ratelimit.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { Limit } from "#model/contract-limits.ts";
import {
  allOf,
  atMost,
  bytes,
  each,
  type FieldRule,
  field,
  matches,
  messageRules,
  nested,
  optionalBytes,
  required,
} from "./request-checks.ts";
import * as rules from "./request-rules.ts";

/** What the four listings of a sync have in common. */
const paging = [
  field("pageSize", atMost(Limit.requestedPageSize)),
  field("pageToken", optionalBytes(Limit.pageToken)),
  field("activeSyncId", optionalBytes(Limit.activeSyncId)),
];

const createTicketFields = [field("request", nested(rules.ticketRequest))];
const createTicket = messageRules<TicketsServiceCreateTicketRequest>(
  "TicketsServiceCreateTicketRequest",
  createTicketFields,
);

const resourceAndParent = [
  field("resourceId", nested(rules.resourceId)),
  field("parentResourceId", nested(rules.resourceId)),
];

const LIMITER_PACKAGE = "c1.ratelimit.v1";

type RequestCheck = readonly [typeName: string, check: (request: object) => string | undefined];

/**
 * The request message called `name` in the package of the connector services. That a value has the type its
 * name says is granted by the generated service definition, which decoded it.
 */
function request<Request extends object>(
  name: string,
  fields: readonly FieldRule<Request>[],
  packageName = "c1.connector.v2",
): RequestCheck {
  const { check } = messageRules(name, fields);
  return [`${packageName}.${name}`, (message) => check(message as Request)];
}

/** Every request of every service a connector serves, those without rules included. */
const CHECKS: ReadonlyMap<string, RequestCheck[1]> = new Map([
  request("ConnectorServiceGetMetadataRequest", []),
  request("ConnectorServiceValidateRequest", []),
  request<ConnectorServiceCleanupRequest>("ConnectorServiceCleanupRequest", [
    field("activeSyncId", optionalBytes(Limit.activeSyncId)),
  ]),

  request<ResourceTypesServiceListResourceTypesRequest>("ResourceTypesServiceListResourceTypesRequest", [
    field("parent", nested(rules.resource)),
    ...paging,
  ]),
  request<ResourcesServiceListResourcesRequest>("ResourcesServiceListResourcesRequest", [
    field("resourceTypeId", rules.id),
    field("parentResourceId", nested(rules.resourceId)),
    ...paging,
  ]),
  request<ResourceGetterServiceGetResourceRequest>("ResourceGetterServiceGetResourceRequest", [
    ...resourceAndParent,
    field("activeSyncId", optionalBytes(Limit.activeSyncId)),
  ]),
  request<EntitlementsServiceListEntitlementsRequest>("EntitlementsServiceListEntitlementsRequest", [
    field("resource", nested(rules.resource)),
    ...paging,
  ]),
  request<EntitlementsServiceListStaticEntitlementsRequest>(
    "EntitlementsServiceListStaticEntitlementsRequest",
    [field("resourceTypeId", rules.id), ...paging],
  ),
  request<GrantsServiceListGrantsRequest>("GrantsServiceListGrantsRequest", [
    field("resource", required),
    field("resource", nested(rules.resource)),
    ...paging,
  ]),

  request<GrantManagerServiceGrantRequest>("GrantManagerServiceGrantRequest", [
    field("entitlement", required),
    field("entitlement", nested(rules.entitlement)),
    field("principal", required),
    field("principal", nested(rules.resource)),
  ]),
  request<GrantManagerServiceRevokeRequest>("GrantManagerServiceRevokeRequest", [
    field("grant", required),
    field("grant", nested(rules.grant)),
  ]),
  request<CreateResourceRequest>("CreateResourceRequest", [field("resource", nested(rules.resource))]),
  request<DeleteResourceRequest>("DeleteResourceRequest", resourceAndParent),
  request<DeleteResourceV2Request>("DeleteResourceV2Request", resourceAndParent),
  request<CreateAccountRequest>("CreateAccountRequest", [
    field("accountInfo", nested(rules.accountInfo)),
    field("credentialOptions", nested(rules.credentialOptions)),
    field("encryptionConfigs", each(nested(rules.encryptionConfig))),
    field("resourceTypeId", optionalBytes(Limit.id)),
  ]),
  request<RotateCredentialRequest>("RotateCredentialRequest", [
    field("resourceId", nested(rules.resourceId)),
    field("credentialOptions", nested(rules.credentialOptions)),
    field("encryptionConfigs", each(nested(rules.encryptionConfig))),
  ]),
  request<IssueCredentialRequest>("IssueCredentialRequest", [
    field("identityId", nested(rules.resourceId)),
    field("credentialOptions", nested(rules.credentialIssueOptions)),
    field("encryptionConfigs", each(nested(rules.encryptionConfig))),
    field("requestId", allOf(bytes(1, 128), matches(/^[A-Za-z0-9_-]+$/))),
  ]),

  request<AssetServiceGetAssetRequest>("AssetServiceGetAssetRequest", [
    field("asset", required),
    field("asset", nested(rules.assetRef)),
  ]),
  request<ListEventsRequest>("ListEventsRequest", [
    field("cursor", optionalBytes(Limit.eventCursor)),
    field("pageSize", atMost(Limit.requestedEventPageSize)),
    field("eventFeedId", optionalBytes(Limit.id)),
  ]),
  request("ListEventFeedsRequest", []),
  request<InvokeActionRequest>("InvokeActionRequest", [field("inlineWait", rules.inlineWait)]),
  request("GetActionStatusRequest", []),
  request("GetActionSchemaRequest", []),
  request("ListActionSchemasRequest", []),

  request<TicketsServiceCreateTicketRequest>("TicketsServiceCreateTicketRequest", createTicketFields),
  request<TicketsServiceBulkCreateTicketsRequest>("TicketsServiceBulkCreateTicketsRequest", [
    field("ticketRequests", each(nested(createTicket))),
  ]),
  request<TicketsServiceListTicketSchemasRequest>("TicketsServiceListTicketSchemasRequest", [
    field("pageSize", atMost(Limit.requestedPageSize)),
    field("pageToken", optionalBytes(Limit.ticketPageToken)),
  ]),
  request("TicketsServiceGetTicketRequest", []),
  request("TicketsServiceBulkGetTicketsRequest", []),
  request("TicketsServiceGetTicketSchemaRequest", []),

  request<DoRequest>("DoRequest", [field("descriptors", nested(rules.limiterDescriptors))], LIMITER_PACKAGE),
  request<ReportRequest>(
    "ReportRequest",
    [field("descriptors", nested(rules.limiterDescriptors))],
    LIMITER_PACKAGE,
  ),
]);

/** The full names of the requests that {@link validateRequest} knows. */
export const REQUEST_TYPES: readonly string[] = [...CHECKS.keys()];

/**
 * Whether a decoded request of the type `typeName` (full message name) keeps the rules of the contract.
 *
 * @returns InvalidArgument for the first rule it breaks, in the form
 *   `invalid <Message>.<Field>: <reason>`, causes in nested messages after ` | caused by: `; Internal if the
 *   type is not a request of a connector service.
 */
export function validateRequest(typeName: string, message: object): BatonError | undefined {
  const check = CHECKS.get(typeName);
  if (check === undefined) {
    return new BatonError(Code.Internal, `there are no validation rules for the request type ${typeName}`);
  }
  return toInvalidArgument(check(message));
}

/** The error for what a check found, if it found something. */
export function toInvalidArgument(problem: string | undefined): BatonError | undefined {
  return problem === undefined ? undefined : new BatonError(Code.InvalidArgument, problem);
}
