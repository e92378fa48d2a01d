import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { runProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import {
  addSync,
  catchError,
  editDatabase,
  makeTestFile,
  packDatabase,
  readUsers,
  type TestFile,
} from "../unit/store/support.ts";

let simulator: CodecovSimulator;
beforeAll(async () => {
  simulator = await startCodecovSimulator();
});
afterAll(() => simulator.close());

function settings(): Record<string, string> {
  return {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
}

/** A file with one sync of one user, changed by somebody else. */
async function makeEdited(edit: string | ((db: DatabaseSync) => void)): Promise<TestFile> {
  const target = await makeTestFile();
  const file = await target.open();
  addSync(file, "alice");
  await file.save();
  await file.close();
  await editDatabase(target.path, (db) => (typeof edit === "string" ? db.exec(edit) : edit(db)));
  return target;
}

/** Makes a table anew with another declaration of one of its columns. */
function redeclare(table: string, from: string, to: string): (db: DatabaseSync) => void {
  return (db) => {
    const row = db.prepare("SELECT sql FROM sqlite_schema WHERE name = ?").get(table);
    const sql = String(row?.["sql"]);
    const changed = sql.replace(from, to);
    expect(changed).not.toBe(sql);
    db.exec(`DROP TABLE ${table}; ${changed}`);
  };
}

/** Writes into the list of tables itself, which nothing checks but whoever reads it. */
function rewriteSchema(sql: string): (db: DatabaseSync) => void {
  return (db) => db.exec(`PRAGMA writable_schema = ON; ${sql}`);
}

const HIDE = "BEGIN DELETE FROM v1_grants WHERE id = new.id; END";

// It ran in that sync and in every later one: exit 0, a normal summary, and no grant in the file.
test("a trigger in a file is refused by sync and by report, and the file is left untouched", async () => {
  const target = await makeEdited(`CREATE TRIGGER hide AFTER INSERT ON v1_grants ${HIDE}`);
  const before = await readFile(target.path);
  for (const args of [
    ["-f", target.path],
    ["report", "-f", target.path],
  ]) {
    const result = await runProgram(args, { env: settings(), cwd: target.directory });
    expect(result.code).toBe(Code.FailedPrecondition);
    expect(result.stderr).toContain('trigger "hide"');
  }
  expect(Buffer.compare(await readFile(target.path), before)).toBe(0);
  expect(await target.leftovers()).toEqual([]);
});

test("a unique index of another program that refuses a row ends a sync with what to do", async () => {
  const target = await makeEdited("CREATE UNIQUE INDEX one ON v1_grants (principal_resource_type_id)");
  const result = await runProgram(["-f", target.path], { env: settings(), cwd: target.directory });
  expect(result.code).toBe(Code.FailedPrecondition);
  expect(result.stderr.trimEnd().split("\n").at(-1)).toContain("restore the file");
});

test("a plain table that this program does not know stays as it is, and the file still syncs", async () => {
  const target = await makeEdited(
    `CREATE TABLE v2_notes (id integer primary key, note text not null unique, owner text REFERENCES v1_grants (id));
     CREATE TABLE lookup (k text primary key, v blob) WITHOUT ROWID;
     CREATE INDEX notes_by_owner ON v2_notes (owner) WHERE owner IS NOT NULL;
     CREATE INDEX later_index ON v1_grants (discovered_at);
     ALTER TABLE v1_grants ADD COLUMN later_column text not null default '';
     INSERT INTO v2_notes (note) VALUES ('kept'); INSERT INTO lookup VALUES ('a', x'01'); ANALYZE`,
  );
  const result = await runProgram(["-f", target.path], { env: settings(), cwd: target.directory });
  expect(result).toMatchObject({ code: 0 });
  // With the organization and its license.
  expect(await readUsers(target.path)).toHaveLength(52 + 2);
  await editDatabase(target.path, (db) => {
    expect(db.prepare("SELECT note FROM v2_notes").all()).toEqual([{ note: "kept" }]);
    expect(db.prepare("SELECT k FROM lookup").all()).toEqual([{ k: "a" }]);
  });
});

describe("refused is", () => {
  const programs: Record<string, string | ((db: DatabaseSync) => void)> = {
    "a trigger that runs before a row is written": `CREATE TRIGGER t BEFORE INSERT ON v1_resources BEGIN SELECT RAISE(IGNORE); END`,
    "a view": "CREATE VIEW people AS SELECT * FROM v1_resources",
    "a view in place of a table of the format":
      "DROP TABLE v1_assets; CREATE VIEW v1_assets AS SELECT * FROM v1_resources",
    "a trigger on a view in place of a table":
      "DROP TABLE v1_assets; CREATE VIEW v1_assets AS SELECT 1; CREATE TRIGGER t INSTEAD OF INSERT ON v1_assets BEGIN SELECT 1; END",
    "a virtual table": "CREATE VIRTUAL TABLE search USING fts5(text)",
    "a virtual table in place of a table of the format":
      "DROP TABLE v1_assets; CREATE VIRTUAL TABLE v1_assets USING fts5(external_id, content_type, data, sync_id, discovered_at)",
    "a computed column in a table of the format":
      "ALTER TABLE v1_resources ADD COLUMN computed text AS (upper(external_id))",
    "a computed column in another table": "CREATE TABLE other (a text, b text AS (upper(a)) STORED)",
    "a hidden computed column in another table": "CREATE TABLE other (a text, b text AS (upper(a)) VIRTUAL)",
    "an index over an expression": "CREATE INDEX by_name ON v1_resources (upper(external_id))",
    "an index over an expression in another table": "CREATE TABLE o (a); CREATE INDEX by_a ON o (upper(a))",
    "an index whose condition calls a function":
      "CREATE INDEX some ON v1_resources (external_id) WHERE length(external_id) > 3",
    "an index with a collation": "CREATE INDEX by_name ON v1_resources (external_id COLLATE NOCASE)",
    "a check": redeclare("v1_grants", "resource_id text not null", "resource_id text not null check (1)"),
    "a check of a table": redeclare(
      "v1_assets",
      "discovered_at datetime not null",
      "discovered_at datetime not null, check (length(data) > 0)",
    ),
    "a default that is computed": redeclare(
      "v1_assets",
      "content_type text not null",
      "content_type text default (random())",
    ),
    "a default that ends a sync at its start": redeclare(
      "v1_sync_runs",
      "ended_at datetime",
      "ended_at datetime default '2000-01-01'",
    ),
    "a collation that takes two members for one": redeclare(
      "v1_resources",
      "external_id text",
      "external_id text collate nocase",
    ),
    "a type that takes two ids for one": redeclare("v1_resources", "external_id text", "external_id integer"),
    "a key that drops what conflicts": redeclare(
      "v1_grants",
      "external_id text not null",
      "external_id text not null unique on conflict ignore",
    ),
    "a key into another table": redeclare(
      "v1_grants",
      "sync_id text not null",
      "sync_id text not null references v1_assets (sync_id) on delete cascade",
    ),
    "a table without row ids": redeclare(
      "v1_assets",
      "discovered_at datetime not null)",
      "discovered_at datetime not null) without rowid",
    ),
    "a table with strict types": (db) =>
      db.exec(
        "DROP TABLE v1_assets; CREATE TABLE v1_assets (id integer primary key, external_id text not null, content_type text not null, data blob not null, sync_id text not null, discovered_at text not null) strict",
      ),
    "a table of the format without one of its columns": "ALTER TABLE v1_assets DROP COLUMN content_type",
    "a table of the format without a row id":
      "DROP TABLE v1_assets; CREATE TABLE v1_assets (id text, external_id text, content_type text, data blob, sync_id text, discovered_at datetime)",
    "a unique index that tells other rows apart":
      "DROP INDEX idx_grants_external_sync_v1; CREATE UNIQUE INDEX idx_grants_external_sync_v1 ON v1_grants (sync_id)",
    "a unique index of some rows only":
      "DROP INDEX idx_grants_external_sync_v1; CREATE UNIQUE INDEX idx_grants_external_sync_v1 ON v1_grants (external_id, sync_id) WHERE sync_id = 'a'",
    "an index that has become a plain one":
      "DROP INDEX idx_grants_external_sync_v1; CREATE INDEX idx_grants_external_sync_v1 ON v1_grants (external_id, sync_id)",
    "a trigger whose statement is listed with a comment": rewriteSchema(
      `INSERT INTO sqlite_schema VALUES ('trigger', 't', 'v1_grants', 0, 'CREATE/**/TRIGGER t AFTER INSERT ON v1_grants ${HIDE}')`,
    ),
    "two tables that share their rows": rewriteSchema(
      "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'v1_grants') WHERE name = 'v1_assets'",
    ),
  };
  test.each(Object.keys(programs))("%s", async (name) => {
    const target = await makeEdited(programs[name] ?? "");
    const before = await readFile(target.path);
    for (const attempt of [() => openC1zReadOnly(target.path), () => target.open()]) {
      const error = await catchError(attempt);
      expect(error.code).toBe(Code.FailedPrecondition);
      expect(error.message).toContain("is refused");
    }
    expect(Buffer.compare(await readFile(target.path), before)).toBe(0);
  });

  test.each([
    [
      "a statement that is none",
      "UPDATE sqlite_schema SET sql = 'CREATE TABLE v1_grants (((' WHERE name = 'v1_grants'",
    ],
    [
      "a trigger listed as a table",
      `INSERT INTO sqlite_schema VALUES ('table', 't', 't', 0, 'CREATE TRIGGER t AFTER INSERT ON v1_grants ${HIDE}')`,
    ],
    ["a page that is not there", "UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'v1_grants'"],
  ])("as damaged: %s in the list of tables", async (_what, sql) => {
    const target = await makeEdited(rewriteSchema(sql));
    for (const attempt of [() => openC1zReadOnly(target.path), () => target.open()]) {
      expect((await catchError(attempt)).code).toBe(Code.DataLoss);
    }
  });

  test("a database whose texts are in UTF-16", async () => {
    const target = await makeTestFile();
    const database = join(target.directory, "db");
    const db = new DatabaseSync(database);
    db.exec("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a)");
    db.close();
    await packDatabase(target.path, database);
    expect((await catchError(() => target.open())).code).toBe(Code.FailedPrecondition);
  });

  test("more tables than anybody makes", async () => {
    const target = await makeEdited((db) => {
      for (let n = 0; n < 1_000; n += 1) db.exec(`CREATE TABLE t${n} (a)`);
    });
    expect((await catchError(() => target.open())).code).toBe(Code.ResourceExhausted);
  });
});
