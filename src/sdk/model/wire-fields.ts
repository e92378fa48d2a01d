/** One field of an encoded message, as offsets into the bytes it was found in. */
export interface WireField {
  readonly number: number;
  /** Where the tag begins. */
  readonly start: number;
  /** Where the content of a length-delimited field begins; -1 for other fields. */
  readonly payload: number;
  readonly end: number;
}

/**
 * Goes through the fields of the message between two offsets, in the order they are written, without making
 * an object of each: it is itself the field it is at. Messages inside the message are gone through by the
 * same cursor, see {@link FieldCursor.enter}.
 */
export class FieldCursor implements WireField {
  number = 0;
  start: number;
  payload = -1;
  end: number;
  /** Whether the bytes turned out to be no message. Groups, which proto3 does not have, count as invalid. */
  isMalformed: boolean;
  readonly #bytes: Uint8Array;
  #limit: number;

  constructor(bytes: Uint8Array, start: number, limit: number) {
    this.#bytes = bytes;
    this.#limit = Math.min(limit, bytes.length);
    this.start = start;
    this.end = start;
    this.isMalformed = limit > bytes.length;
  }

  /** Where the message ends whose fields it goes through. */
  get limit(): number {
    return this.#limit;
  }

  /** Whether no field follows. */
  get isAtEnd(): boolean {
    return this.end === this.#limit;
  }

  /** Moves on to the next field; false after the last one, or where the bytes are malformed. */
  next(): boolean {
    if (this.isMalformed || this.isAtEnd) return false;
    this.start = this.end;
    const tag = this.#readVarint();
    this.number = tag > MAX_TAG ? 0 : tag >>> 3;
    this.payload = -1;
    this.#skipContent(tag & 7);
    this.isMalformed = this.number === 0 || this.end > this.#limit;
    return !this.isMalformed;
  }

  /**
   * Goes into the length-delimited field it is at: what follows are the fields of that message. Returns
   * what {@link FieldCursor.leave} is to be told after the last one of them.
   */
  enter(): number {
    const outerLimit = this.#limit;
    this.#limit = this.end;
    this.end = this.payload;
    return outerLimit;
  }

  /** Moves to the end of the message that {@link FieldCursor.enter} went into, wherever in it the cursor is. */
  leave(outerLimit: number): void {
    this.end = this.#limit;
    this.#limit = outerLimit;
  }

  /** Moves `end` past the content of a field of this wire type, or past the limit if there is no such type. */
  #skipContent(wireType: number): void {
    if (wireType === 2) {
      const length = this.#readVarint();
      this.payload = this.end;
      this.end += length;
    } else if (wireType === 0) this.#readVarint();
    else if (wireType === 1) this.end += 8;
    else if (wireType === 5) this.end += 4;
    else this.end = this.#limit + 1;
  }

  /** Reads the varint at `end` and moves `end` past it, or past the limit if the varint does not stop. */
  #readVarint(): number {
    const first = this.#bytes[this.end] ?? 0;
    if (first >= 0x80 || this.end >= this.#limit) return this.#readLongVarint();
    this.end += 1;
    return first;
  }

  #readLongVarint(): number {
    let value = 0;
    let factor = 1;
    const limit = Math.min(this.#limit, this.end + MAX_VARINT_BYTES);
    for (let position = this.end; position < limit; position += 1) {
      const byte = this.#bytes[position] ?? 0;
      if (byte < 0x80) {
        this.end = position + 1;
        return value + byte * factor;
      }
      value += (byte - 0x80) * factor;
      factor *= 128;
    }
    this.end = this.#limit + 1;
    return 0;
  }
}

/** A field number of 29 bits and a wire type of three. */
const MAX_TAG = 0xffff_ffff;
const MAX_VARINT_BYTES = 10;

/** The fields of the message between two offsets; undefined if the bytes are not a message. */
export function splitFields(bytes: Uint8Array, start: number, end: number): WireField[] | undefined {
  const fields: WireField[] = [];
  const cursor = new FieldCursor(bytes, start, end);
  while (cursor.next()) {
    fields.push({ number: cursor.number, start: cursor.start, payload: cursor.payload, end: cursor.end });
  }
  return cursor.isMalformed ? undefined : fields;
}
