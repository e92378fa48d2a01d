import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdDecompressSync } from "node:zlib";
import { createFileRegistry, type DescMessage, fromBinary, toJson } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import { ANNOTATION_NAMES } from "#model/annotations.ts";
import { canonicalBytes, SHAPES } from "#model/canonical.ts";

const TESTS = join(import.meta.dirname, "../..");
const descriptors = readFileSync(join(TESTS, "../gen/descriptors.binpb"));
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));

function messageType(name: string): DescMessage {
  const found = registry.getMessage(name);
  if (found === undefined) throw new Error(`no message ${name}`);
  return found;
}

describe("the table of shapes", () => {
  function leadsToMap(type: DescMessage, seen = new Set<string>()): boolean {
    if (type.typeName === "google.protobuf.Any") return true;
    if (seen.has(type.typeName)) return false;
    seen.add(type.typeName);
    return type.fields.some(
      (field) =>
        field.fieldKind === "map" || (field.message !== undefined && leadsToMap(field.message, seen)),
    );
  }

  /** Every message on the way from what is stored or packed to a map. */
  function collect(type: DescMessage, found = new Map<string, DescMessage>()): Map<string, DescMessage> {
    if (found.has(type.typeName) || type.typeName === "google.protobuf.Any" || !leadsToMap(type))
      return found;
    found.set(type.typeName, type);
    for (const { message } of type.fields) if (message) collect(message, found);
    return found;
  }

  const roots = ["ResourceType", "Resource", "Entitlement", "Grant", "ETagMetadata", ...ANNOTATION_NAMES];
  const expected = new Map<string, DescMessage>();
  for (const name of roots) collect(messageType(`c1.connector.v2.${name}`), expected);

  test("names every message that leads from a row or an annotation to a map", () => {
    expect([...SHAPES.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  });

  test.each([...expected.values()].map((type) => [type.typeName, type] as const))(
    "follows all of %s",
    (name, type) => {
      const shape = SHAPES.get(name);
      if (shape !== undefined && "mapOf" in shape) {
        expect(type.fields.map(({ number, fieldKind }) => [number, fieldKind])).toEqual([[1, "map"]]);
        expect(type.fields[0]?.message?.typeName).toBe(shape.mapOf);
      } else {
        const followed = type.fields.filter(({ message }) => message !== undefined && leadsToMap(message));
        expect(
          Object.fromEntries(followed.map(({ number, message }) => [number, message?.typeName])),
        ).toEqual(shape?.messages);
      }
    },
  );
});

/** Encodes a length-delimited field. */
function chunk(number: number, content: Uint8Array | string): Buffer {
  const writer = new BinaryWriter().tag(number, WireType.LengthDelimited);
  return Buffer.from((typeof content === "string" ? writer.string(content) : writer.bytes(content)).finish());
}

/** A Struct whose entries stand in the order given; values are strings. */
function struct(entries: readonly (readonly [key: string, value: string])[]): Buffer {
  return Buffer.concat(
    entries.map(([key, value]) => chunk(1, Buffer.concat([chunk(1, key), chunk(2, chunk(3, value))]))),
  );
}

const sorted = struct([
  ["10", "a"],
  ["9", "b"],
  ["\u{ffff}", "c"],
  ["😀", "d"],
]);
const shuffled = struct([
  ["😀", "d"],
  ["9", "b"],
  ["10", "a"],
  ["\u{ffff}", "c"],
]);

describe("the canonical form", () => {
  test("has map entries in the order of their keys' bytes", () => {
    expect(canonicalBytes("google.protobuf.Struct", shuffled)).toEqual(sorted);
  });

  test("is left alone: the very same bytes come back", () => {
    expect(canonicalBytes("google.protobuf.Struct", sorted)).toBe(sorted);
  });

  test("reaches through annotations, lists and nested structs", () => {
    const nest = (inner: Buffer) =>
      chunk(1, Buffer.concat([chunk(1, "k"), chunk(2, chunk(6, chunk(1, chunk(5, inner))))]));
    const resource = (inner: Buffer) =>
      Buffer.concat([
        chunk(3, "name"),
        chunk(
          4,
          Buffer.concat([
            chunk(1, "type.googleapis.com/c1.connector.v2.UserTrait"),
            chunk(2, chunk(3, nest(inner))),
          ]),
        ),
        chunk(9, nest(inner)),
      ]);
    const grant = (inner: Buffer) =>
      Buffer.concat([chunk(1, chunk(1, resource(inner))), chunk(2, resource(inner)), chunk(3, "id")]);
    expect(canonicalBytes("c1.connector.v2.Grant", grant(shuffled))).toEqual(grant(sorted));
  });

  test("is found out for each of two maps of one size", () => {
    const trait = (inner: Buffer) =>
      chunk(
        4,
        Buffer.concat([chunk(1, "type.googleapis.com/c1.connector.v2.UserTrait"), chunk(2, chunk(3, inner))]),
      );
    const resource = (first: Buffer, second: Buffer) => Buffer.concat([trait(first), chunk(9, second)]);
    const canonical = resource(sorted, sorted);
    expect(canonicalBytes("c1.connector.v2.Resource", canonical)).toBe(canonical);
    for (const other of [resource(sorted, shuffled), resource(shuffled, sorted)]) {
      expect(canonicalBytes("c1.connector.v2.Resource", other)).toEqual(canonical);
    }
  });

  test("writes key and value of an entry even if they are empty, as Go does", () => {
    const bare = Buffer.concat([chunk(1, chunk(2, chunk(3, "v"))), chunk(1, chunk(1, "k"))]);
    const whole = Buffer.concat([
      chunk(1, Buffer.concat([chunk(1, ""), chunk(2, chunk(3, "v"))])),
      chunk(1, Buffer.concat([chunk(1, "k"), chunk(2, "")])),
    ]);
    expect(canonicalBytes("google.protobuf.Struct", bare)).toEqual(whole);
  });

  test("keeps unknown fields of messages and of entries", () => {
    const unknown = chunk(99, "?");
    const entry = (...parts: Buffer[]) => chunk(1, Buffer.concat(parts));
    const [key, value] = [chunk(1, "k"), chunk(2, chunk(3, "v"))];
    const before = Buffer.concat([unknown, entry(value, unknown, key)]);
    expect(canonicalBytes("google.protobuf.Struct", before)).toEqual(
      Buffer.concat([entry(key, value, unknown), unknown]),
    );
    const early = Buffer.concat([unknown, sorted]);
    expect(canonicalBytes("google.protobuf.Struct", early)).toEqual(Buffer.concat([sorted, unknown]));
    const trait = (inner: Buffer) => Buffer.concat([unknown, chunk(3, inner), unknown]);
    expect(canonicalBytes("c1.connector.v2.UserTrait", trait(shuffled))).toEqual(trait(sorted));
  });

  test("keeps the entry that counts where a key occurs twice", () => {
    const twice = struct([
      ["b", "1"],
      ["a", "first"],
      ["a", "last"],
    ]);
    expect(canonicalBytes("google.protobuf.Struct", twice)).toEqual(
      struct([
        ["a", "first"],
        ["a", "last"],
        ["b", "1"],
      ]),
    );
  });

  test("leaves types it does not know and bytes that are no message untouched", () => {
    expect(canonicalBytes("c1.connector.v2.Unheard", shuffled)).toBe(shuffled);
    const unknown = chunk(4, Buffer.concat([chunk(1, "x/c1.connector.v2.Unheard"), chunk(2, shuffled)]));
    expect(canonicalBytes("c1.connector.v2.Resource", unknown)).toBe(unknown);
    for (const broken of [
      shuffled.subarray(0, -1),
      Buffer.from([0x0b]),
      Buffer.from([0x00, 0x01]),
      Buffer.alloc(12, 0xff),
      // A field number beyond 29 bits, whose lower bits are those of field 1.
      Buffer.concat([Buffer.of(0x8a, 0x80, 0x80, 0x80, 0x10), shuffled.subarray(1)]),
    ]) {
      expect(canonicalBytes("google.protobuf.Struct", broken)).toBe(broken);
    }
  });

  test("survives nesting without end", () => {
    let nested = shuffled;
    for (let depth = 0; depth < 500; depth += 1)
      nested = chunk(1, Buffer.concat([chunk(1, "k"), chunk(2, chunk(5, nested))]));
    expect(canonicalBytes("google.protobuf.Struct", nested)).toBe(nested);
  });

  test("never throws, and never changes twice, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...SHAPES.keys()), (bytes, typeName) => {
        const once = canonicalBytes(typeName, bytes);
        expect(Buffer.from(canonicalBytes(typeName, once)).equals(once)).toBe(true);
      }),
    );
  });
});

