import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { BatonError, Code } from "#kernel/errors.ts";
import { toFileError } from "./file-errors.ts";

/** A result row by column name. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Little, as the system caches the file as well and this process should stay small. */
const CACHE_KIB = 8_192;

/**
 * Opens a private working database. It never outlives the process, so it needs no durability of its own:
 * no syncing, and the rollback journal in memory (its size is bounded by that of one transaction).
 */
export function openWorkingDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    // A file that was left in WAL mode is converted by the first statement.
    db.exec(`PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -${CACHE_KIB}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Runs `work` in one transaction: all of it is stored, or, if it throws, nothing. Joins a transaction that is
 * open. Faults of the database (a full disk) become errors that say what to do.
 */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  if (db.isTransaction) return work();
  db.exec("BEGIN IMMEDIATE");
  try {
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
    `the file is damaged: column ${column} should hold ${expected} but holds ${found}; sync into a new file`,
  );
}
