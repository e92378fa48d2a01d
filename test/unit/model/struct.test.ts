import fc from "fast-check";
import { expect, test } from "vitest";
import { Struct as StructMessage } from "#gen/google/protobuf/struct.ts";
import { canonicalBytes } from "#model/canonical.ts";
import { canonicalStruct, type Struct, type StructValue } from "#model/struct.ts";

const key = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.nat({ max: 200 }).map(String),
  fc.constantFrom("", "\u{ffff}", "😀"),
);
const { value } = fc.letrec<{ value: StructValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true }),
    fc.string({ maxLength: 5 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const object = fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true });

/** The same content with the keys of every level written in another order. */
function rotateKeys(content: Struct, by: number): Struct {
  const entries = Object.entries(content).map(([name, item]) => [name, rotateWithin(item, by)] as const);
  const start = by % Math.max(entries.length, 1);
  return Object.fromEntries([...entries.slice(start), ...entries.slice(0, start)]);
}

function rotateWithin(item: StructValue | undefined, by: number): StructValue | undefined {
  if (item === null || typeof item !== "object") return item;
  return isList(item) ? item.map((inner) => rotateWithin(inner, by) ?? null) : rotateKeys(item, by);
}

function isList(item: readonly StructValue[] | Struct): item is readonly StructValue[] {
  return Array.isArray(item);
}

function encode(content: Struct): Uint8Array {
  const message = StructMessage.wrap(canonicalStruct(content));
  return canonicalBytes("google.protobuf.Struct", StructMessage.encode(message).finish());
}

test("equal objects encode to equal bytes, however their keys were written", () => {
  fc.assert(
    fc.property(object, fc.nat({ max: 9 }), (content, by) => {
      expect(Buffer.from(encode(rotateKeys(content, by))).equals(encode(content))).toBe(true);
    }),
  );
});

test("nothing is lost on the way", () => {
  fc.assert(
    fc.property(object, (content) => {
      expect(StructMessage.unwrap(StructMessage.decode(encode(content)))).toEqual(content);
    }),
  );
});

test("keys come in the order of their UTF-8 bytes at every level", () => {
  const keys = (content: object) => Object.keys(content);
  const result = canonicalStruct({ b: 1, "\u{10000}": 2, "\u{ffff}": 3, a: { z: 1, y: [{ d: 1, c: 2 }] } });
  expect(keys(result)).toEqual(["a", "b", "\u{ffff}", "\u{10000}"]);
  expect(JSON.stringify(result["a"])).toBe('{"y":[{"c":2,"d":1}],"z":1}');
});

test("integer-like keys are sorted as text in the encoded form", () => {
  const decoded = StructMessage.decode(encode({ "9": 1, "10": 2, "1": 3, a: 4 }));
  expect([...decoded.fields.keys()]).toEqual(["1", "10", "9", "a"]);
});

test("keys without a value are left out, and broken text is mended", () => {
  expect(canonicalStruct({ gone: undefined, "k\ud800": "v\udfff" })).toEqual({ "k\ufffd": "v\ufffd" });
});

test("a key called __proto__ stays a key", () => {
  const content = JSON.parse('{"__proto__": {"x": 1}}');
  expect(Object.keys(canonicalStruct(content))).toEqual(["__proto__"]);
});
