import { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { ResourceId } from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { Struct } from "#gen/google/protobuf/struct.ts";
import { FieldCursor, type WireField } from "./wire-fields.ts";

/**
 * Rows of a listing as they came over the wire, decoded only as far as a sync looks at them. Nearly all of
 * them are stored exactly as they came; to decode and encode each again would be most of a sync's work.
 */

/** One page of a listing. */
export interface EncodedPage<Row> {
  readonly list: Row[];
  readonly nextPageToken: string;
  readonly annotations: Any[];
}

/** A `c1.connector.v2.Resource`. */
export class EncodedResource {
  /** The whole message. */
  readonly encoded: Buffer;
  readonly id: ResourceId | undefined;
  readonly parentResourceId: ResourceId | undefined;
  readonly annotations: Any[] = [];
  readonly #encodedProfile: Buffer | undefined;
  #profile: Readonly<Record<string, unknown>> | undefined;

  constructor(page: Buffer, row: WireField) {
    this.encoded = sliceOf(page, row);
    for (const field = fieldsIn(page, row); nextField(field); ) {
      if (field.number === 1) this.id = readResourceId(page, field);
      else if (field.number === 2) this.parentResourceId = readResourceId(page, field);
      else if (field.number === 4) this.annotations.push(readAny(page, field));
      else if (field.number === 9) this.#encodedProfile = sliceOf(page, field);
    }
  }

  /** Decoded when it is first asked for. */
  get profile(): Readonly<Record<string, unknown>> | undefined {
    if (this.#encodedProfile !== undefined)
      this.#profile ??= Struct.unwrap(Struct.decode(this.#encodedProfile));
    return this.#profile;
  }
}

/** What an {@link EncodedGrant} tells of its entitlement. */
export interface EncodedEntitlement {
  readonly id: string;
  readonly resource: EncodedResource | undefined;
}

/** A `c1.connector.v2.Grant`. */
export class EncodedGrant {
  /** The whole message. */
  readonly encoded: Buffer;
  readonly id: string = "";
  readonly entitlement: EncodedEntitlement | undefined;
  readonly principal: EncodedResource | undefined;
  readonly annotations: Any[] = [];

  constructor(page: Buffer, row: WireField) {
    this.encoded = sliceOf(page, row);
    for (const field = fieldsIn(page, row); nextField(field); ) {
      if (field.number === 1) this.entitlement = readEntitlement(page, field);
      else if (field.number === 2) this.principal = new EncodedResource(page, field);
      else if (field.number === 3) this.id = readText(page, field);
      else if (field.number === 4) this.annotations.push(readAny(page, field));
    }
  }
}

/** The whole grant, for those who want to change it. */
export function decodeGrant(grant: Grant | EncodedGrant): Grant {
  return "encoded" in grant ? Grant.decode(grant.encoded) : grant;
}

/** A `ResourcesServiceListResourcesResponse`. @throws Error if the bytes are no such message. */
export function decodeResourcePage(bytes: Buffer): EncodedPage<EncodedResource> {
  return decodePage(bytes, (row) => new EncodedResource(bytes, row));
}

/** A `GrantsServiceListGrantsResponse`. @throws Error if the bytes are no such message. */
export function decodeGrantPage(bytes: Buffer): EncodedPage<EncodedGrant> {
  return decodePage(bytes, (row) => new EncodedGrant(bytes, row));
}

function decodePage<Row>(bytes: Buffer, decodeRow: (row: WireField) => Row): EncodedPage<Row> {
  const list: Row[] = [];
  const annotations: Any[] = [];
  let nextPageToken = "";
  for (const field = new FieldCursor(bytes, 0, bytes.length); nextField(field); ) {
    if (field.number === 1) list.push(decodeRow(field));
    else if (field.number === 2) nextPageToken = readText(bytes, field);
    else if (field.number === 3) annotations.push(readAny(bytes, field));
  }
  return { list, nextPageToken, annotations };
}

function readEntitlement(page: Buffer, entitlement: WireField): EncodedEntitlement {
  let id = "";
  let resource: EncodedResource | undefined;
  for (const field = fieldsIn(page, entitlement); nextField(field); ) {
    if (field.number === 1) resource = new EncodedResource(page, field);
    else if (field.number === 2) id = readText(page, field);
  }
  return { id, resource };
}

function readResourceId(page: Buffer, id: WireField): ResourceId {
  let resourceType = "";
  let resource = "";
  for (const field = fieldsIn(page, id); nextField(field); ) {
    if (field.number === 1) resourceType = readText(page, field);
    else if (field.number === 2) resource = readText(page, field);
  }
  return { resourceType, resource, batonResource: false };
}

function readAny(page: Buffer, any: WireField): Any {
  let typeUrl = "";
  let value: Buffer = Buffer.alloc(0);
  for (const field = fieldsIn(page, any); nextField(field); ) {
    if (field.number === 1) typeUrl = readText(page, field);
    else if (field.number === 2) value = sliceOf(page, field);
  }
  return { typeUrl, value };
}

function fieldsIn(page: Buffer, message: WireField): FieldCursor {
  return new FieldCursor(page, beginOf(message), message.end);
}

function nextField(cursor: FieldCursor): boolean {
  if (cursor.next()) return true;
  if (cursor.isMalformed) throw new Error("the bytes are no valid message");
  return false;
}

function readText(page: Buffer, field: WireField): string {
  return page.toString("utf8", beginOf(field), field.end);
}

function sliceOf(page: Buffer, field: WireField): Buffer {
  return page.subarray(beginOf(field), field.end);
}

function beginOf({ number, payload }: WireField): number {
  if (payload >= 0) return payload;
  throw new Error(`field ${number} of a message is of another type than it should be`);
}
