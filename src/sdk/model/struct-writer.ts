import type { BackwardWriter } from "./backward-writer.ts";
import { canonicalStruct, isStructList, type Struct, type StructValue } from "./struct.ts";
import { compareUtf8 } from "./utf8.ts";

/**
 * Writes the fields of a `google.protobuf.Struct` in canonical form: keys in the order of their UTF-8 bytes at every
 * level, keys without a value left out. Fastest if `source` has its keys in that order already.
 */
export function writeStruct(writer: BackwardWriter, source: Struct): void {
  const keys = Object.keys(source);
  if (!areCanonical(keys)) {
    // Two keys can become one when they are made well-formed.
    if (!keys.every((key) => key.isWellFormed())) {
      writeStruct(writer, canonicalStruct(source));
      return;
    }
    keys.sort(compareUtf8);
  }
  for (let index = keys.length - 1; index >= 0; index -= 1) {
    const key = keys[index] ?? "";
    const value = source[key];
    if (value === undefined) continue;
    const before = writer.length;
    writeValue(writer, value);
    writer.wrap(2, before);
    writer.text(1, key);
    writer.wrap(1, before);
  }
}

/** Whether the keys are well-formed and in order. */
function areCanonical(keys: readonly string[]): boolean {
  let last = "";
  for (const key of keys) {
    if (!key.isWellFormed() || compareUtf8(last, key) > 0) return false;
    last = key;
  }
  return true;
}

/** The one field that a `google.protobuf.Value` has. */
function writeValue(writer: BackwardWriter, value: StructValue): void {
  const before = writer.length;
  if (typeof value === "string") writer.text(3, value);
  else if (typeof value === "boolean") writer.boolean(4, value);
  else if (value === null) writer.integer(1, 0);
  else if (typeof value === "number") writer.double(2, value);
  else if (isStructList(value)) {
    for (const item of value.toReversed()) {
      const beforeItem = writer.length;
      writeValue(writer, item);
      writer.wrap(1, beforeItem);
    }
    writer.wrap(6, before);
  } else {
    writeStruct(writer, value);
    writer.wrap(5, before);
  }
}
