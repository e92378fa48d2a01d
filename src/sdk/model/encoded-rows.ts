import { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { ResourceId } from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { FieldCursor } from "./wire-fields.ts";

/**
 * Rows of a listing as they came over the wire, decoded only as far as a sync looks at them. Nearly all of
 * them are stored exactly as they came; to decode and encode each again would be most of a sync's work. A
 * page can have thousands of rows, so they are made one by one, each of few and small objects over its bytes.
 */

/** One page of a listing. */
export interface EncodedPage<Row> {
  /** To be gone through once: encoded rows are made on the way. */
  readonly list: Iterable<Row>;
  readonly nextPageToken: string;
  readonly annotations: Any[];
}

/** A `c1.connector.v2.Resource`. */
export class EncodedResource {
  readonly id: ResourceId | undefined;
  readonly parentResourceId: ResourceId | undefined;
  readonly annotations: Any[] = [];
  readonly #page: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #profileStart: number = 0;
  readonly #profileEnd: number = 0;

  /** Reads the message at which the reader is. */
  constructor(reader: PageReader) {
    this.#page = reader.page;
    this.#start = reader.payload;
    this.#end = reader.end;
    for (const around = reader.enter(); reader.nextWithin(around); ) {
      if (reader.number === 1) this.id = readResourceId(reader);
      else if (reader.number === 2) this.parentResourceId = readResourceId(reader);
      else if (reader.number === 4) this.annotations.push(readAny(reader));
      else if (reader.number === 9) {
        this.#profileStart = reader.contentStart();
        this.#profileEnd = reader.end;
      }
    }
  }

  /** The whole message. */
  get encoded(): Buffer {
    return this.#page.subarray(this.#start, this.#end);
  }

  /**
   * Whether the profile has `true` under this key, which is of ASCII characters.
   *
   * @throws Error if the profile is not a valid message.
   */
  hasProfileFlag(key: string): boolean {
    let isSet = false;
    const cursor = new FieldCursor(this.#page, this.#profileStart, this.#profileEnd);
    while (cursor.next()) {
      if (cursor.number !== 1 || cursor.payload < 0) continue;
      const around = cursor.enter();
      let isWanted = false;
      while (cursor.next()) {
        if (cursor.number === 1) isWanted = this.#isAt(cursor.payload, cursor.end, key);
        else if (cursor.number === 2 && isWanted) isSet = this.#isTrueAt(cursor.payload, cursor.end);
      }
      cursor.leave(around);
    }
    if (cursor.isMalformed) throw damaged("a resource whose profile is not a valid message");
    return isSet;
  }

  #isAt(start: number, end: number, text: string): boolean {
    return end - start === text.length && this.#page.toString("latin1", start, end) === text;
  }

  /** A `google.protobuf.Value` that is `true` is its field 4, a boolean, and nothing else. */
  #isTrueAt(start: number, end: number): boolean {
    return end - start === 2 && this.#page[start] === 0x20 && this.#page[start + 1] === 1;
  }
}

/** What an {@link EncodedGrant} tells of its entitlement. */
export interface EncodedEntitlement {
  readonly id: string;
  readonly resource: EncodedResource | undefined;
}

/** A `c1.connector.v2.Grant`. */
export class EncodedGrant {
  readonly id: string = "";
  readonly entitlement: EncodedEntitlement | undefined;
  readonly principal: EncodedResource | undefined;
  readonly annotations: Any[] = [];
  readonly #page: Buffer;
  readonly #start: number;
  readonly #end: number;

  /** Reads the message at which the reader is. */
  constructor(reader: PageReader) {
    this.#page = reader.page;
    this.#start = reader.payload;
    this.#end = reader.end;
    for (const around = reader.enter(); reader.nextWithin(around); ) {
      if (reader.number === 1) this.entitlement = readEntitlement(reader);
      else if (reader.number === 2) this.principal = new EncodedResource(reader);
      else if (reader.number === 3) this.id = reader.readText();
      else if (reader.number === 4) this.annotations.push(readAny(reader));
    }
  }

  /** The whole message. */
  get encoded(): Buffer {
    return this.#page.subarray(this.#start, this.#end);
  }
}

/** The whole grant, for those who want to change it. */
export function decodeGrant(grant: Grant | EncodedGrant): Grant {
  return "encoded" in grant ? Grant.decode(grant.encoded) : grant;
}

