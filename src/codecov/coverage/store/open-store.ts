import { closeSync, openSync, readSync, statSync } from "node:fs";
import { DatabaseSync, type DatabaseSyncOptions } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { Organization } from "#codecov/coverage/model/ledger.ts";
import { type Row, readInteger } from "#files/database.ts";
import { sqliteCodeOf, toFileError } from "#files/file-errors.ts";
import { createPrivateFile } from "#files/file-lock.ts";
import { isMissing } from "#files/missing.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { APPLICATION_ID, hasSchema, MIGRATIONS } from "./coverage-schema.ts";
import { readOrganization } from "./stored-columns.ts";

/** How long a transaction of another process is waited for. */
const PATIENCE_MS = 10_000;

const CACHE_KIB = 8_192;

const SQLITE_READONLY = 8;
const SQLITE_CANTOPEN = 14;

/** The header of a database: what it begins with, and where it tells its kind. */
const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";
const APPLICATION_ID_OFFSET = 68;

/** No value in a store comes near this. */
const MAX_VALUE_BYTES = 64 * 1024 * 1024;

/** Nothing in a file runs by itself: see `hasSchema`, and this for what SQLite can do about it. */
const GUARDED: DatabaseSyncOptions = {
  timeout: PATIENCE_MS,
  defensive: true,
  enableForeignKeyConstraints: false,
  enableDoubleQuotedStringLiterals: false,
  limits: { length: MAX_VALUE_BYTES },
};

/**
 * Opens a store to write, and makes it if it is not there: for this user only. Whoever calls this holds the store's lock.
 *
 * The store is in WAL mode, in which a reader never waits for the writer and one that takes its time, like a report that
 * somebody pages through, does not hold it up. Where a file system cannot do that it stays in rollback mode. A commit is not
 * flushed to disk at once: a killed process loses nothing, and after a power failure the store is as it was a moment before.
 *
 * @throws BatonError FailedPrecondition if the file is no store, one of a newer version, or one of another organization
 */
export function openForWriting(
  path: string,
  organization: Organization,
  migrations: readonly string[] = MIGRATIONS,
): DatabaseSync {
  if (!createPrivateFile(path) && readKind(path) !== "empty")
    checkBeforeWriting(path, organization, migrations);
  const db = new DatabaseSync(path, GUARDED);
  try {
    db.exec(`PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -${CACHE_KIB}`);
    migrate(db, organization, migrations);
    enterWalMode(db);
    db.exec("PRAGMA synchronous = NORMAL");
    return db;
  } catch (error) {
    db.close();
    throw toFileError(error, `open ${path}`);
  }
}

/** A store in memory, for what is read and judged in one run. */
export function openInMemory(organization: Organization): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  migrate(db, organization, MIGRATIONS);
  return db;
}

/**
 * Opens a store to read. Its writer may be at work.
 *
 * @param organization refuses a store of another one; undefined for whichever it is
 * @throws BatonError NotFound if there is no file; FailedPrecondition as {@link openForWriting}, and for a store of an older
 *   version, which the next sync brings up to date
 */
export function openForReading(path: string, organization?: Organization): DatabaseSync {
  const kind = readKind(path);
  if (kind === "missing") {
    throw new BatonError(
      Code.NotFound,
      `there is no store at ${path}; fill it with coverage sync, or name another one with --store`,
      { kind: "configuration" },
    );
  }
  if (kind === "empty") throw notAStore(path, "it is empty");
  const db = openToRead(path);
  try {
    checkContent(db, { path, organization, migrations: MIGRATIONS, acceptsOlder: false });
    return db;
  } catch (error) {
    db.close();
    throw toFileError(error, `read ${path}`);
  }
}

/**
 * What is at `path`, by the header of the file.
 *
 * @throws BatonError FailedPrecondition if it is something else
 */
export function readKind(path: string): "missing" | "empty" | "store" {
  let header: Buffer;
  try {
    // Opening a named pipe would wait for its other end.
    if (!statSync(path).isFile()) throw notAStore(path, "it is not a regular file");
    header = readHeader(path);
  } catch (error) {
    if (isMissing(error)) return "missing";
    throw toFileError(error, `read ${path}`);
  }
  if (header.length === 0) return "empty";
  if (header.length < HEADER_BYTES || header.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    throw notAStore(path, "it is another kind of file");
  }
  if (header.readUInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) {
    throw notAStore(path, "it is a database of another program");
  }
  return "store";
}

