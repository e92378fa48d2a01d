// The server is written in Python; these are the few of its conventions that show in its answers.

const PYTHON_INTEGER = /^\s*([+-]?)(\p{Nd}+(?:_\p{Nd}+)*)\s*$/u;

/**
 * Reads an integer as Python's `int()` does: blanks around it, a sign, single underscores between digits,
 * leading zeros and the digits of any script are accepted. Undefined for everything else.
 */
export function parsePythonInteger(text: string): bigint | undefined {
  const match = PYTHON_INTEGER.exec(text);
  if (match === null) return undefined;
  const [, sign = "", digits = ""] = match;
  const ascii = Array.from(digits.replaceAll("_", ""), digitValue).join("");
  return sign === "-" ? -BigInt(ascii) : BigInt(ascii);
}

/** Unicode lays out the digits of each script in runs of ten, starting with zero. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let start = code;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(start - 1))) start--;
  return (code - start) % 10;
}

/** Splits a query string into pairs, in order; parameters without a value have the value "". */
export function parseQuery(query: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (const piece of query.split("&")) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    const name = equals < 0 ? piece : piece.slice(0, equals);
    pairs.push([decodeQueryText(name), equals < 0 ? "" : decodeQueryText(piece.slice(equals + 1))]);
  }
  return pairs;
}

function decodeQueryText(text: string): string {
  return decodePercent(text.replaceAll("+", " "));
}

/** Percent-decodes UTF-8; a byte sequence that is not UTF-8 becomes U+FFFD, a stray percent sign stays. */
export function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  const bytes: number[] = [];
  const source = Buffer.from(text, "utf8");
  for (let index = 0; index < source.length; index++) {
    const hex = source.toString("latin1", index + 1, index + 3);
    if (source[index] === 0x25 && /^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      index += 2;
    } else {
      bytes.push(source[index] ?? 0);
    }
  }
  return Buffer.from(bytes).toString("utf8");
}

/** Writes pairs as a query string; blanks become plus signs. */
export function encodeQuery(pairs: Iterable<readonly [string, string]>): string {
  return [...pairs].map(([name, value]) => `${encodeQueryText(name)}=${encodeQueryText(value)}`).join("&");
}

function encodeQueryText(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

/** Percent-encodes a decoded path, leaving the characters that the server leaves in its links. */
export function encodePath(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#;]/g, encodeURIComponent);
}
