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
 * The fields of the message between two offsets, in the order they are written; undefined if the bytes are
 * no message. Groups, which proto3 does not have, count as invalid.
 */
export function splitFields(bytes: Uint8Array, start: number, end: number): WireField[] | undefined {
  const fields: WireField[] = [];
  for (let position = start; position < end; ) {
    const field = readField(bytes, position);
    if (field === undefined || field.end > end) return undefined;
    fields.push(field);
    position = field.end;
  }
  return fields;
}

function readField(bytes: Uint8Array, start: number): WireField | undefined {
  const afterTag = skipVarint(bytes, start);
  const tag = readVarint(bytes, start, afterTag);
  const number = Math.floor(tag / 8);
  if (number < 1 || number > 536_870_911) return undefined;
  switch (tag % 8) {
    case 0:
      return { number, start, payload: -1, end: skipVarint(bytes, afterTag) };
    case 1:
      return { number, start, payload: -1, end: afterTag + 8 };
    case 2: {
      const payload = skipVarint(bytes, afterTag);
      return { number, start, payload, end: payload + readVarint(bytes, afterTag, payload) };
    }
    case 5:
      return { number, start, payload: -1, end: afterTag + 4 };
    default:
      return undefined;
  }
}

const MAX_VARINT_BYTES = 10;

/** Where the varint at `start` ends; infinity if it does not. */
function skipVarint(bytes: Uint8Array, start: number): number {
  const limit = Math.min(bytes.length, start + MAX_VARINT_BYTES);
  for (let position = start; position < limit; position += 1) {
    if ((bytes[position] ?? 0) < 0x80) return position + 1;
  }
  return Number.POSITIVE_INFINITY;
}

/** The varint between two offsets; infinity if it has no end. */
function readVarint(bytes: Uint8Array, start: number, end: number): number {
  if (end === Number.POSITIVE_INFINITY) return end;
  let value = 0;
  for (let position = end - 1; position >= start; position -= 1)
    value = value * 128 + ((bytes[position] ?? 0) & 0x7f);
  return value;
}
