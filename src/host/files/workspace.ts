import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { lstat, mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { BatonError, Code } from "#kernel/errors.ts";
import { toFileError } from "./file-errors.ts";
import { createPrivateFile, identifyFile, tryLock } from "./file-lock.ts";

const PREFIX = "baton-c1z-";
const DATABASE = "db";
const SNAPSHOT = "snapshot";
/** Everything that can be in a workspace: databases with the journals SQLite makes beside them, and the lock. */
const CONTENT = /^(?:(?:db|snapshot)(?:-journal|-wal|-shm)?|lock-[\da-f]{8})$/;

/** A workspace is locked at once; only a stopped process takes longer. */
const LOCKED_AFTER_MS = 10_000;

const DAY_MS = 24 * 60 * 60_000;

let lockName: string | undefined;

/**
 * A private directory for one open file: only this user can read it, and it goes when the file is closed. While it is
 * in use it is locked, so that a later process can tell it from one that a killed process left.
 */
export class Workspace {
  readonly directory: string;
  /** The database that is worked on. */
  readonly databasePath: string;
  /** The compact copy that is made of it to be saved. */
  readonly snapshotPath: string;
  readonly #lockPath: string;
  #lock: DatabaseSync | undefined;

  constructor(directory: string) {
    this.directory = directory;
    this.databasePath = join(directory, DATABASE);
    this.snapshotPath = join(directory, SNAPSHOT);
    this.#lockPath = join(directory, nameLock());
  }

  /**
   * Makes the directory, and removes those beside it that killed processes left.
   *
   * @throws BatonError PermissionDenied or ResourceExhausted if it cannot be made.
   */
  async create(): Promise<void> {
    try {
      await mkdir(this.directory, { mode: 0o700 });
      createPrivateFile(this.#lockPath);
      // Without locks the directory is left to a day without changes, should this process be killed.
      this.#lock = tryLock(this.#lockPath);
    } catch (error) {
      throw toFileError(error, `create the temporary directory ${this.directory}`);
    }
    await removeAbandonedWorkspaces(dirname(this.directory));
  }

  /** Removes the directory. Calling it again does nothing. */
  async remove(): Promise<void> {
    this.#lock?.close();
    this.#lock = undefined;
    await rm(this.directory, { recursive: true, force: true });
  }
}

/**
 * Names a workspace that does not exist yet in `tempDir`, else in `BATON_TMPDIR`, else in the system's temporary directory.
 *
 * @throws BatonError FailedPrecondition if that directory does not exist, PermissionDenied if it cannot be used.
 */
export async function nameWorkspace(tempDir: string | undefined): Promise<Workspace> {
  const parent = tempDir || process.env["BATON_TMPDIR"] || tmpdir();
  try {
    if (!(await stat(parent)).isDirectory()) {
      throw new BatonError(Code.FailedPrecondition, `the temporary directory ${parent} is not a directory`, {
        kind: "configuration",
      });
    }
    return new Workspace(join(parent, PREFIX + randomUUID()));
  } catch (error) {
    throw toFileError(error, `use the temporary directory ${parent}`);
  }
}

/**
 * Removes what a killed process left behind. The path comes from a file that others may have written, so
 * nothing is removed but files of a workspace in a directory that looks like one; every doubt leaves it alone.
 */
export async function removeAbandonedWorkspace(directory: string): Promise<void> {
  if (!basename(directory).startsWith(PREFIX)) return;
  try {
    if (!(await lstat(directory)).isDirectory()) return;
    const names = await readdir(directory);
    if (!names.every((name) => CONTENT.test(name))) return;
    for (const name of names) await rm(join(directory, name), { force: true });
    await rmdir(directory);
  } catch {
    // It is gone already, belongs to somebody else, or holds something unknown.
  }
}

/** Removes the workspaces in `parent` that belong to this user and to no process any more. */
async function removeAbandonedWorkspaces(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(PREFIX)) continue;
    const directory = join(parent, name);
    if (await isAbandoned(directory)) await removeAbandonedWorkspace(directory);
  }
}

async function isAbandoned(directory: string): Promise<boolean> {
  try {
    const { uid, mtimeMs } = await lstat(directory);
    // Another user's lock file is not even opened. A new workspace may be about to be locked.
    if (uid !== (process.getuid?.() ?? uid) || Date.now() - mtimeMs < LOCKED_AFTER_MS) return false;
    const lockPath = join(directory, nameLock());
    if (identifyFile(lockPath)?.kind === "file") {
      const lock = tryLock(lockPath);
      lock?.close();
      return lock !== undefined;
    }
    // Of another machine, which may share the directory but not its locks, or of a version that had none.
    const { mtimeMs: changedAt } = await lstat(join(directory, DATABASE)).catch(() => ({ mtimeMs }));
    return Date.now() - Math.max(mtimeMs, changedAt) > DAY_MS;
  } catch {
    // Its process has just removed it.
    return false;
  }
}

/**
 * The lock's name says which running system the lock is known to. Boots are told apart, as host names are not unique;
 * without them (only Linux tells) the host name has to do.
 */
function nameLock(): string {
  lockName ??= `lock-${createHash("sha256").update(readBootId()).digest("hex").slice(0, 8)}`;
  return lockName;
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1");
  } catch {
    return hostname();
  }
}
