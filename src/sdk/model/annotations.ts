import { BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  Aliases,
  BatonID,
  ChildResourceType,
  type DeepPartial,
  EnqueuePageTokens,
  EntitlementExclusionGroup,
  EntitlementImmutable,
  ExternalLink,
  ExternalResourceMatch,
  ExternalResourceMatchAll,
  ExternalResourceMatchID,
  ExternalTicketRef,
  ExternalTicketSettings,
  GrantAlreadyExists,
  GrantAlreadyRevoked,
  GrantExpandable,
  GrantImmutable,
  GrantMetadata,
  GrantReplaced,
  InsertResourceGrants,
  type MessageFns,
  RateLimitDescription,
  RateLimitWaitReport,
  RawId,
  RequestId,
  ResourceDeleted,
  ResourceDoesNotExist,
  SessionStoreUsage,
  SkipEntitlements,
  SkipEntitlementsAndGrants,
  SkipGrants,
  TypeScopedEntitlements,
  TypeScopedGrants,
  V1Identifier,
} from "#gen/c1/connector/v2/annotations.ts";
import {
  CapabilityPermissions,
  Deprecated,
  OptInRequired,
  SkipSyncAnomalyDetection,
} from "#gen/c1/connector/v2/connector.ts";
import {
  AgentTrait,
  AppTrait,
  GroupTrait,
  LicenseProfileTrait,
  ManagedDeviceTrait,
  NonHumanIdentityTrait,
  RoleTrait,
  ScopeBindingTrait,
  SecretTrait,
  SecurityInsightTrait,
  UserTrait,
  VendorAgreementTrait,
  VendorTrait,
} from "#gen/c1/connector/v2/traits.ts";
import { Any } from "#gen/google/protobuf/any.ts";
import { canonicalBytes, typeNameOf } from "./canonical.ts";

export {
  /**
   * A packed message, as annotations are; {@link packAnnotation} makes it.
   *
   * @example
   * const annotations: Any[] = [packAnnotation("EntitlementImmutable")];
   */
  Any,
};

const PACKAGE_PREFIX = "c1.connector.v2.";
const TYPE_URL_PREFIX = "type.googleapis.com/";

/** Every annotation this program reads or writes, under its name in the package `c1.connector.v2`. */
const codecs = {
  AgentTrait,
  Aliases,
  AppTrait,
  BatonID,
  CapabilityPermissions,
  ChildResourceType,
  Deprecated,
  EnqueuePageTokens,
  EntitlementExclusionGroup,
  EntitlementImmutable,
  ExternalLink,
  ExternalResourceMatch,
  ExternalResourceMatchAll,
  ExternalResourceMatchID,
  ExternalTicketRef,
  ExternalTicketSettings,
  GrantAlreadyExists,
  GrantAlreadyRevoked,
  GrantExpandable,
  GrantImmutable,
  GrantMetadata,
  GrantReplaced,
  GroupTrait,
  InsertResourceGrants,
  LicenseProfileTrait,
  ManagedDeviceTrait,
  NonHumanIdentityTrait,
  OptInRequired,
  RateLimitDescription,
  RateLimitWaitReport,
  RawId,
  RequestId,
  ResourceDeleted,
  ResourceDoesNotExist,
  RoleTrait,
  ScopeBindingTrait,
  SecretTrait,
  SecurityInsightTrait,
  SessionStoreUsage,
  SkipEntitlements,
  SkipEntitlementsAndGrants,
  SkipGrants,
  SkipSyncAnomalyDetection,
  TypeScopedEntitlements,
  TypeScopedGrants,
  UserTrait,
  V1Identifier,
  VendorAgreementTrait,
  VendorTrait,
};

/**
 * The message behind each annotation name.
 *
 * @example
 * const toSlugs = ({ entitlementIds }: AnnotationMessages["GrantExpandable"]) =>
 *   entitlementIds.map((id) => id.slice(id.lastIndexOf(":") + 1));
 */