function readHeader(path: string): Buffer {
  const descriptor = openSync(path, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(descriptor, header));
  } finally {
    closeSync(descriptor);
  }
}

/** A store that is refused stays as it is, so it is looked at before anything could be written. */
function checkBeforeWriting(path: string, organization: Organization, migrations: readonly string[]): void {
  using db = openToRead(path);
  try {
    checkContent(db, { path, organization, migrations, acceptsOlder: true });
  } catch (error) {
    throw toFileError(error, `read ${path}`);
  }
}

/**
 * A connection that only reads. In WAL mode that takes two more files beside the store, which its last connection removes
 * again; only one that may write does so. Where none can be made, as in a directory that is mounted to be read, nobody
 * writes at the same time, and SQLite is told so.
 */
function openToRead(path: string): DatabaseSync {
  const db = new DatabaseSync(path, GUARDED);
  try {
    db.exec("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return db;
  } catch (error) {
    db.close();
    if (![SQLITE_CANTOPEN, SQLITE_READONLY].includes(sqliteCodeOf(error))) {
      throw toFileError(error, `read ${path}`);
    }
  }
  const url = pathToFileURL(path);
  url.search = "?immutable=1";
  try {
    return new DatabaseSync(url, { ...GUARDED, readOnly: true });
  } catch (error) {
    throw toFileError(error, `read ${path}`);
  }
}

interface Expected {
  readonly path: string;
  readonly organization: Organization | undefined;
  readonly migrations: readonly string[];
  readonly acceptsOlder: boolean;
}

/** @throws BatonError FailedPrecondition if the content is not what is expected */
function checkContent(db: DatabaseSync, { path, organization, migrations, acceptsOlder }: Expected): void {
  const version = readVersion(db);
  if (version > migrations.length) {
    throw refuse(
      `${path} was written by a newer version of this program; update this one, or name another store with --store`,
    );
  }
  if (version < 1 || !hasSchema(db, version, migrations)) {
    throw notAStore(path, "it holds other tables than a store does");
  }
  if (version < migrations.length && !acceptsOlder) {
    throw refuse(
      `${path} was written by an older version of this program; coverage sync brings it up to date`,
    );
  }
  const stored = readStoredOrganization(db);
  if (stored === undefined) throw notAStore(path, "it does not say whose coverage it holds");
  if (organization === undefined || isSame(stored, organization)) return;
  throw refuse(
    `${path} holds the coverage of ${describe(stored)}, not of ${describe(organization)}; name another store with --store`,
  );
}

/** The first row of `organization`. */
export function readStoredOrganization(db: DatabaseSync): Organization | undefined {
  const row = db.prepare("SELECT service, owner, origin FROM organization").get();
  return row === undefined ? undefined : readOrganization(row);
}

/** Codecov takes an owner in any case. */
function isSame(a: Organization, b: Organization): boolean {
  return a.service === b.service && a.owner.toLowerCase() === b.owner.toLowerCase() && a.origin === b.origin;
}

function describe({ service, owner, origin }: Organization): string {
  return `${service}/${owner} at ${origin}`;
}

function readVersion(db: DatabaseSync): number {
  return readInteger(pragma(db, "user_version"), "user_version");
}

function pragma(db: DatabaseSync, name: string): Row {
  return db.prepare(`PRAGMA ${name}`).get() ?? {};
}

/** In one transaction, so that a store is of one version or the other, whenever this process is killed. */
function migrate(db: DatabaseSync, { service, owner, origin }: Organization, migrations: readonly string[]) {
  db.exec("BEGIN IMMEDIATE");
  const version = readVersion(db);
  if (version === migrations.length) {
    db.exec("ROLLBACK");
    return;
  }
  for (const step of migrations.slice(version)) db.exec(step);
  if (version === 0) {
    db.prepare("INSERT INTO organization VALUES (?, ?, ?, NULL, '[]', NULL)").run(service, owner, origin);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  }
  db.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
}

/** Where a file system has no shared memory this fails, and the store is as good without it, only slower. */
function enterWalMode(db: DatabaseSync): void {
  try {
    db.exec("PRAGMA journal_mode = WAL");
  } catch {
    // It stays in the mode it was in.
  }
}

function notAStore(path: string, why: string): BatonError {
  return refuse(
    `${path} is not a store of coverage: ${why}. It was left untouched; name another one with --store`,
  );
}

function refuse(message: string): BatonError {
  return new BatonError(Code.FailedPrecondition, message, { kind: "configuration" });
}
