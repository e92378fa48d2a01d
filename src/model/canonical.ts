import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Any } from "#gen/google/protobuf/any.ts";

/**
 * One form for one content. A Go connector packs annotations with their map entries in random order, and
 * JavaScript objects put integer-like keys first; readers that compare packed bytes then report changes
 * where nothing changed. Here map entries are put into the order of their keys' UTF-8 bytes, in the encoded
 * bytes, so that everything else, unknown fields and types included, stays as it was.
 */

/** What leads from a message to maps. */
type Shape =
  /** By field number: the full name of the message there. */
  | { readonly messages: Readonly<Record<number, string>> }
  /** A message whose one field, number 1, is a map with string keys to this message. */
  | { readonly mapOf: string };

const ANY = "google.protobuf.Any";
const STRUCT = "google.protobuf.Struct";
const VALUE = "google.protobuf.Value";
const LIST = "google.protobuf.ListValue";
const RESOURCE_TYPE = "c1.connector.v2.ResourceType";
const RESOURCE = "c1.connector.v2.Resource";
const ENTITLEMENT = "c1.connector.v2.Entitlement";
const GRANT_SOURCES = "c1.connector.v2.GrantSources";

/** Every message that a stored row or a packed annotation can lead to a map through; a test compares it with the contract. */
export const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  [STRUCT, { mapOf: VALUE }],
  [VALUE, { messages: { 5: STRUCT, 6: LIST } }],
  [LIST, { messages: { 1: VALUE } }],
  [RESOURCE_TYPE, { messages: { 4: ANY } }],
  [RESOURCE, { messages: { 4: ANY, 9: STRUCT } }],
  [ENTITLEMENT, { messages: { 1: RESOURCE, 5: RESOURCE_TYPE, 6: ANY } }],
  [GRANT_SOURCES, { mapOf: "c1.connector.v2.GrantSources.GrantSource" }],
  ["c1.connector.v2.Grant", { messages: { 1: ENTITLEMENT, 2: RESOURCE, 4: ANY, 5: GRANT_SOURCES } }],
  ["c1.connector.v2.UserTrait", { messages: { 3: STRUCT } }],
  ["c1.connector.v2.GroupTrait", { messages: { 2: STRUCT } }],
  ["c1.connector.v2.RoleTrait", { messages: { 1: STRUCT } }],
  ["c1.connector.v2.AppTrait", { messages: { 4: STRUCT } }],
  ["c1.connector.v2.SecretTrait", { messages: { 1: STRUCT } }],
  ["c1.connector.v2.AgentTrait", { messages: { 3: STRUCT } }],
  ["c1.connector.v2.EntitlementImmutable", { messages: { 2: STRUCT } }],
  ["c1.connector.v2.ETagMetadata", { messages: { 1: STRUCT } }],
  ["c1.connector.v2.GrantMetadata", { messages: { 1: STRUCT } }],
  ["c1.connector.v2.GrantImmutable", { messages: { 2: STRUCT } }],
]);

/** Nesting beyond this stays as it is; decoders refuse it anyway. */
const MAX_DEPTH = 100;

/** The full message name in a type URL: what follows the last slash. */
export function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

/**
 * The canonical form of an encoded message of type `typeName` (full name), packed annotations included.
 * Returns `bytes` itself when it is canonical already, its type unknown, or when it is no valid message.
 */
export function canonicalBytes(typeName: string, bytes: Uint8Array): Uint8Array {
  return rewriteMessage(typeName, bytes, 0) ?? bytes;
}

/** The annotation with its payload in canonical form; the same object if nothing has to change. */
export function canonicalAny(any: Any): Any {
  const value = rewriteMessage(typeNameOf(any.typeUrl), any.value, 0);
  return value === undefined ? any : { ...any, value };
}

/** The rewritten message, or undefined if it can stay as it is. So do the functions below. */
function rewriteMessage(typeName: string, bytes: Uint8Array, depth: number): Buffer | undefined {
  if (bytes.length === 0 || depth > MAX_DEPTH) return undefined;
  if (typeName === ANY) return rewriteAny(bytes, depth);
  const shape = SHAPES.get(typeName);
  if (shape === undefined) return undefined;
  return "mapOf" in shape
    ? rewriteMap(shape.mapOf, bytes, depth)
    : rewriteFields(shape.messages, bytes, depth);
}

