import { BinaryReader, type WireType } from "@bufbuild/protobuf/wire";
import { BatonError, Code } from "#kernel/errors.ts";

/** Stands for the bytes of an unknown field. */
const NOTHING = new Uint8Array();

/**
 * Decodes a message that somebody else made, without the fields that it does not know. Generated code keeps those, each
 * in a buffer of its own, which for four megabytes of tiny fields takes 190.
 *
 * @param decode generated code, which takes a reader where its type says bytes
 * @param maxFields how many fields the message may have, nested ones and those of maps included; about, since some
 *   values count as well. Each can become an object of some hundred bytes.
 * @throws BatonError ResourceExhausted if it has more
 * @throws Error if the bytes are not such a message
 */
export function decodeLean<T extends object>(
  decode: (bytes: Buffer) => T,
  bytes: Uint8Array,
  maxFields = Number.POSITIVE_INFINITY,
): T {
  const reader = new LeanReader(bytes, maxFields);
  const message = decode(reader as LeanReader & Buffer);
  if (reader.hasSkipped) dropUnknown(message);
  return message;
}

class LeanReader extends BinaryReader {
  hasSkipped = false;

  constructor(bytes: Uint8Array, maxFields: number) {
    super(bytes);
    const read = this.uint32;
    let left = maxFields;
    // Tags are read with this, lengths and small numbers as well.
    this.uint32 = function count(this: LeanReader): number {
      left -= 1;
      if (left < 0) {
        throw new BatonError(
          Code.ResourceExhausted,
          `the request has more than ${maxFields} fields; send fewer at a time`,
        );
      }
      return read.call(this);
    };
  }

  override skip(wireType: WireType, fieldNo?: number, recursionLimit?: number): Uint8Array {
    this.hasSkipped = true;
    super.skip(wireType, fieldNo, recursionLimit);
    return NOTHING;
  }
}

/** Removes the lists in which generated code keeps what the reader gives for unknown fields. */
function dropUnknown(value: unknown): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  if (Array.isArray(value) || value instanceof Map) {
    for (const item of value.values()) dropUnknown(item);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === "_unknownFields" && holdsNothing(item)) Reflect.set(value, key, {});
    else dropUnknown(item);
  }
}

/** Whether these are such lists and not data that happens to be called the same. */
function holdsNothing(lists: unknown): boolean {
  if (typeof lists !== "object" || lists === null) return false;
  return Object.values(lists).every(
    (list) => Array.isArray(list) && list.every((item: unknown) => item === NOTHING),
  );
}
