import { compareUtf8, toWellFormed } from "./utf8.ts";

/** What a `google.protobuf.Struct` can hold. Numbers travel as doubles. */
export type StructValue =
  | null
  | boolean
  | number
  | string
  | readonly StructValue[]
  | { readonly [key: string]: StructValue | undefined };

/** A JSON object as the generated code wants it for a field of type `google.protobuf.Struct`. */
export type Struct = { readonly [key: string]: StructValue | undefined };

/**
 * A copy of `source` with its keys in the order of their UTF-8 bytes at every level, keys without a value
 * left out and all strings well-formed, so that equal profiles encode to equal bytes.
 *
 * JavaScript objects always list integer-like keys (`"10"`) first; `canonicalBytes` repairs that in the
 * encoded form.
 */
export function canonicalStruct(source: Struct): { [key: string]: StructValue } {
  const entries = Object.entries(source).toSorted(([a], [b]) => compareUtf8(a, b));
  const result: { [key: string]: StructValue } = {};
  for (const [key, value] of entries) {
    if (value !== undefined) defineEntry(result, toWellFormed(key), canonicalValue(value));
  }
  return result;
}

function canonicalValue(value: StructValue): StructValue {
  if (typeof value === "string") return toWellFormed(value);
  if (value === null || typeof value !== "object") return value;
  return isStructList(value) ? value.map(canonicalValue) : canonicalStruct(value);
}

export function isStructList(value: readonly StructValue[] | Struct): value is readonly StructValue[] {
  return Array.isArray(value);
}

/** Assigning to `__proto__` would set the prototype instead of a key; to define any other takes longer. */
function defineEntry(target: { [key: string]: StructValue }, key: string, value: StructValue): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