export type AnnotationMessages = {
  [Name in keyof typeof codecs]: ReturnType<(typeof codecs)[Name]["decode"]>;
};
/**
 * The name of an annotation in the package `c1.connector.v2`.
 *
 * @example
 * const already: AnnotationName = "GrantAlreadyExists";
 */
export type AnnotationName = keyof AnnotationMessages;

const CODECS: { readonly [Name in AnnotationName]: MessageFns<AnnotationMessages[Name]> } = codecs;

/** The names of {@link AnnotationMessages}, for tools that go through all of them. */
export const ANNOTATION_NAMES: readonly string[] = Object.keys(CODECS);

/**
 * Packs an annotation in canonical form; without `fields` its mere presence is the message.
 *
 * @example
 * const expand = packAnnotation("GrantExpandable", { entitlementIds: ["team:7:member"], shallow: true });
 */
export function packAnnotation<Name extends AnnotationName>(
  name: Name,
  fields: DeepPartial<AnnotationMessages[Name]>,
): Any;
export function packAnnotation(name: AnnotationName): Any;
export function packAnnotation<Name extends AnnotationName>(
  name: Name,
  fields?: DeepPartial<AnnotationMessages[Name]>,
): Any {
  const codec = CODECS[name];
  return packAny(
    PACKAGE_PREFIX + name,
    codec,
    fields === undefined ? codec.create() : codec.fromPartial(fields),
  );
}

/**
 * Packs a message of any package, for example the details of a status, in canonical form.
 *
 * @param writer an unused one; a caller that packs thousands of messages passes the same one each time, so that its
 *   memory is there already
 */
export function packAny<T>(
  typeName: string,
  codec: Pick<MessageFns<T>, "encode">,
  message: T,
  writer = new BinaryWriter(),
): Any {
  const value = canonicalBytes(typeName, codec.encode(message, writer).finish());
  return {
    typeUrl: TYPE_URL_PREFIX + typeName,
    value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  };
}

/**
 * The first annotation of this type, decoded; undefined if there is none.
 *
 * @throws Error if its bytes are not a valid message.
 */
export function findAnnotation<Name extends AnnotationName>(
  annotations: readonly Any[],
  name: Name,
): AnnotationMessages[Name] | undefined {
  const found = annotations.find((annotation) => isAnnotation(annotation, name));
  return found === undefined ? undefined : CODECS[name].decode(found.value);
}

/** All annotations of this type, decoded. One per type is usual; `ChildResourceType` is the exception. */
export function findAnnotations<Name extends AnnotationName>(
  annotations: readonly Any[],
  name: Name,
): AnnotationMessages[Name][] {
  return annotations
    .filter((annotation) => isAnnotation(annotation, name))
    .map((annotation) => CODECS[name].decode(annotation.value));
}

/** Whether there is one of this type; the type is all that is looked at. */
export function hasAnnotation(annotations: readonly Pick<Any, "typeUrl">[], name: AnnotationName): boolean {
  return annotations.some((annotation) => isAnnotation(annotation, name));
}

/** A copy of the list in which `annotation` takes the place of the first one of its type, or comes last. */
export function withAnnotation(annotations: readonly Any[], annotation: Any): Any[] {
  const typeName = typeNameOf(annotation.typeUrl);
  const index = annotations.findIndex(({ typeUrl }) => typeNameOf(typeUrl) === typeName);
  return index < 0 ? [...annotations, annotation] : annotations.with(index, annotation);
}

/** The name is the whole type URL, or what follows its last slash. */
function isAnnotation({ typeUrl }: Pick<Any, "typeUrl">, name: AnnotationName): boolean {
  const prefixLength = typeUrl.length - name.length - PACKAGE_PREFIX.length;
  return (
    typeUrl.endsWith(name) &&
    typeUrl.startsWith(PACKAGE_PREFIX, prefixLength) &&
    (prefixLength === 0 || typeUrl[prefixLength - 1] === "/")
  );
}
