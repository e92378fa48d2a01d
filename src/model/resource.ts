import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { AssetRef } from "#gen/c1/connector/v2/asset.ts";
import {
  Resource,
  Resource_CreationSource,
  type ResourceId,
  ResourceType,
  ResourceType_Trait,
  Status_ResourceStatus,
} from "#gen/c1/connector/v2/resource.ts";
import { UserTrait, UserTrait_AccountType, UserTrait_Status_Status } from "#gen/c1/connector/v2/traits.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { packAnnotation, packAny } from "./annotations.ts";
import { Limit } from "./limits.ts";
import { canonicalStruct, type Struct } from "./struct.ts";
import { toWellFormed, truncateUtf8, utf8Length } from "./text.ts";
import { toTimestamp } from "./timestamp.ts";

export {
  AssetRef,
  Resource,
  ResourceType,
  ResourceType_Trait as Trait,
  Status_ResourceStatus as ResourceStatus,
  UserTrait_AccountType as AccountType,
};

export interface ResourceTypeOptions {
  readonly id: string;
  readonly displayName: string;
  readonly description?: string;
  readonly traits?: readonly ResourceType_Trait[];
  readonly annotations?: readonly Any[];
}

export function makeResourceType(options: ResourceTypeOptions): ResourceType {
  return ResourceType.fromPartial({
    id: options.id,
    displayName: truncateUtf8(options.displayName, Limit.resourceTypeDisplayName),
    description: truncateUtf8(options.description ?? "", Limit.resourceTypeDescription),
    traits: [...(options.traits ?? [])],
    annotations: [...(options.annotations ?? [])],
  });
}

export interface ResourceStatusOptions {
  readonly status: Status_ResourceStatus;
  /** One line that says why. */
  readonly details?: string;
}

export interface ResourceOptions {
  readonly resourceType: string;
  readonly id: string;
  readonly displayName: string;
  readonly description?: string;
  readonly parent?: ResourceId;
  readonly profile?: Struct;
  readonly status?: ResourceStatusOptions;
  /** Epoch milliseconds. */
  readonly createdAt?: number;
  /** The trait first, by custom; then whatever else there is to say. */
  readonly annotations?: readonly Any[];
}

/**
 * A resource. Texts are made well-formed and cut to the contract's limits, ids never: two could become one.
 *
 * @throws BatonError FailedPrecondition if the id is empty, too long or not well-formed.
 */
export function makeResource(options: ResourceOptions): Resource {
  return {
    id: { resourceType: options.resourceType, resource: checkedId(options), batonResource: false },
    parentResourceId: options.parent,
    displayName: truncateUtf8(options.displayName, Limit.resourceDisplayName),
    description: truncateUtf8(options.description ?? "", Limit.resourceDescription),
    batonResource: false,
    externalId: undefined,
    creationSource: Resource_CreationSource.CREATION_SOURCE_UNSPECIFIED,
    profile: options.profile && canonicalStruct(options.profile),
    icon: undefined,
    status: options.status && {
      status: options.status.status,
      details: truncateUtf8(options.status.details ?? "", Limit.statusDetails),
    },
    createdAt: options.createdAt === undefined ? undefined : toTimestamp(options.createdAt),
    annotations: [...(options.annotations ?? [])],
  };
}

export interface UserOptions extends Omit<ResourceOptions, "status"> {
  readonly status: ResourceStatusOptions;
  /** Addresses, the primary one first. */
  readonly emails?: readonly string[];
  readonly login?: string;
  readonly loginAliases?: readonly string[];
  /** HUMAN if absent. */
  readonly accountType?: UserTrait_AccountType;
  readonly employeeIds?: readonly string[];
  /** Epoch milliseconds. */
  readonly lastLogin?: number;
}

/**
 * A user. Status, profile and creation time stand on the resource, where readers of today look, and once
 * more in the trait, whose own fields are deprecated but are all that older readers know.
 *
 * @throws BatonError as {@link makeResource}.
 */
export function makeUser(options: UserOptions): Resource {
  return makeUserWith(new BinaryWriter(), options);
}

/** The same for many users, in less time. */
export function makeUsers(users: readonly UserOptions[]): Resource[] {
  const writer = new BinaryWriter();
  return users.map((options) => makeUserWith(writer, options));
}

function makeUserWith(writer: BinaryWriter, options: UserOptions): Resource {
  const resource = makeResource(options);
  const trait: UserTrait = {
    emails: (options.emails ?? [])
      .filter(Boolean)
      .map((address, index) => ({ address: toWellFormed(address), isPrimary: index === 0 })),
    status: { status: TRAIT_STATUS[options.status.status], details: resource.status?.details ?? "" },
    profile: resource.profile,
    icon: undefined,
    accountType: options.accountType ?? UserTrait_AccountType.ACCOUNT_TYPE_HUMAN,
    login: toWellFormed(options.login ?? ""),
    loginAliases: (options.loginAliases ?? []).map(toWellFormed),
    createdAt: resource.createdAt,
    lastLogin: options.lastLogin === undefined ? undefined : toTimestamp(options.lastLogin),
    mfaStatus: undefined,
    ssoStatus: undefined,
    structuredName: undefined,
    employeeIds: (options.employeeIds ?? []).map(toWellFormed),
  };
  resource.annotations.unshift(packAny("c1.connector.v2.UserTrait", UserTrait, trait, writer));
  return resource;
}

/** Traits whose deprecated `profile` repeats that of the resource. */
export interface ProfileTraits {
  readonly GroupTrait: { readonly groupSourceType?: string; readonly rawGroupSourceType?: string };
  readonly RoleTrait: Record<never, never>;
  readonly AppTrait: {
    readonly helpUrl?: string;
    readonly appSourceType?: string;
    readonly rawAppSourceType?: string;
  };
}

/**
 * A group, role or app: a resource with the trait its type declares.
 *
 * @throws BatonError as {@link makeResource}.
 */
export function makeTraitResource<Name extends keyof ProfileTraits>(
  traitName: Name,
  options: ResourceOptions & { readonly trait?: ProfileTraits[Name] },
): Resource {
  const resource = makeResource(options);
  const profile = resource.profile === undefined ? {} : { profile: resource.profile };
  const trait = packAnnotation<keyof ProfileTraits>(traitName, { ...options.trait, ...profile });
  return { ...resource, annotations: [trait, ...resource.annotations] };
}

const TRAIT_STATUS = {
  [Status_ResourceStatus.RESOURCE_STATUS_UNSPECIFIED]: UserTrait_Status_Status.STATUS_UNSPECIFIED,
  [Status_ResourceStatus.RESOURCE_STATUS_ENABLED]: UserTrait_Status_Status.STATUS_ENABLED,
  [Status_ResourceStatus.RESOURCE_STATUS_DISABLED]: UserTrait_Status_Status.STATUS_DISABLED,
  [Status_ResourceStatus.RESOURCE_STATUS_DELETED]: UserTrait_Status_Status.STATUS_DELETED,
  [Status_ResourceStatus.UNRECOGNIZED]: UserTrait_Status_Status.UNRECOGNIZED,
} as const;

function checkedId({ resourceType, id }: ResourceOptions): string {
  if (id === "") throw unusableId(resourceType, "is empty");
  if (!id.isWellFormed())
    throw unusableId(resourceType, "contains half of a surrogate pair and so has no UTF-8 form");
  if (utf8Length(id) > Limit.id) throw unusableId(resourceType, `is longer than ${Limit.id} bytes`);
  return id;
}

function unusableId(resourceType: string, problem: string): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `the id of a resource of type "${resourceType}" ${problem}; the sync stops rather than leave the resource out`,
  );
}
