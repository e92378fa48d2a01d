/**
 * The few ASN.1 types that an X.509 certificate needs, written in DER (ITU-T X.690). Every function
 * returns one complete element: tag, length, contents.
 */

const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

/** UTCTime has a two-digit year that ends in 2049 (RFC 5280 §4.1.2.5). */
const FIRST_GENERALIZED_YEAR = 2050;

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(Tag.sequence, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return element(Tag.set, ...parts);
}

/** `[number]` around complete elements. */
export function explicit(number: number, ...parts: readonly Uint8Array[]): Buffer {
  return element(CONTEXT | CONSTRUCTED | number, ...parts);
}

/** `[number]` in place of the type's own tag, for a primitive type. */
export function implicit(number: number, contents: Uint8Array): Buffer {
  return element(CONTEXT | number, contents);
}

/** A non-negative integer from its big-endian bytes. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.of(0) : bytes.subarray(first);
  const needsSignByte = (digits[0] ?? 0) >= 0x80;
  return element(Tag.integer, needsSignByte ? Buffer.of(0) : Buffer.alloc(0), digits);
}

export function boolean(value: boolean): Buffer {
  return element(Tag.boolean, Buffer.of(value ? 0xff : 0));
}

/** A bit string of whole bytes, or one whose last `unusedBits` bits do not count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(Tag.bitString, Buffer.of(unusedBits), bytes);
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(Tag.octetString, bytes);
}

export function utf8String(text: string): Buffer {
  return element(Tag.utf8String, Buffer.from(text, "utf8"));
}

/** An object identifier from its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(Tag.objectId, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** A point in time to the second, in the form that RFC 5280 prescribes for its year. */
export function time(epochMs: number): Buffer {
  const date = new Date(epochMs);
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/u, "Z")
    .replace(/[-:T]/gu, "");
  return date.getUTCFullYear() < FIRST_GENERALIZED_YEAR
    ? element(Tag.utcTime, Buffer.from(digits.slice(2), "ascii"))
    : element(Tag.generalizedTime, Buffer.from(digits, "ascii"));
}

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const contents = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), length(contents.length), contents]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

/** Seven bits per byte, most significant first, the top bit set on all but the last. */
function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 | (rest % 128));
  }
  return bytes;
}
