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
 * an object of each: it is itself the field it stands at.
 */
export class FieldCursor implements WireField {
  number = 0;
  start: number;
  payload = -1;
  end: number;
  /** Whether the bytes turned out to be no message. Groups, which proto3 does not have, count as invalid. */
  isMalformed = false;
  readonly #bytes: Uint8Array;
  readonly #limit: number;
  /** Set by {@link #readVarint}: where the next byte is. */
  #position: number;

  constructor(bytes: Uint8Array, start: number, limit: number) {
    this.#bytes = bytes;
    this.#limit = Math.min(limit, bytes.length);
    this.#position = start;
    this.start = start;
    this.end = start;
    this.isMalformed = limit > bytes.length;
  }

  /** Goes on to the next field; false behind the last one, or where the bytes are malformed. */
  next(): boolean {
    if (this.isMalformed || this.end === this.#limit) return false;
    this.start = this.end;
    const tag = this.#readVarint();
    this.number = Math.floor(tag / 8);
    this.payload = -1;
    this.end = this.#skipContent(tag % 8);
    this.isMalformed = !(this.number >= 1 && this.number <= MAX_FIELD_NUMBER && this.end <= this.#limit);
    this.#position = this.end;
    return !this.isMalformed;
  }

  /** Where the content of a field of this wire type ends; `NaN` if there is no such type. */
  #skipContent(wireType: number): number {
    switch (wireType) {
      case 0:
        return Number.isNaN(this.#readVarint()) ? Number.NaN : this.#position;
      case 1:
        return this.#position + 8;
      case 2: {
        const length = this.#readVarint();
        this.payload = this.#position;
        return this.#position + length;
      }
      case 5:
        return this.#position + 4;
      default:
        return Number.NaN;
    }
  }

  /** The varint at the position, which moves behind it; `NaN` if it has no end. */
  #readVarint(): number {
    let value = 0;
    let factor = 1;
    const limit = Math.min(this.#limit, this.#position + MAX_VARINT_BYTES);
    for (let position = this.#position; position < limit; position += 1) {
      const byte = this.#bytes[position] ?? 0;
      if (byte < 0x80) {
        this.#position = position + 1;
        return value + byte * factor;
      }
      value += (byte - 0x80) * factor;
      factor *= 128;
    }
    return Number.NaN;
  }
}

const MAX_FIELD_NUMBER = 536_870_911;
const MAX_VARINT_BYTES = 10;

/** The fields of the message between two offsets; undefined if the bytes are no message. */
export function splitFields(bytes: Uint8Array, start: number, end: number): WireField[] | undefined {
  const fields: WireField[] = [];
  const cursor = new FieldCursor(bytes, start, end);
  while (cursor.next()) {
    fields.push({ number: cursor.number, start: cursor.start, payload: cursor.payload, end: cursor.end });
  }
  return cursor.isMalformed ? undefined : fields;
}
