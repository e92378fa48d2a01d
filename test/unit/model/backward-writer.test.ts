import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BackwardWriter } from "#model/backward-writer.ts";

type Field =
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "double"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "message"; readonly value: Message };
type Message = readonly { readonly number: number; readonly field: Field }[];

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("x".repeat(127), "é".repeat(64), "x".repeat(20_000)),
);
const { message } = fc.letrec<{ message: Message }>((tie) => ({
  message: fc.array(
    fc.record({
      number: fc.oneof(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 16, max: 536_870_911 })),
      field: fc.oneof(
        { maxDepth: 3 },
        fc.record({ kind: fc.constant("integer" as const), value: fc.maxSafeNat() }),
        fc.record({ kind: fc.constant("boolean" as const), value: fc.boolean() }),
        fc.record({ kind: fc.constant("double" as const), value: fc.double() }),
        fc.record({ kind: fc.constant("text" as const), value: text }),
        fc.record({ kind: fc.constant("bytes" as const), value: fc.uint8Array({ maxLength: 200 }) }),
        fc.record({ kind: fc.constant("message" as const), value: tie("message") }),
      ),
    }),
    { maxLength: 8 },
  ),
}));

function writeForward(writer: BinaryWriter, fields: Message): BinaryWriter {
  for (const { number, field } of fields) {
    if (field.kind === "integer") writer.tag(number, WireType.Varint).uint64(field.value);
    else if (field.kind === "boolean") writer.tag(number, WireType.Varint).bool(field.value);
    else if (field.kind === "double") writer.tag(number, WireType.Bit64).double(field.value);
    else if (field.kind === "text")
      writer.tag(number, WireType.LengthDelimited).string(field.value.toWellFormed());
    else if (field.kind === "bytes") writer.tag(number, WireType.LengthDelimited).bytes(field.value);
    else writeForward(writer.tag(number, WireType.LengthDelimited).fork(), field.value).join();
  }
  return writer;
}

function writeBackward(writer: BackwardWriter, fields: Message): void {
  for (const { number, field } of fields.toReversed()) {
    if (field.kind === "integer") writer.integer(number, field.value);
    else if (field.kind === "boolean") writer.boolean(number, field.value);
    else if (field.kind === "double") writer.double(number, field.value);
    else if (field.kind === "text") writer.text(number, field.value);
    else if (field.kind === "bytes") writer.bytes(number, field.value);
    else {
      const before = writer.length;
      writeBackward(writer, field.value);
      writer.wrap(number, before);
    }
  }
}

test("messages have the bytes that a forward writer gives them, whatever memory was there at first", () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 5 }),
      fc.constantFrom(0, 1, 100, 4096),
      (messages, capacity) => {
        const writer = new BackwardWriter(capacity);
        const written = messages.map((fields) => {
          writeBackward(writer, fields);
          return writer.take();
        });
        // Compared at the end: a later message must not touch an earlier one.
        expect(written.map((bytes) => bytes.toString("hex"))).toEqual(
          messages.map((fields) =>
            Buffer.from(writeForward(new BinaryWriter(), fields).finish()).toString("hex"),
          ),
        );
      },
    ),
  );
});

test("halves of surrogate pairs are written as U+FFFD, in short texts and long ones", () => {
  for (const filling of ["", "a", "é", "x".repeat(100)]) {
    for (const broken of ["\ud800", "\udc00", "\udc00\ud800", "\ud83d😀"]) {
      const writer = new BackwardWriter(0);
      writer.text(1, filling + broken + filling);
      const reader = new BinaryReader(writer.take());
      expect(reader.tag()).toEqual([1, WireType.LengthDelimited]);
      expect(reader.string()).toBe((filling + broken + filling).toWellFormed());
    }
  }
});

test("a part of the message can be repeated in front of it, also when the memory grows in between", () => {
  for (const capacity of [0, 40, 4096]) {
    const writer = new BackwardWriter(capacity);
    writer.integer(9, 1);
    const before = writer.length;
    writer.text(5, "repeated");
    const size = writer.length - before;
    writer.wrap(4, before);
    writer.copy(1, before, size);
    const content = new BinaryWriter().tag(5, WireType.LengthDelimited).string("repeated").finish();
    const expected = new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .bytes(content)
      .tag(4, WireType.LengthDelimited)
      .bytes(content)
      .tag(9, WireType.Varint)
      .uint32(1)
      .finish();
    expect([...writer.take()]).toEqual([...expected]);
  }
});
