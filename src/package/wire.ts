/**
 * `baton-connector-sdk/wire`: one level below `defineConnector`, the messages of the connector contract, for what it cannot
 * express: annotations, rows that are encoded as they are read, entitlements that differ from resource to resource.
 *
 * `type.wire((client) => syncer)` puts a {@link ResourceSyncer} among the types of a connector; a whole
 * {@link ConnectorDefinition} can be written by hand as well.
 */

export type { Command, Invocation, Program } from "#cli/command.ts";
export type { ConfigOf, Field, FieldSet } from "#config/field.ts";
export { ActionType, makeActionSchema } from "#model/action.ts";
export {
  type AnnotationMessages,
  type AnnotationName,
  type Any,
  packAnnotation,
} from "#model/annotations.ts";
export { Limit } from "#model/contract-limits.ts";
export { type Entitlement, type EntitlementOptions, makeEntitlement, Purpose } from "#model/entitlement.ts";
export { type Grant, type GrantOptions, makeGrant } from "#model/grant.ts";
export { makeEntitlementId, makeGrantId, makeResourceId, type ResourceId } from "#model/ids.ts";
export {
  AccountType,
  makeResource,
  makeResourceType,
  makeTraitResource,
  type Resource,
  type ResourceOptions,
  ResourceStatus,
  type ResourceType,
  type ResourceTypeOptions,
  Trait,
} from "#model/resource.ts";
export { EncodedUser, encodeUsers, makeUser, type UserOptions } from "#model/user.ts";
export type {
  Action,
  Annotated,
  Connector,
  ConnectorDefinition,
  ConnectorSettings,
  EventFeed,
  ListedResource,
  Page,
  PageRequest,
  ResourceSyncer,
} from "#runtime/connector.ts";
