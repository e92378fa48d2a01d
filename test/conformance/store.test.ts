import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdDecompressSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { packAnnotation } from "#model/annotations.ts";
import { member, membership, team, user, userType } from "../unit/store/sample-rows.ts";
import { makeTempDir, makeTestFile } from "../unit/store/support.ts";

/**
 * What other programs rely on in a v1 file, one case each, looked up in the bytes and tables of files that
 * the store wrote and not through the store itself.
 */

const GOLDEN = join(import.meta.dirname, "../golden/go-reference/org-expansion.c1z");
const TABLES = [
  "v1_assets",
  "v1_connector_sessions",
  "v1_entitlements",
  "v1_grants",
  "v1_resource_types",
  "v1_resources",
  "v1_sync_runs",
];

/** Writes two finished full syncs and an unfinished one. */
async function writeSample(): Promise<Buffer> {
  const target = await makeTestFile();
  const file = await target.open();
  for (const name of ["Ann", "Anne"]) {
    const { id } = file.runs.start("full");
    const writer = file.writer(id);
    writer.putResourceTypes([userType(), { ...userType(), id: "team" }]);
    writer.putResources([user("a", name), team("dev"), team("core")]);
    writer.putEntitlements([member("dev"), member("core")]);
    const expandable = packAnnotation("GrantExpandable", {
      entitlementIds: ["team:dev:member"],
      shallow: true,
    });
    writer.putGrants([
      membership("dev", user("a")),
      { ...membership("core", team("dev")), annotations: [expandable] },
    ]);
    file.runs.markSupportsDiff(id);
    file.runs.end(id);
  }
  file.runs.setToken(file.runs.start("resources_only").id, '{"version":1}');
  await file.save();
  await file.close();
  return readFile(target.path);
}

async function openDatabase(c1z: Buffer): Promise<DatabaseSync> {
  const path = join(await makeTempDir(), "db");
  await writeFile(path, zstdDecompressSync(c1z.subarray(5)));
  const db = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => db.close());
  return db;
}

