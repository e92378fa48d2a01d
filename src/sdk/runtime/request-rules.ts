import type { AssetRef } from "#gen/c1/connector/v2/asset.ts";
import { type Entitlement, Entitlement_PurposeValue } from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import {
  type AccountInfo,
  type AccountInfo_Email,
  type CredentialIssueOptions,
  type CredentialIssueOptions_Keypair,
  type CredentialOptions,
  type CredentialOptions_EncryptedPassword,
  type CredentialOptions_RandomPassword,
  type EncryptionConfig,
  type EncryptionConfig_AgeRecipientConfig,
  type KeyGenerationProfile,
  type Resource,
  type ResourceId,
  type ResourceType,
  ResourceType_Trait,
  type Status,
  Status_ResourceStatus,
} from "#gen/c1/connector/v2/resource.ts";
import type { TicketRequest } from "#gen/c1/connector/v2/ticket.ts";
import type { RateLimitDescriptors, RateLimitDescriptors_Entry } from "#gen/c1/ratelimit/v1/ratelimit.ts";
import type { Duration } from "#gen/google/protobuf/duration.ts";
import { Limit } from "#model/contract-limits.ts";
import {
  allOf,
  between,
  bytes,
  type Check,
  definedEnum,
  each,
  email,
  field,
  messageRules,
  nested,
  notEmpty,
  notEmptyList,
  optionalBytes,
  required,
  uniqueItems,
} from "./request-checks.ts";

/**
 * Rules of the messages that requests carry. A host sends back what a connector listed, so they also bind
 * what a connector may list. Annotations and structs are not looked into.
 */

export const id = bytes(1, Limit.id);

export const resourceId = messageRules<ResourceId>("ResourceId", [
  field("resourceType", id),
  field("resource", id),
]);

export const assetRef = messageRules<AssetRef>("AssetRef", [field("id", id)]);

const status = messageRules<Status>("Status", [
  field("status", definedEnum(Status_ResourceStatus)),
  field("details", optionalBytes(Limit.statusDetails)),
]);

export const resource = messageRules<Resource>("Resource", [
  field("id", nested(resourceId)),
  field("parentResourceId", nested(resourceId)),
  field("displayName", optionalBytes(Limit.resourceDisplayName)),
  field("description", optionalBytes(Limit.resourceDescription)),
  field("icon", nested(assetRef)),
  field("status", nested(status)),
]);

const resourceType = messageRules<ResourceType>("ResourceType", [
  field("id", id),
  field("displayName", optionalBytes(Limit.resourceTypeDisplayName)),
  field("traits", allOf<readonly number[]>(uniqueItems, each(definedEnum(ResourceType_Trait)))),
  field("description", optionalBytes(Limit.resourceTypeDescription)),
]);

export const entitlement = messageRules<Entitlement>("Entitlement", [
  field("resource", required),
  field("resource", nested(resource)),
  field("id", id),
  field("displayName", optionalBytes(Limit.entitlementDisplayName)),
  field("description", optionalBytes(Limit.entitlementDescription)),
  field("grantableTo", each(nested(resourceType))),
  field("purpose", definedEnum(Entitlement_PurposeValue)),
]);

export const grant = messageRules<Grant>("Grant", [
  field("entitlement", required),
  field("entitlement", nested(entitlement)),
  field("principal", required),
  field("principal", nested(resource)),
  field("id", id),
]);

const ageRecipient = messageRules<EncryptionConfig_AgeRecipientConfig>(
  "EncryptionConfig_AgeRecipientConfig",
  [field("recipient", bytes(1, 4096))],
);
const nestedAgeRecipient = nested(ageRecipient);

export const encryptionConfig = messageRules<EncryptionConfig>("EncryptionConfig", [
  field("principal", nested(resource)),
  ({ config }) =>
    config?.$case === "ageRecipientConfig" ? nestedAgeRecipient(config.value, config.$case) : undefined,
]);

const randomPassword = nested(
  messageRules<CredentialOptions_RandomPassword>("CredentialOptions_RandomPassword", [
    field("length", between(8n, 64n)),
  ]),
);
const encryptedPassword = nested(
  messageRules<CredentialOptions_EncryptedPassword>("CredentialOptions_EncryptedPassword", [
    field("encryptedPasswords", notEmptyList),
  ]),
);

export const credentialOptions = messageRules<CredentialOptions>("CredentialOptions", [
  ({ options }) => {
    if (options?.$case === "randomPassword") return randomPassword(options.value, options.$case);
    if (options?.$case === "encryptedPassword") return encryptedPassword(options.value, options.$case);
    return undefined;
  },
]);

const curve = bytes(0, 64);

const keyGenerationProfile = messageRules<KeyGenerationProfile>("KeyGenerationProfile", [
  field("kty", bytes(1, 32)),
  ({ parameters }) => (parameters?.$case === "crv" ? curve(parameters.value, parameters.$case) : undefined),
]);

const keypair = nested(
  messageRules<CredentialIssueOptions_Keypair>("CredentialIssueOptions_Keypair", [
    field("profile", nested(keyGenerationProfile)),
  ]),
);

export const credentialIssueOptions = messageRules<CredentialIssueOptions>("CredentialIssueOptions", [
  ({ options }) => (options?.$case === "keypair" ? keypair(options.value, options.$case) : undefined),
]);

const accountEmail = messageRules<AccountInfo_Email>("AccountInfo_Email", [field("address", email)]);

export const accountInfo = messageRules<AccountInfo>("AccountInfo", [
  field("emails", each(nested(accountEmail))),
]);

export const ticketRequest = messageRules<TicketRequest>("TicketRequest", [
  field("requestedFor", nested(resource)),
]);

const limiterEntry = messageRules<RateLimitDescriptors_Entry>("RateLimitDescriptors_Entry", [
  field("key", notEmpty),
  field("value", notEmpty),
]);

export const limiterDescriptors = messageRules<RateLimitDescriptors>("RateLimitDescriptors", [
  field("entries", notEmptyList),
  field("entries", each(nested(limiterEntry))),
]);

/** An action may be waited for up to a day. */
const MAX_INLINE_WAIT_SECONDS = 86_400n;

export const inlineWait: Check<Duration | undefined> = (wait) => {
  if (
    wait === undefined ||
    (wait.seconds >= 0n && wait.nanos >= 0 && !isLongerThan(wait, MAX_INLINE_WAIT_SECONDS))
  ) {
    return undefined;
  }
  return "InlineWait: value must be inside range [0s, 24h0m0s]";
};

function isLongerThan(duration: Duration, seconds: bigint): boolean {
  return duration.seconds > seconds || (duration.seconds === seconds && duration.nanos > 0);
}
