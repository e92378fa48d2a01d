/** Bytes `text` takes in UTF-8, the measure of every length limit of the contract. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** Whether `text` takes more than `maxBytes` in UTF-8. */
export function exceedsUtf8(text: string, maxBytes: number): boolean {
  // No UTF-16 unit takes more than three bytes, so most strings need no measuring.
  return text.length * 3 > maxBytes && utf8Length(text) > maxBytes;
}

/**
 * `text` with every unpaired surrogate replaced by U+FFFD. Such a string has no UTF-8 form; the host refuses
 * a whole page over one of them.
 */
export function toWellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** The longest well-formed beginning of `text` that fits into `maxBytes` of UTF-8; never part of a code point. */
export function truncateUtf8(text: string, maxBytes: number): string {
  const clean = toWellFormed(text);
  if (!exceedsUtf8(clean, maxBytes)) return clean;
  const { read } = new TextEncoder().encodeInto(clean, new Uint8Array(maxBytes));
  return clean.slice(0, read);
}

/**
 * Orders strings by their UTF-8 bytes, as Go orders map keys. JavaScript's own order compares UTF-16 units
 * and so puts code points above U+FFFF before those from U+E000 to U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return utf8Rank(left) - utf8Rank(right);
  }
  return a.length - b.length;
}

/** Moves surrogates after all other units; the order among themselves is already that of their code points. */
function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

const MAX_ADDRESS_BYTES = 254;
const MAX_LOCAL_PART_BYTES = 64;
const MAX_HOST_NAME_BYTES = 253;
/** Dot-separated words of the characters RFC 5322 allows, and any character beyond ASCII. */
const LOCAL_PART =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+)*$/u;
/** Labels of letters, digits and, within them, hyphens, with dots in between. */
const HOST_NAME =
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/**
 * Whether `text` is a bare e-mail address that passes the check other implementations of the contract make:
 * at most 254 bytes, at most 64 before the `@`, and a host name of ASCII labels after it.
 */
export function isEmailAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || !text.isWellFormed() || exceedsUtf8(text, MAX_ADDRESS_BYTES)) return false;
  const localPart = text.slice(0, at);
  return (
    !exceedsUtf8(localPart, MAX_LOCAL_PART_BYTES) &&
    LOCAL_PART.test(localPart) &&
    isHostName(text.slice(at + 1))
  );
}

function isHostName(text: string): boolean {
  return text.length <= MAX_HOST_NAME_BYTES && HOST_NAME.test(text);
}