describe("rows that baton-sdk v0.25.0 wrote", () => {
  const TABLES = [
    [
      "resource_types",
      "c1.connector.v2.ResourceType",
      (data: Uint8Array) => ResourceType.encode(ResourceType.decode(data)).finish(),
    ],
    [
      "resources",
      "c1.connector.v2.Resource",
      (data: Uint8Array) => Resource.encode(Resource.decode(data)).finish(),
    ],
    [
      "entitlements",
      "c1.connector.v2.Entitlement",
      (data: Uint8Array) => Entitlement.encode(Entitlement.decode(data)).finish(),
    ],
    ["grants", "c1.connector.v2.Grant", (data: Uint8Array) => Grant.encode(Grant.decode(data)).finish()],
  ] as const;

  interface Row {
    readonly sync: string;
    readonly id: string;
    readonly data: Uint8Array;
  }

  function readRows(file: string): { table: (typeof TABLES)[number]; rows: Row[] }[] {
    const directory = mkdtempSync(join(tmpdir(), "canonical-test-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "rows.db");
    // Five bytes of magic, then one zstd frame.
    writeFileSync(
      path,
      zstdDecompressSync(readFileSync(join(TESTS, "golden/go-reference", file)).subarray(5)),
    );
    using database = new DatabaseSync(path);
    return TABLES.map((table) => {
      const { name } =
        database.prepare("select name from sqlite_schema where name like ?").get(`v%_${table[0]}`) ?? {};
      const rows = database
        .prepare(`select sync_id as sync, external_id as id, data from ${String(name)}`)
        .all();
      return {
        table,
        rows: rows.map(({ sync, id, data }) => ({ sync: String(sync), id: String(id), data: toBytes(data) })),
      };
    });
  }

  function toBytes(value: unknown): Uint8Array {
    if (!(value instanceof Uint8Array)) throw new Error("not a blob");
    return value;
  }

  const files = ["two-syncs.c1z", "codecov-full.c1z", "org-expansion.c1z"];

  test.each(files)("%s: are encoded by us exactly as by Go", (file) => {
    let count = 0;
    for (const { table, rows } of readRows(file)) {
      const [, , reencode] = table;
      for (const { data } of rows) {
        expect(Buffer.from(reencode(data)).equals(data)).toBe(true);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(50);
  });

  test.each(files)("%s: mean the same in canonical form", (file) => {
    for (const { table, rows } of readRows(file)) {
      const type = messageType(table[1]);
      for (const { data } of rows) {
        const canonical = canonicalBytes(table[1], data);
        expect(canonicalBytes(table[1], canonical)).toBe(canonical);
        const [before, after] = [data, canonical].map((bytes) =>
          toJson(type, fromBinary(type, bytes), { registry }),
        );
        expect(after).toEqual(before);
      }
    }
  });

  test("do not differ between two syncs of unchanged data once they are canonical", () => {
    const rows = readRows("two-syncs.c1z").flatMap(({ table, rows: all }) =>
      all.map((row) => ({
        ...row,
        key: `${table[0]} ${row.id}`,
        canonical: canonicalBytes(table[1], row.data),
      })),
    );
    const bySync = Map.groupBy(rows, ({ sync }) => sync);
    const [first = [], second = []] = bySync.values();
    const partners = new Map(second.map((row) => [row.key, row]));
    const differing = (pick: (row: (typeof rows)[number]) => Uint8Array) =>
      first.filter((row) => {
        const partner = partners.get(row.key);
        return partner === undefined || !Buffer.from(pick(row)).equals(pick(partner));
      });
    expect(first).toHaveLength(53);
    expect(differing(({ data }) => data)).toHaveLength(42);
    expect(differing(({ canonical }) => canonical)).toEqual([]);
  });
});