/**
 * A `ResourcesServiceListResourcesResponse`.
 *
 * @throws BatonError Internal if the bytes are no such message; also when a row is made, if that one is not.
 */
export function decodeResourcePage(bytes: Buffer): EncodedPage<EncodedResource> {
  return decodePage(bytes, (reader) => new EncodedResource(reader));
}

/** A `GrantsServiceListGrantsResponse`. @throws BatonError as {@link decodeResourcePage}. */
export function decodeGrantPage(bytes: Buffer): EncodedPage<EncodedGrant> {
  return decodePage(bytes, (reader) => new EncodedGrant(reader));
}

function decodePage<Row>(bytes: Buffer, decodeRow: (reader: PageReader) => Row): EncodedPage<Row> {
  const annotations: Any[] = [];
  let nextPageToken = "";
  for (const reader = new PageReader(bytes); reader.nextWithin(bytes.length); ) {
    if (reader.number === 1) reader.contentStart();
    else if (reader.number === 2) nextPageToken = reader.readText();
    else if (reader.number === 3) annotations.push(readAny(reader));
  }
  return { list: { [Symbol.iterator]: () => readRows(bytes, decodeRow) }, nextPageToken, annotations };
}

function* readRows<Row>(bytes: Buffer, decodeRow: (reader: PageReader) => Row): Generator<Row, void> {
  for (const reader = new PageReader(bytes); reader.nextWithin(bytes.length); ) {
    if (reader.number === 1) yield decodeRow(reader);
  }
}

function readEntitlement(reader: PageReader): EncodedEntitlement {
  let id = "";
  let resource: EncodedResource | undefined;
  for (const around = reader.enter(); reader.nextWithin(around); ) {
    if (reader.number === 1) resource = new EncodedResource(reader);
    else if (reader.number === 2) id = reader.readText();
  }
  return { id, resource };
}

function readResourceId(reader: PageReader): ResourceId {
  let resourceType = "";
  let resource = "";
  for (const around = reader.enter(); reader.nextWithin(around); ) {
    if (reader.number === 1) resourceType = reader.readRepeatedText();
    else if (reader.number === 2) resource = reader.readText();
  }
  return { resourceType, resource, batonResource: false };
}

function readAny(reader: PageReader): Any {
  let typeUrl = "";
  let start = 0;
  let end = 0;
  for (const around = reader.enter(); reader.nextWithin(around); ) {
    if (reader.number === 1) typeUrl = reader.readRepeatedText();
    else if (reader.number === 2) {
      start = reader.contentStart();
      end = reader.end;
    }
  }
  return new EncodedAny(reader.page, typeUrl, start, end);
}

/** A packed message whose bytes nearly nobody asks for. */
class EncodedAny implements Any {
  readonly typeUrl: string;
  readonly #page: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(page: Buffer, typeUrl: string, start: number, end: number) {
    this.typeUrl = typeUrl;
    this.#page = page;
    this.#start = start;
    this.#end = end;
  }

  get value(): Buffer {
    return this.#page.subarray(this.#start, this.#end);
  }
}

/** Goes through a page, and complains of what is not a valid message. */
class PageReader extends FieldCursor {
  readonly page: Buffer;
  readonly #texts = new Map<string, string>();

  constructor(page: Buffer) {
    super(page, 0, page.length);
    this.page = page;
  }

  /** Moves on to the next field of the message, or, after the last one, back to the message around it. */
  nextWithin(outerLimit: number): boolean {
    if (this.next()) return true;
    if (this.isMalformed) throw damaged("an invalid message");
    this.leave(outerLimit);
    return false;
  }

  override enter(): number {
    this.contentStart();
    return super.enter();
  }

  /** Where the content of the field begins. */
  contentStart(): number {
    if (this.payload >= 0) return this.payload;
    throw damaged(`an invalid message: its field ${this.number} has the wrong type`);
  }

  readText(): string {
    return this.page.toString("utf8", this.contentStart(), this.end);
  }

  /** The same for texts of which a page has a few different ones in many rows: equal ones are one object. */
  readRepeatedText(): string {
    const text = this.readText();
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

function damaged(what: string): BatonError {
  return new BatonError(Code.Internal, `the connector returned ${what}; this is a bug in the connector`);
}