function rewriteFields(messages: Readonly<Record<number, string>>, bytes: Uint8Array, depth: number) {
  const fields = splitFields(bytes);
  if (fields === undefined) return undefined;
  let changed = false;
  const chunks = fields.map((field) => {
    const typeName = field.payload === undefined ? undefined : messages[field.number];
    const rewritten = typeName && field.payload && rewriteMessage(typeName, field.payload, depth + 1);
    if (!rewritten) return field.whole;
    changed = true;
    return encodeField(field.number, rewritten);
  });
  return changed ? Buffer.concat(chunks) : undefined;
}

function rewriteAny(bytes: Uint8Array, depth: number): Buffer | undefined {
  const fields = splitFields(bytes);
  const typeUrl = fields?.findLast(({ number }) => number === 1)?.payload;
  if (typeUrl === undefined) return undefined;
  return rewriteFields({ 2: typeNameOf(Buffer.from(typeUrl).toString()) }, bytes, depth);
}

/** Sorts the entries; unknown fields follow them, as in Go. */
function rewriteMap(valueType: string, bytes: Uint8Array, depth: number): Buffer | undefined {
  const fields = splitFields(bytes);
  if (fields === undefined) return undefined;
  const entries: { key: Uint8Array; chunk: Uint8Array }[] = [];
  const others: Uint8Array[] = [];
  let changed = false;
  for (const field of fields) {
    if (field.number !== 1 || field.payload === undefined) {
      others.push(field.whole);
      continue;
    }
    const parts = splitFields(field.payload);
    if (parts === undefined) return undefined;
    const key = parts.findLast(({ number }) => number === 1)?.payload ?? NO_BYTES;
    const rewritten = rewriteEntry(parts, valueType, depth);
    const last = entries.at(-1);
    changed ||=
      rewritten !== undefined ||
      others.length > 0 ||
      (last !== undefined && Buffer.compare(last.key, key) > 0);
    entries.push({ key, chunk: rewritten ? encodeField(1, rewritten) : field.whole });
  }
  if (!changed) return undefined;
  entries.sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat([...entries.map(({ chunk }) => chunk), ...others]);
}

/** Writes key and value of an entry even if they are empty, as Go does and other encoders do not. */
function rewriteEntry(parts: readonly WireField[], valueType: string, depth: number): Buffer | undefined {
  const key = parts.findLast(({ number }) => number === 1);
  const value = parts.findLast(({ number }) => number === 2);
  const rewritten = value?.payload && rewriteMessage(valueType, value.payload, depth + 1);
  if (!rewritten && key !== undefined && value !== undefined && parts[0] === key && parts[1] === value)
    return undefined;
  const others = parts.filter(({ number }) => number !== 1 && number !== 2);
  return Buffer.concat([
    encodeField(1, key?.payload ?? NO_BYTES),
    encodeField(2, rewritten ?? value?.payload ?? NO_BYTES),
    ...others.map(({ whole }) => whole),
  ]);
}

const NO_BYTES = new Uint8Array();

/** One field of an encoded message. */
interface WireField {
  readonly number: number;
  /** Tag and content. */
  readonly whole: Uint8Array;
  /** Content of a length-delimited field. */
  readonly payload: Uint8Array | undefined;
}

/** The fields in the order they are written; undefined if the bytes are no message. */
function splitFields(bytes: Uint8Array): WireField[] | undefined {
  const reader = new BinaryReader(bytes);
  const fields: WireField[] = [];
  try {
    while (reader.pos < reader.len) {
      const start = reader.pos;
      const [number, wireType] = reader.tag();
      let payload: Uint8Array | undefined;
      if (wireType === WireType.LengthDelimited) payload = reader.bytes();
      else reader.skip(wireType, number);
      fields.push({ number, whole: bytes.subarray(start, reader.pos), payload });
    }
  } catch {
    return undefined;
  }
  return fields;
}

function encodeField(number: number, payload: Uint8Array): Buffer {
  const header = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(payload.length).finish();
  return Buffer.concat([header, payload]);
}
