import { closeSync, constants, fchmodSync, lstatSync, openSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { systemCodeOf } from "#kernel/system-error.ts";
import { temporaryPathOf } from "./helper-path.ts";

/**
 * Node has no locks on files, but SQLite has: a lock is an open transaction on a small database. The operating system
 * drops it with the process, however that ends.
 */

/** A new file and nothing else: no link is followed. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Which file a name leads to. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  /** Numeric user id of its owner. */
  readonly owner: number;
  readonly kind: "file" | "link" | "other";
}

/** What is at `path`, without following links; undefined if nothing is. */
export function identifyFile(path: string): FileIdentity | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const kind = stats.isFile() ? "file" : stats.isSymbolicLink() ? "link" : "other";
  return { device: stats.dev, inode: stats.ino, owner: Number(stats.uid), kind };
}

export function isSameFile(a: FileIdentity | undefined, b: FileIdentity | undefined): boolean {
  return a !== undefined && a.device === b?.device && a.inode === b.inode && a.kind === b.kind;
}

/** Makes an empty file for this user only; false if there is anything at `path`, be it a link to nothing. */
export function createPrivateFile(path: string): boolean {
  try {
    const descriptor = openSync(path, NEW_FILE, 0o600);
    try {
      // Whatever the umask: SQLite opens it by its name.
      fchmodSync(descriptor, 0o600);
    } catch {
      // Not every file system has modes.
    }
    closeSync(descriptor);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Takes an exclusive lock on a file that exists, at once or not at all; the lock is held until the result is closed.
 * Nothing is written to the file. Undefined if somebody else has it, or there are no locks here.
 */
export function tryLock(path: string): DatabaseSync | undefined {
  const url = pathToFileURL(path);
  url.search = "?mode=rw";
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(url, { timeout: 0 });
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return db;
  } catch {
    db?.close();
    return undefined;
  }
}

/** Whether the file system has locks, tried with a new file beside `path`. Some network shares have none. */
export function hasLocks(path: string): boolean {
  const probe = temporaryPathOf(path);
  createPrivateFile(probe);
  try {
    const lock = tryLock(probe);
    lock?.close();
    return lock !== undefined;
  } finally {
    rmSync(probe, { force: true });
  }
}