describe("the envelope", () => {
  test("begins with the v1 magic and a zstd frame", async () => {
    const c1z = await writeSample();
    expect(c1z.subarray(0, 5).toString("latin1")).toBe("C1ZF\0");
    expect(c1z.readUInt32LE(5)).toBe(0xfd2fb528);
  });

  test("is one frame that declares its size and carries a checksum", async () => {
    const frame = (await writeSample()).subarray(5);
    const descriptor = frame.readUInt8(4);
    expect(descriptor & 0x04).toBe(0x04);
    const sizeBytes = 2 ** (descriptor >> 6);
    expect([2, 4]).toContain(sizeBytes);
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const declared = frame.readUIntLE(isSingleSegment ? 5 : 6, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
    // A second frame would add to what is decoded, anything else behind the frame would not decode.
    expect(zstdDecompressSync(frame)).toHaveLength(declared);
    expect(() => zstdDecompressSync(frame.subarray(0, -1))).toThrow();
  });
});

describe("the database", () => {
  test("is not marked as using a write-ahead log", async () => {
    const database = zstdDecompressSync((await writeSample()).subarray(5));
    expect(database.subarray(0, 15).toString("latin1")).toBe("SQLite format 3");
    expect([database.readUInt8(18), database.readUInt8(19)]).toEqual([1, 1]);
  });

  test("is intact and has no free pages", async () => {
    const db = await openDatabase(await writeSample());
    expect(db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    expect(db.prepare("PRAGMA freelist_count").get()).toEqual({ freelist_count: 0 });
  });

  test("has the tables, columns and indexes that Go creates, and no others", async () => {
    const ours = await openDatabase(await writeSample());
    const theirs = await openDatabase(await readFile(GOLDEN));
    const names = ours.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    expect(names.map(({ name }) => name)).toEqual(TABLES);
    for (const table of TABLES) expect(describeTable(ours, table)).toEqual(describeTable(theirs, table));
  });
});

describe("every row", () => {
  test("holds text in text columns and bytes in blob columns", async () => {
    const db = await openDatabase(await writeSample());
    for (const table of TABLES) {
      for (const { name, type } of db.prepare(`PRAGMA table_info(${table})`).all()) {
        const storage = type === "datetime" ? "text" : String(type).toLowerCase();
        const found = db.prepare(`SELECT DISTINCT typeof(${String(name)}) AS t FROM ${table}`).all();
        expect([storage, "null"]).toEqual(expect.arrayContaining(found.map(({ t }) => t)));
      }
    }
  });

  test("carries a time that programs can read and compare as text", async () => {
    const db = await openDatabase(await writeSample());
    const times = ["v1_resource_types", "v1_resources", "v1_entitlements", "v1_grants"].flatMap((table) =>
      db.prepare(`SELECT discovered_at AS at FROM ${table}`).all(),
    );
    expect(times).toHaveLength(18);
    for (const { at } of times) expect(at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{0,5}[1-9])?$/);
  });

  test("of a resource is found by its spelled id, type and parent", async () => {
    const db = await openDatabase(await writeSample());
    expect(
      db
        .prepare(
          `SELECT DISTINCT resource_type_id, external_id, parent_resource_type_id, parent_resource_id
           FROM v1_resources ORDER BY external_id`,
        )
        .all(),
    ).toEqual(
      [
        ["team", "team:core", "org", "acme"],
        ["team", "team:dev", "org", "acme"],
        ["user", "user:a", null, null],
      ].map(([resource_type_id, external_id, parent_resource_type_id, parent_resource_id]) => ({
        resource_type_id,
        external_id,
        parent_resource_type_id,
        parent_resource_id,
      })),
    );
  });

  test("of an expandable grant has the expansion in its column and asks for it", async () => {
    const db = await openDatabase(await writeSample());
    const rows = db
      .prepare(
        "SELECT DISTINCT external_id, hex(expansion) AS expansion, needs_expansion FROM v1_grants ORDER BY 1",
      )
      .all();
    const expansion = Buffer.from([0x0a, 15, ...Buffer.from("team:dev:member"), 0x10, 1])
      .toString("hex")
      .toUpperCase();
    expect(rows).toEqual([
      { external_id: "team:core:member:team:dev", expansion, needs_expansion: 1 },
      { external_id: "team:dev:member:user:a", expansion: "", needs_expansion: 0 },
    ]);
    expect(
      db.prepare("SELECT count(*) AS n FROM v1_grants WHERE instr(data, 'GrantExpandable') > 0").get(),
    ).toEqual({ n: 0 });
  });
});

describe("every sync", () => {
  test("is named by a KSUID, needs no backfill, and says when it began", async () => {
    const db = await openDatabase(await writeSample());
    const runs = db.prepare("SELECT * FROM v1_sync_runs ORDER BY id").all();
    expect(runs).toHaveLength(3);
    for (const run of runs) {
      expect(run["sync_id"]).toMatch(/^[0-9A-Za-z]{27}$/);
      expect(run).toMatchObject({ grants_backfilled: 1, parent_sync_id: "", linked_sync_id: "" });
    }
    expect(runs.map(({ sync_type }) => sync_type)).toEqual(["full", "full", "resources_only"]);
  });

  test("that is finished ends after every other one, and its counts are complete", async () => {
    const db = await openDatabase(await writeSample());
    const [first, second, third] = db.prepare("SELECT ended_at, stats FROM v1_sync_runs ORDER BY id").all();
    expect(String(first?.["ended_at"]) < String(second?.["ended_at"])).toBe(true);
    expect(JSON.parse(String(second?.["stats"]))).toEqual({
      resource_types: 2,
      resources: 3,
      entitlements: 2,
      grants: 2,
      resources_by_resource_type: { team: 2, user: 1 },
      grants_by_resource_type: { team: 2 },
      entitlements_by_resource_type: { team: 2 },
    });
    expect(third).toEqual({ ended_at: null, stats: null });
  });

  test("of unchanged records has the same bytes as the one before", async () => {
    const db = await openDatabase(await writeSample());
    const changed = ["v1_resource_types", "v1_resources", "v1_entitlements", "v1_grants"].flatMap((table) =>
      db
        .prepare(`SELECT external_id FROM ${table} GROUP BY external_id HAVING count(DISTINCT data) > 1`)
        .all(),
    );
    expect(changed).toEqual([{ external_id: "user:a" }]);
  });
});

/** Columns and indexes without the order they were made in and the text of the statements. */
function describeTable(db: DatabaseSync, table: string) {
  const columns = db.prepare(`PRAGMA table_info(${table})`).all();
  const indexes = db.prepare(`PRAGMA index_list(${table})`).all();
  return {
    columns: columns.map(({ name, type, notnull, dflt_value, pk }) => ({
      name,
      type: String(type).toLowerCase(),
      notnull,
      dflt_value,
      pk,
    })),
    indexes: indexes
      .map(({ name, unique, partial }) => ({
        name: String(name),
        unique,
        partial,
        columns: db
          .prepare(`PRAGMA index_info(${String(name)})`)
          .all()
          .map((column) => column["name"]),
      }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  };
}
