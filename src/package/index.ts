/**
 * `baton-connector-sdk`: what connectors are written with. {@link defineConnector} makes a connector from a short
 * description, and {@link run} makes a program from it. The test kit is in `baton-connector-sdk/testing`; one level
 * below, the messages of the connector contract are in `baton-connector-sdk/wire`.
 */

export { choice, flag, integer, list, secret, text, url } from "#define/declare-settings.ts";
export { defineConnector } from "#define/define-connector.ts";
export type {
  Change,
  ChangeResult,
  EntitlementSet,
  KnownResource,
} from "#define/resource-types.ts";
export type { ResourceFields, ResourceRef, UserFields } from "#define/rows.ts";
export type { Credentials } from "#http/credentials.ts";
export { JsonApi } from "#http/json-api.ts";
export { nested, PageBag, type PageState } from "#http/page-bag.ts";
export {
  cursor,
  linkHeader,
  offset,
  onePage,
  type PageQuery,
  type Pager,
  pageNumber,
  type RowPage,
} from "#http/paging.ts";
export { type ApiPath, path } from "#http/path.ts";
export type { CallContext } from "#kernel/context.ts";
export { BatonError, Code } from "#kernel/errors.ts";
export { Secret } from "#kernel/secret.ts";
export type { SecretSource } from "#kernel/secret-source.ts";
export { refuseGrant } from "#model/grant.ts";
export { run } from "./run-program.ts";
