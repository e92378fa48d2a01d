import type { FileHandle } from "node:fs/promises";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { BatonError, Code } from "#kernel/errors.ts";
import { MAX_PAGE_BYTES, MAX_SQLITE_BYTES, MAX_TOKEN_BYTES, MAX_VALUE_BYTES } from "./decode-limits.ts";
import { SQLITE_TOOBIG, sqliteCodeOf, toFileError } from "./file-errors.ts";

/** A result row by column name. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Little, as the system caches the file as well and this process should stay small. */
const CACHE_KIB = 2_048;
/** A copy is written from front to back and needs none of it again. */
const COPY_CACHE_KIB = 1_024;
/** Four times the usual: fewer pages to balance, journal and copy take a fifth off the time to write rows. */
const PAGE_BYTES = 16_384;
/** A value that is small however many rows a page may have. */
const MIN_SMALL_VALUE_BYTES = 4_096;

/**
 * Opens a private working database. It never outlives the process, so it needs no durability of its own and
 * nothing is synced. The rollback journal is a file nevertheless: in memory it would take as much as all the
 * pages that a transaction changes, and rows come in no order.
 *
 * Its content may come from anybody. What SQLite itself can do about that is asked for here; which schema is
 * accepted is up to `schema-check.ts`.
 */
export function openWorkingDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(withoutLocks(path), {
    defensive: true,
    // A table that is not ours must not have a say in what becomes of ours.
    enableForeignKeyConstraints: false,
    limits: { length: MAX_VALUE_BYTES },
  });
  try {
    db.exec(
      `PRAGMA hard_heap_limit = ${MAX_SQLITE_BYTES}; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
       PRAGMA journal_mode = PERSIST; PRAGMA synchronous = OFF; PRAGMA page_size = ${PAGE_BYTES};
       PRAGMA cache_size = -${CACHE_KIB}`,
    );
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Runs `work` while values may be as large as a progress token. */
export function withLargeValues<T>(db: DatabaseSync, work: () => T): T {
  setLargestValue(db, MAX_TOKEN_BYTES);
  try {
    return work();
  } finally {
    setLargestValue(db, MAX_VALUE_BYTES);
  }
}

/** The first releases of Node 24 have no limits to set. */
function setLargestValue(db: DatabaseSync, bytes: number): void {
  if (hasLimits(db)) db.limits.length = bytes;
}

function hasLimits(db: DatabaseSync): boolean {
  return "limits" in db;
}

/** Rows read at once, the first ones of a result. */
export interface QueryPage {
  readonly rows: Row[];
  /** Whether there are more, which were left out as the page was full. */
  readonly isCut: boolean;
}

/**
 * Reads rows until {@link MAX_PAGE_BYTES} are full, and at least one if there is one. Nearly all rows are small and
 * come in one call, which is a third faster than one by one: SQLite itself says when a value is not small.
 *
 * @param maxRows how many rows the statement yields at most
 */
export function readPage(
  db: DatabaseSync,
  statement: StatementSync,
  maxRows: number,
  ...values: SQLInputValue[]
): QueryPage {
  if (!hasLimits(db)) return readRowByRow(statement, values);
  setLargestValue(db, Math.max(MIN_SMALL_VALUE_BYTES, Math.floor(MAX_PAGE_BYTES / maxRows)));
  try {
    return { rows: statement.all(...values), isCut: false };
  } catch (error) {
    if (sqliteCodeOf(error) !== SQLITE_TOOBIG) throw error;
  } finally {
    setLargestValue(db, MAX_VALUE_BYTES);
  }
  return readRowByRow(statement, values);
}

function readRowByRow(statement: StatementSync, values: SQLInputValue[]): QueryPage {
  const rows: Row[] = [];
  let bytes = 0;
  for (const row of statement.iterate(...values)) {
    if (bytes > MAX_PAGE_BYTES) return { rows, isCut: true };
    rows.push(row);
    bytes += measureRow(row);
  }
  return { rows, isCut: false };
}

function measureRow(row: Row): number {
  let bytes = 0;
  for (const name in row) {
    const value = row[name];
    if (typeof value === "string" || value instanceof Uint8Array) bytes += value.length;
  }
  return bytes;
}

/** Writes a compact copy of a database, free of what was deleted, into a new file. */
export function copyDatabase(db: DatabaseSync, path: string): void {
  db.exec(`PRAGMA cache_size = -${COPY_CACHE_KIB}`);
  try {
    withLargeValues(db, () => db.prepare("VACUUM INTO ?").run(withoutLocks(path).href));
  } finally {
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  }
}

/** Where the header of a database tells its journal mode twice, to writers and to readers: 1 is a journal, 2 is WAL. */
const MODE_OFFSET = 18;

/**
 * Takes a database that is not open out of WAL mode, which needs locks. The copy of a `.c1z` file has no log beside it
 * that could hold more than the database.
 *
 * @param file open for reading and writing
 */
export async function leaveWalMode(file: FileHandle): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, MODE_OFFSET);
  if (bytesRead === 2 && buffer.includes(2)) await file.write(Buffer.from([1, 1]), 0, 2, MODE_OFFSET);
}

/** Nobody else opens a private database, and the directory for temporary files can be a share that has no locks. */
function withoutLocks(path: string): URL {
  const url = pathToFileURL(path);
  url.search = "?nolock=1";
  return url;
}

/**
 * Runs `work` in one transaction: all of it is stored, or, if it throws, nothing. Joins a transaction that is
 * open. Faults of the database (a full disk) become errors that say what to do.
 */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  if (db.isTransaction) return work();
  try {
    db.exec("BEGIN IMMEDIATE");
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // Some failures (a full disk) have rolled back already.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw toFileError(error, "write the working copy of the file");
  }
}

export function readText(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw wrongColumn(column, "text", value);
  return value;
}

export function readOptionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : readText(row, column);
}

export function readInteger(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw wrongColumn(column, "a number", value);
  return value;
}

export function readBlob(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrongColumn(column, "bytes", value);
  return value;
}

function wrongColumn(column: string, expected: string, value: unknown): BatonError {
  const found = value === null ? "nothing" : `a ${typeof value}`;
  return new BatonError(
    Code.DataLoss,
    `the file is damaged: column ${column} should contain ${expected} but contains ${found}; sync into a new file`,
  );
}
