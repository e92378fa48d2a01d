import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FieldCursor, splitFields, type WireField } from "./wire-fields.ts";

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
 * Returns `bytes` itself when it is canonical already, its type unknown, or when it is not a valid message.
 */
export function canonicalBytes(typeName: string, bytes: Uint8Array): Uint8Array {
  const buffer = asBuffer(bytes);
  if (new QuickCheck(buffer).isCanonical(typeName, 0)) return bytes;
  return rewriteMessage(typeName, buffer, 0, bytes.length, 0) ?? bytes;
}

/**
 * A quick look at a whole message, as nearly all rows are canonical. What is malformed or unusual in any way is
 * left to the functions below.
 */
class QuickCheck {
  readonly #bytes: Buffer;
  readonly #cursor: FieldCursor;
  /** The last map that was found canonical, and what its values are. */
  #mapStart = 0;
  #mapEnd = 0;
  #mapOf = "";

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#cursor = new FieldCursor(bytes, 0, bytes.length);
  }

  /** Whether the message that the cursor has entered is certainly canonical. */
  isCanonical(typeName: string, depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    if (typeName === ANY) return this.#isCanonicalAny(depth);
    const shape = SHAPES.get(typeName);
    if (shape === undefined) return true;
    if ("mapOf" in shape) return this.#isCanonicalMap(shape.mapOf, depth);
    const cursor = this.#cursor;
    while (cursor.next()) {
      const nested = shape.messages[cursor.number];
      if (nested === undefined || cursor.payload < 0) continue;
      const around = cursor.enter();
      if (!this.isCanonical(nested, depth + 1)) return false;
      cursor.leave(around);
    }
    return !cursor.isMalformed;
  }

  /** Type and value, in this order. */
  #isCanonicalAny(depth: number): boolean {
    const cursor = this.#cursor;
    if (!this.#isNext(1)) return false;
    const typeName = typeNameOf(this.#bytes.toString("latin1", cursor.payload, cursor.end));
    if (cursor.isAtEnd) return true;
    if (!this.#isNext(2) || !cursor.isAtEnd) return false;
    cursor.enter();
    return this.isCanonical(typeName, depth + 1);
  }

  /** Entries in ascending order, each of a key and a value. */
  #isCanonicalMap(valueType: string, depth: number): boolean {
    const cursor = this.#cursor;
    const start = cursor.end;
    if (this.#isLikeLastMap(valueType, start, cursor.limit)) return true;
    let lastKey = 0;
    let lastKeyEnd = 0;
    while (cursor.next()) {
      if (cursor.number !== 1 || cursor.payload < 0) return false;
      const aroundEntry = cursor.enter();
      if (!this.#isNext(1)) return false;
      if (compareRanges(this.#bytes, lastKey, lastKeyEnd, cursor.payload, cursor.end) > 0) return false;
      lastKey = cursor.payload;
      lastKeyEnd = cursor.end;
      if (!this.#isNext(2) || !cursor.isAtEnd) return false;
      cursor.enter();
      if (!this.isCanonical(valueType, depth + 1)) return false;
      cursor.leave(aroundEntry);
    }
    this.#mapStart = start;
    this.#mapEnd = cursor.limit;
    this.#mapOf = valueType;
    return !cursor.isMalformed;
  }

  /** The profile of a user stands in the resource and in its trait, so it has to be looked at only once. */
  #isLikeLastMap(valueType: string, start: number, end: number): boolean {
    return (
      end - start === this.#mapEnd - this.#mapStart &&
      valueType === this.#mapOf &&
      this.#bytes.compare(this.#bytes, start, end, this.#mapStart, this.#mapEnd) === 0
    );
  }

  /** Moves on to the next field; whether it has this number and is length-delimited. */
  #isNext(number: number): boolean {
    const cursor = this.#cursor;
    return cursor.next() && cursor.number === number && cursor.payload >= 0;
  }
}

/** Like `Buffer.compare`, which is slow for texts of a few bytes that differ in the first ones. */
function compareRanges(bytes: Buffer, a: number, aEnd: number, b: number, bEnd: number): number {
  const shared = Math.min(aEnd - a, bEnd - b);
  for (let index = 0; index < shared; index += 1) {
    const difference = (bytes[a + index] ?? 0) - (bytes[b + index] ?? 0);
    if (difference !== 0) return difference;
  }
  return aEnd - a - (bEnd - b);
}

/**
 * The rewritten message that lies between two offsets, or undefined if it can stay as it is; so do the
 * functions below. Slices are made only when something is rewritten: nearly all rows are canonical.
 */
function rewriteMessage(
  typeName: string,
  bytes: Buffer,
  start: number,
  end: number,
  depth: number,
): Buffer | undefined {
  if (start === end || depth > MAX_DEPTH) return undefined;
  const shape = typeName === ANY ? undefined : SHAPES.get(typeName);
  if (shape === undefined && typeName !== ANY) return undefined;
  const fields = splitFields(bytes, start, end);
  if (fields === undefined) return undefined;
  if (shape === undefined) return rewriteAny(bytes, fields, depth);
  if ("mapOf" in shape) return rewriteMap(shape.mapOf, bytes, fields, depth);
  return rewriteFields(shape.messages, bytes, fields, depth);
}

function rewriteFields(
  messages: Readonly<Record<number, string>>,
  bytes: Buffer,
  fields: readonly WireField[],
  depth: number,
): Buffer | undefined {
  let rewritten: Map<WireField, Buffer> | undefined;
  for (const field of fields) {
    const typeName = messages[field.number];
    if (typeName === undefined || field.payload < 0) continue;
    const message = rewriteMessage(typeName, bytes, field.payload, field.end, depth + 1);
    if (message === undefined) continue;
    rewritten ??= new Map();
    rewritten.set(field, message);
  }
  if (rewritten === undefined) return undefined;
  const chunks = fields.map((field) => {
    const message = rewritten.get(field);
    return message === undefined ? wholeOf(bytes, field) : encodeField(field.number, message);
  });
  return Buffer.concat(chunks);
}

function rewriteAny(bytes: Buffer, fields: readonly WireField[], depth: number): Buffer | undefined {
  const typeUrl = findPayload(fields, 1);
  if (typeUrl === undefined) return undefined;
  const typeName = typeNameOf(payloadOf(bytes, typeUrl).toString());
  return SHAPES.has(typeName) ? rewriteFields({ 2: typeName }, bytes, fields, depth) : undefined;
}

/** Sorts the entries; unknown fields follow them, as in Go. */
function rewriteMap(
  valueType: string,
  bytes: Buffer,
  fields: readonly WireField[],
  depth: number,
): Buffer | undefined {
  const entries: { field: WireField; key: WireField | undefined; rewritten: Buffer | undefined }[] = [];
  const others: WireField[] = [];
  let changed = false;
  for (const field of fields) {
    if (field.number !== 1 || field.payload < 0) {
      others.push(field);
      continue;
    }
    const parts = splitFields(bytes, field.payload, field.end);
    if (parts === undefined) return undefined;
    const key = findPayload(parts, 1);
    const rewritten = rewriteEntry(valueType, bytes, parts, depth);
    const last = entries.at(-1);
    changed ||=
      rewritten !== undefined ||
      others.length > 0 ||
      (last !== undefined && compareKeys(bytes, last.key, key) > 0);
    entries.push({ field, key, rewritten });
  }
  if (!changed) return undefined;
  entries.sort((a, b) => compareKeys(bytes, a.key, b.key));
  return Buffer.concat([
    ...entries.map(({ field, rewritten }) => (rewritten ? encodeField(1, rewritten) : wholeOf(bytes, field))),
    ...others.map((field) => wholeOf(bytes, field)),
  ]);
}

/** Writes key and value of an entry even if they are empty, as Go does and other encoders do not. */
function rewriteEntry(
  valueType: string,
  bytes: Buffer,
  parts: readonly WireField[],
  depth: number,
): Buffer | undefined {
  const key = findPayload(parts, 1);
  const value = findPayload(parts, 2);
  const message = value && rewriteMessage(valueType, bytes, value.payload, value.end, depth + 1);
  const isUsual = key !== undefined && value !== undefined && parts[0] === key && parts[1] === value;
  if (isUsual && message === undefined) return undefined;
  const others = parts.filter(({ number, payload }) => number > 2 || payload < 0);
  return Buffer.concat([
    encodeField(1, payloadOf(bytes, key)),
    encodeField(2, message ?? payloadOf(bytes, value)),
    ...others.map((field) => wholeOf(bytes, field)),
  ]);
}

/** The field a decoder would take: the last one of this number that has a payload. */
function findPayload(fields: readonly WireField[], number: number): WireField | undefined {
  return fields.findLast((field) => field.number === number && field.payload >= 0);
}

function compareKeys(bytes: Buffer, a: WireField | undefined, b: WireField | undefined): number {
  if (a === undefined || b === undefined) return Buffer.compare(payloadOf(bytes, a), payloadOf(bytes, b));
  return bytes.compare(bytes, b.payload, b.end, a.payload, a.end);
}

function payloadOf(bytes: Buffer, field: WireField | undefined): Buffer {
  return field === undefined ? Buffer.alloc(0) : bytes.subarray(field.payload, field.end);
}

function wholeOf(bytes: Buffer, field: WireField): Buffer {
  return bytes.subarray(field.start, field.end);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encodeField(number: number, payload: Uint8Array): Buffer {
  const header = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(payload.length).finish();
  return Buffer.concat([header, payload]);
}
