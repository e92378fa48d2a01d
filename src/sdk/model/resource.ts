import { AssetRef } from "#gen/c1/connector/v2/asset.ts";
import {
  Resource,
  Resource_CreationSource,
  type ResourceId,
  ResourceType,
  ResourceType_Trait,
  Status_ResourceStatus,
} from "#gen/c1/connector/v2/resource.ts";
import { UserTrait_AccountType } from "#gen/c1/connector/v2/traits.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { packAnnotation } from "./annotations.ts";
import { Limit } from "./contract-limits.ts";
import { canonicalStruct, type Struct } from "./struct.ts";
import { toTimestamp } from "./timestamp.ts";
import { exceedsUtf8, truncateUtf8 } from "./utf8.ts";

export {
  AssetRef,
  /**
   * Anything that has access or to which there is access; {@link makeResource} and its siblings make it.
   *
   * @example
   * const idOf = (resource: Resource) => resource.id?.resource ?? "";
   */
  Resource,
  /**
   * A kind of resource; {@link makeResourceType} makes it.
   *
   * @example
   * const isUserType = ({ traits }: ResourceType) => traits.includes(Trait.TRAIT_USER);
   */
  ResourceType,
  /**
   * What hosts take the resources of a type for.
   *
   * @example
   * const users = makeResourceType({ id: "user", displayName: "User", traits: [Trait.TRAIT_USER] });
   */
  ResourceType_Trait as Trait,
  /**
   * Whether a resource is in use; `UNSPECIFIED` if the upstream does not say.
   *
   * @example
   * const status = row.active ? ResourceStatus.RESOURCE_STATUS_ENABLED : ResourceStatus.RESOURCE_STATUS_DISABLED;
   */
  Status_ResourceStatus as ResourceStatus,
  /**
   * Who is behind the account of a user: a person, a program or the system itself.
   *
   * @example
   * const accountType = row.robot ? AccountType.ACCOUNT_TYPE_SERVICE : AccountType.ACCOUNT_TYPE_HUMAN;
   */
  UserTrait_AccountType as AccountType,
};

/**
 * What {@link makeResourceType} makes a type from.
 *
 * @example
 * const team: ResourceTypeOptions = { id: "team", displayName: "Team", traits: [Trait.TRAIT_GROUP] };
 */
export interface ResourceTypeOptions {
  readonly id: string;
  readonly displayName: string;
  readonly description?: string;
  readonly traits?: readonly ResourceType_Trait[];
  readonly annotations?: readonly Any[];
}

/**
 * A type of resources. Texts are cut to the contract's limits.
 *
 * @example
 * const team = makeResourceType({ id: "team", displayName: "Team", traits: [Trait.TRAIT_GROUP] });
 */
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

/**
 * What {@link makeResource} makes a resource from.
 *
 * @example
 * const toProject = (row: Project): ResourceOptions => {
 *   return { resourceType: "project", id: row.id, displayName: row.title, profile: { public: row.public } };
 * };
 */
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
 *
 * @example
 * const project = makeResource({ resourceType: "project", id: row.id, displayName: row.title });
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
 *
 * @example
 * const team = makeTraitResource("GroupTrait", { resourceType: "team", id: row.id, displayName: row.title });
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

/**
 * The id, which is never changed.
 *
 * @throws BatonError as {@link makeResource}.
 */
export function checkedId({ resourceType, id }: Pick<ResourceOptions, "resourceType" | "id">): string {
  if (id === "") throw unusableId(resourceType, "is empty");
  if (!id.isWellFormed())
    throw unusableId(resourceType, "contains an unpaired surrogate, which UTF-8 cannot encode");
  if (exceedsUtf8(id, Limit.id)) throw unusableId(resourceType, `is longer than ${Limit.id} bytes`);
  return id;
}

function unusableId(resourceType: string, problem: string): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `the id of a resource of type "${resourceType}" ${problem}; the sync stops rather than leave the resource out`,
  );
}
