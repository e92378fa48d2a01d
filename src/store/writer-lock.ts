import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { BatonError, Code } from "#kernel/errors.ts";
import { type Row, readInteger, readText } from "./database.ts";

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
const LATEST = "ORDER BY rowid DESC LIMIT 1";
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

/**
 * Takes the lock for `outputPath` at once or not at all.
 *
 * @param workspace recorded for whoever comes after this process, if it is killed
 * @throws BatonError FailedPrecondition if another process (or an open file of this one) holds it.
 */
export function acquireWriterLock(outputPath: string, workspace: string): WriterLock {
  const lockPath = `${outputPath}.lock`;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const lock = tryAcquire(lockPath, outputPath, workspace);
    if (lock !== undefined) return lock;
  }
  throw new BatonError(
    Code.FailedPrecondition,
    `${outputPath} is in use by several other processes; try again later`,
  );
}

/** The lock, or undefined if the lock file was replaced meanwhile. */
function tryAcquire(lockPath: string, outputPath: string, workspace: string): WriterLock | undefined {
  const db = new DatabaseSync(lockPath, { timeout: LOCK_PATIENCE_MS });
  try {
    const token = randomUUID();
    db.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    db.exec("BEGIN IMMEDIATE");
    db.exec("CREATE TABLE IF NOT EXISTS holder (token text, pid integer, host text, workspace text)");
    const earlier = db.prepare("SELECT workspace FROM holder").all();
    db.prepare("INSERT INTO holder VALUES (?, ?, ?, ?)").run(token, process.pid, hostname(), workspace);
    // Others can read who holds the lock only after a commit; whoever steps in between makes the next line fail.
    db.exec("COMMIT; BEGIN IMMEDIATE");
    if (readHolderToken(lockPath) !== token) {
      db.close();
      return undefined;
    }
    return {
      abandonedWorkspaces: earlier.map((row) => readText(row, "workspace")),
      release: () => releaseLock(db, lockPath),
    };
  } catch (error) {
    const refusal = isBusy(error) ? describeHolder(db, outputPath) : error;
    db.close();
    throw refusal;
  }
}

/** Removes the file while the lock is still held: whoever opened it before finds another token under its name. */
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
    // A lock file that stays is no lock: it can be taken again.
  }
}

function readHolderToken(lockPath: string): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(lockPath, { readOnly: true });
    return readText(db.prepare(`SELECT token FROM holder ${LATEST}`).get() ?? {}, "token");
  } catch {
    return undefined;
  } finally {
    db?.close();
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  const primaryCode = error.errcode & 0xff;
  return primaryCode === SQLITE_BUSY || primaryCode === SQLITE_LOCKED;
}

function describeHolder(db: DatabaseSync, outputPath: string): BatonError {
  let holder: Row | undefined;
  try {
    holder = db.prepare(`SELECT pid, host FROM holder ${LATEST}`).get();
  } catch {
    // It is just being written; the message does without.
  }
  const who =
    holder === undefined ? "" : ` (process ${readInteger(holder, "pid")} on ${readText(holder, "host")})`;
  return new BatonError(
    Code.FailedPrecondition,
    `${outputPath} is being written by another process${who}; wait until it has ended, or choose another output file`,
  );
}
