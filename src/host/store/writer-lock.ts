import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { type Row, readInteger, readText } from "#files/database.ts";
import { findLackOfDescriptors, sqliteCodeOf, toFileError } from "#files/file-errors.ts";
import { createPrivateFile, hasLocks, identifyFile, isSameFile } from "#files/file-lock.ts";
import { lockPathOf } from "#files/helper-path.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import { toFaultError } from "#kernel/system-error.ts";

/**
 * Keeps a second writer away from an output file. Node has no file locks of its own, but SQLite has: the
 * lock is an open write transaction on a tiny database beside the output. The operating system drops it with
 * the process, however that ends, so there is no stale lock to guess about from process ids, which containers
 * reuse. The database says who holds the lock, and where killed holders left their workspaces: it is kept until
 * one holder comes to its end, so that a process which is killed while it tidies up loses none of them.
 *
 * Go programs do not know this lock.
 */
export interface WriterLock {
  /** The workspaces of earlier holders that did not get to remove them. */
  readonly abandonedWorkspaces: readonly string[];
  release(): void;
}

/** Closing one lock file while its name is being given up by its holder can need another try. */
const MAX_ATTEMPTS = 20;
/** A holder keeps readers out for an instant while it writes its name. */
const LOCK_PATIENCE_MS = 200;
const TABLE = "CREATE TABLE holder (token text, pid integer, host text, workspace text)";
const LATEST = "ORDER BY rowid DESC LIMIT 1";
const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/**
 * Takes the lock for `outputPath` at once or not at all. Where the file system has no locks the run continues without,
 * with a warning.
 *
 * @param workspace recorded for the next process, if this one is killed
 * @throws BatonError FailedPrecondition if another process (or an open file of this one) holds it, or something else
 *   stands at the name of the lock file; PermissionDenied if another user's lock file is in the way.
 */
export function acquireWriterLock(outputPath: string, workspace: string, log: Logger): WriterLock {
  const lockPath = lockPathOf(outputPath);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const lock = tryAcquire({ lockPath, outputPath, workspace, log });
    if (lock !== undefined) return lock;
  }
  throw new BatonError(
    Code.FailedPrecondition,
    `${outputPath} is in use by several other processes; try again later`,
  );
}

interface Attempt {
  readonly lockPath: string;
  readonly outputPath: string;
  readonly workspace: string;
  readonly log: Logger;
}

/** The lock, or undefined if the lock file was replaced meanwhile. */
function tryAcquire(attempt: Attempt): WriterLock | undefined {
  const { lockPath, outputPath, workspace, log } = attempt;
  const isNew = createPrivateFile(lockPath);
  const found = identifyFile(lockPath);
  if (found === undefined) return undefined;
  if (found.kind !== "file") {
    const what = found.kind === "link" ? "a symbolic link" : "not a regular file";
    throw refuse(Code.FailedPrecondition, `${lockPath} is ${what} and cannot be a lock file; remove it`);
  }
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(lockPath, { timeout: LOCK_PATIENCE_MS });
    // SQLite follows links. Nothing is written before it is clear that none has come in between.
    if (!isSameFile(identifyFile(lockPath), found)) {
      db.close();
      return undefined;
    }
    refuseForeignDatabase(db, lockPath);
    const token = randomUUID();
    db.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    db.exec("BEGIN IMMEDIATE");
    db.exec(TABLE.replace("TABLE", "TABLE IF NOT EXISTS"));
    const earlier = db.prepare("SELECT workspace FROM holder").all();
    db.prepare("INSERT INTO holder VALUES (?, ?, ?, ?)").run(token, process.pid, hostname(), workspace);
    // Others can read who holds the lock only after a commit; a process that steps in between makes the next line fail.
    db.exec("COMMIT; BEGIN IMMEDIATE");
    if (readHolderToken(lockPath) !== token) {
      db.close();
      return undefined;
    }
    const held = db;
    return {
      abandonedWorkspaces: earlier.map((row) => readText(row, "workspace")),
      release: () => releaseLock(held, lockPath),
    };
  } catch (error) {
    const refusal = explain(error, db, attempt, found.owner);
    db?.close();
    if (!isRefusedLock(error) || hasLocks(outputPath)) throw refusal;
    log.warn(
      "the file system does not support locks, so nothing prevents a second run from writing the file at the same time",
      {
        path: outputPath,
      },
    );
    if (isNew) removeLockFile(lockPath);
    return { abandonedWorkspaces: [], release: () => undefined };
  }
}

/** Removes the file while the lock is still held: a process that opened it before finds another token under its name. */
function releaseLock(db: DatabaseSync, lockPath: string): void {
  removeLockFile(lockPath);
  db.close();
  // Windows removes no open file.
  if (process.platform === "win32") removeLockFile(lockPath);
}

function removeLockFile(lockPath: string): void {
  try {
    rmSync(lockPath, { force: true });
  } catch {
    // A lock file that stays is not a lock: it can be taken again.
  }
}

function readHolderToken(lockPath: string): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(lockPath, { readOnly: true });
    return readText(db.prepare(`SELECT token FROM holder ${LATEST}`).get() ?? {}, "token");
  } catch (error) {
    const lack = findLackOfDescriptors();
    if (lack !== undefined) throw toFaultError(lack, error, `take the lock file ${lockPath}`);
    return undefined;
  } finally {
    db?.close();
  }
}

/** A lock file is ours to write to only if it holds what a lock file holds: anybody can have put it there. */
function refuseForeignDatabase(db: DatabaseSync, lockPath: string): void {
  const entries = db.prepare("SELECT sql FROM sqlite_schema").all();
  if (entries.some((entry) => entry["sql"] !== TABLE)) throw notALockFile(lockPath);
}

function notALockFile(lockPath: string, cause?: unknown): BatonError {
  return refuse(
    Code.FailedPrecondition,
    `${lockPath} is not a lock file of this program; move it away, or choose another output file`,
    cause,
  );
}

/** How SQLite reports that it did not get a lock: another process has it, or there are no locks here. */
function isRefusedLock(error: unknown): boolean {
  return [SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR].includes(sqliteCodeOf(error));
}

function explain(
  error: unknown,
  db: DatabaseSync | undefined,
  { lockPath, outputPath }: Attempt,
  owner: number,
): BatonError {
  switch (sqliteCodeOf(error)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return describeHolder(db, outputPath);
    case SQLITE_NOTADB:
      return notALockFile(lockPath, error);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      if (owner === process.getuid?.()) break;
      return refuse(
        Code.PermissionDenied,
        `the lock file ${lockPath} belongs to another user (${owner}); if no other run writes ${outputPath}, remove it`,
        error,
      );
    default:
  }
  return toFileError(error, `take the lock file ${lockPath}`);
}

function describeHolder(db: DatabaseSync | undefined, outputPath: string): BatonError {
  let holder: Row | undefined;
  try {
    holder = db?.prepare(`SELECT pid, host FROM holder ${LATEST}`).get();
  } catch {
    // It is just being written; the message does without.
  }
  const who =
    holder === undefined ? "" : ` (process ${readInteger(holder, "pid")} on ${readText(holder, "host")})`;
  return new BatonError(
    Code.FailedPrecondition,
    `${outputPath} is being written by another process${who}; wait until it is done, or choose another output file`,
  );
}

function refuse(code: Code, message: string, cause?: unknown): BatonError {
  return new BatonError(code, message, { kind: "configuration", cause });
}
