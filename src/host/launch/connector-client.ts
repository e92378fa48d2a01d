import { ConnectorServiceService } from "#gen/c1/connector/v2/connector.ts";
import { EntitlementsServiceService } from "#gen/c1/connector/v2/entitlement.ts";
import { GrantManagerServiceService, GrantsServiceService } from "#gen/c1/connector/v2/grant.ts";
import {
  AccountManagerServiceService,
  CredentialManagerServiceService,
  ResourceGetterServiceService,
  ResourceManagerServiceService,
  ResourcesServiceService,
  ResourceTypesServiceService,
} from "#gen/c1/connector/v2/resource.ts";
import { decodeGrantPage, decodeResourcePage } from "#model/encoded-rows.ts";
import type { UnaryCaller } from "./calls.ts";

/** What a sync calls, and what changes one thing at a time. */
export type ConnectorClient = ReturnType<typeof createConnectorClient>;

export function createConnectorClient(channel: UnaryCaller) {
  return {
    getMetadata: channel.unary(ConnectorServiceService.getMetadata),
    validate: channel.unary(ConnectorServiceService.validate),
    cleanup: channel.unary(ConnectorServiceService.cleanup),

    listResourceTypes: channel.unary(ResourceTypesServiceService.listResourceTypes),
    listResources: channel.unary({
      ...ResourcesServiceService.listResources,
      responseDeserialize: decodeResourcePage,
    }),
    getResource: channel.unary(ResourceGetterServiceService.getResource),
    listEntitlements: channel.unary(EntitlementsServiceService.listEntitlements),
    listStaticEntitlements: channel.unary(EntitlementsServiceService.listStaticEntitlements),
    listGrants: channel.unary({ ...GrantsServiceService.listGrants, responseDeserialize: decodeGrantPage }),

    grant: channel.unary(GrantManagerServiceService.grant),
    revoke: channel.unary(GrantManagerServiceService.revoke),
    createResource: channel.unary(ResourceManagerServiceService.createResource),
    deleteResource: channel.unary(ResourceManagerServiceService.deleteResource),
    createAccount: channel.unary(AccountManagerServiceService.createAccount),
    rotateCredential: channel.unary(CredentialManagerServiceService.rotateCredential),
    issueCredential: channel.unary(CredentialManagerServiceService.issueCredential),
  };
}
