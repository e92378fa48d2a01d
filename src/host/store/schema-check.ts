/**
 * A database from elsewhere is a program: triggers run with every row that is written, views and computed columns
 * with every row that is read, expressions of indexes and checks with both, and collations and defaults decide what
 * is one row and what a row says. What is opened here must therefore be tables of rows and nothing else.
 *
 * - The tables of the format have to look as their writers make them, down to types and defaults.
 * - Other plain tables stay as they are and are never read: later versions of the writers may add some.
 * - Everything else is refused. Nothing is dropped: a file that was tampered with is for somebody to look at.
 */
import type { DatabaseSync } from "node:sqlite";
import { type Row, readInteger } from "#files/database.ts";
import { MAX_SCHEMA_OBJECTS } from "#files/decode-limits.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type PlainColumn, readPlainIndex, readPlainTable } from "./plain-sql.ts";
import { TABLES, type Table } from "./schema.ts";

/** A row of `sqlite_schema`. */
interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string | null;
  readonly root: number;
}

/** Tables of SQLite itself: statistics, and the last ids of tables that count on. */
const OWN_TABLES = /^sqlite_(stat[134]|sequence)$/;
/** The index of a table's own key, which has no statement. */
const OWN_INDEX = /^sqlite_autoindex_/;

/** How SQLite itself writes down every statement for a table of rows, whatever it was given. */
const PLAIN_START = "CREATE TABLE ";

const LONGEST_NAME = 80;

/**
 * Checks that a database holds nothing that runs by itself. Call it before any statement of another kind.
 *
 * @param path for messages
 * @throws BatonError FailedPrecondition if it does; ResourceExhausted if it holds more than anybody would make.
 */
export function checkSchema(db: DatabaseSync, path: string): void {
  const encoding = db.prepare("PRAGMA encoding").get()?.["encoding"];
  if (encoding !== "UTF-8") throw refusal(path, `its text is encoded in ${String(encoding)}, not in UTF-8`);
  const objects = readObjects(db, path);
  const roots = new Set<number>();
  for (const object of objects) {
    if (roots.has(object.root)) throw refusal(path, `${describe(object)} shares its rows with another one`);
    roots.add(object.root);
    checkObject(db, object, path);
  }
  for (const table of TABLES) checkUniqueIndex(objects, table, path);
}

function readObjects(db: DatabaseSync, path: string): SchemaObject[] {
  const rows = db
    .prepare(
      `SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid LIMIT ${MAX_SCHEMA_OBJECTS + 1}`,
    )
    .all();
  if (rows.length > MAX_SCHEMA_OBJECTS) {
    throw new BatonError(
      Code.ResourceExhausted,
      `${path} is refused: it has more than ${MAX_SCHEMA_OBJECTS} tables and indexes. It was left untouched; ` +
        "restore it from a copy, or sync into a new file",
      { kind: "configuration" },
    );
  }
  return rows.map((row) => toObject(row, path));
}

function toObject(row: Row, path: string): SchemaObject {
  const { type, name, tbl_name: table, sql } = row;
  if (typeof type !== "string" || typeof name !== "string" || typeof table !== "string") {
    throw refusal(path, "its list of tables is damaged");
  }
  if (sql !== null && typeof sql !== "string") throw refusal(path, "its list of tables is damaged");
  // Triggers and views have no rows.
  if (type !== "table" && type !== "index")
    throw refusal(path, `it contains the ${describe({ type, name })}`);
  return { type, name, table, sql: sql ?? null, root: readInteger(row, "rootpage") };
}

function checkObject(db: DatabaseSync, object: SchemaObject, path: string): void {
  if (object.type === "index") checkIndex(db, object, path);
  else if (object.root === 0 || !object.sql?.startsWith(PLAIN_START)) {
    throw refusal(path, `${describe(object)} is a virtual table`);
  } else {
    const known = TABLES.find(({ name }) => name === object.name.toLowerCase());
    if (known !== undefined) checkKnownTable(object, known, path);
    else if (!OWN_TABLES.test(object.name)) checkOtherTable(db, object, path);
  }
}

function checkKnownTable(object: SchemaObject, table: Table, path: string): void {
  const columns = readPlainTable(object.sql ?? "");
  if (columns === undefined) {
    throw refusal(path, `${describe(object)} has more than columns: checks, collations or computed values`);
  }
  const byName = new Map(columns.map((column) => [column.name, column]));
  const isRowId = byName.get("id")?.isRowId === true;
  if (!isRowId) throw refusal(path, `${describe(object)} has no row id`);
  for (const [name, declaration] of Object.entries(table.columns)) {
    const expected = readPlainTable(`CREATE TABLE expected (${name} ${declaration})`)?.[0];
    const found = byName.get(name);
    if (expected === undefined || (found === undefined && table.added?.includes(name))) continue;
    const difference = found === undefined ? "missing" : compareColumns(found, expected);
    if (difference !== undefined)
      throw refusal(path, `column ${name} of ${describe(object)} is ${difference}`);
  }
}

/** Another type changes what is stored ("007" becomes 7), and another default what is left out. */
function compareColumns(found: PlainColumn, expected: PlainColumn): string | undefined {
  if (found.type !== expected.type) return "of another type";
  const isExpected = found.default === undefined || found.default === expected.default;
  return isExpected ? undefined : "filled in with something";
}

/** A table that this program does not know: nothing may run when its rows are copied. */
function checkOtherTable(db: DatabaseSync, object: SchemaObject, path: string): void {
  const columns = db.prepare(`PRAGMA table_xinfo(${quote(object.name)})`).all();
  if (columns.some(({ hidden }) => hidden !== 0)) {
    throw refusal(path, `${describe(object)} has computed columns`);
  }
}

function checkIndex(db: DatabaseSync, object: SchemaObject, path: string): void {
  if (object.sql === null) {
    const belongsToTable = OWN_INDEX.test(object.name);
    if (!belongsToTable) throw refusal(path, `${describe(object)} has no statement`);
    return;
  }
  const columns = db.prepare(`PRAGMA index_xinfo(${quote(object.name)})`).all();
  const isOfColumns = columns.every(({ cid }) => typeof cid === "number" && cid >= -1);
  if (!isOfColumns || readPlainIndex(object.sql) === undefined) {
    throw refusal(path, `${describe(object)} has expressions or collations`);
  }
}

/** What decides whether a row is a new one has to be the ids that its writers mean. */
function checkUniqueIndex(objects: readonly SchemaObject[], table: Table, path: string): void {
  const { name, columns } = table.uniqueIndex;
  const object = objects.find(
    (candidate) => candidate.type === "index" && candidate.name.toLowerCase() === name,
  );
  if (object === undefined) return;
  const index = readPlainIndex(object.sql ?? "");
  const isExpected =
    index !== undefined &&
    object.table.toLowerCase() === table.name &&
    index.isUnique &&
    !index.isPartial &&
    index.columns.join(", ") === columns;
  if (!isExpected)
    throw refusal(path, `${describe(object)} is not the unique index that this format requires`);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** For example `trigger "t"`. Names come from the file, so they are quoted and kept short. */
function describe({ type, name }: Pick<SchemaObject, "type" | "name">): string {
  return `${type.slice(0, LONGEST_NAME)} ${JSON.stringify(name.slice(0, LONGEST_NAME))}`;
}

function refusal(path: string, problem: string): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `${path} is refused: ${problem}. A file of this kind contains plain tables only, so another program has changed it; ` +
      "it was left untouched. Find out which one, and restore the file from a copy, or sync into a new file",
    { kind: "configuration" },
  );
}
