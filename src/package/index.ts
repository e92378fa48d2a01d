/**
 * `baton-connector-sdk`: what connectors are written with and run with. What they are tested with is in
 * `baton-connector-sdk/testing`.
 */

export type { Command, Invocation, Program } from "#cli/command.ts";
export { main as run } from "#cli/program.ts";
export type { ConfigOf, Field, FieldSet } from "#config/field.ts";
export type { CallContext } from "#kernel/context.ts";
export { BatonError, type BatonErrorOptions, Code } from "#kernel/errors.ts";
export { Secret } from "#kernel/secret.ts";
export type {
  Action,
  Connector,
  ConnectorDefinition,
  ConnectorSettings,
  EventFeed,
  Page,
  PageRequest,
  ResourceSyncer,
} from "#runtime/connector.ts";
