import { lstatSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { createPrivateFile, hasLocks, identifyFile, isSameFile, tryLock } from "#files/file-lock.ts";
import { lockPathOf } from "#files/helper-path.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** The name of the lock file can be given up by its holder while it is opened; then it takes another try. */
const MAX_ATTEMPTS = 20;

/** Says that this process alone writes a store, until it is released. */
export interface StoreLock {
  release(): void;
}

/**
 * Keeps a second writer away for a whole run: SQLite's own locks last for one transaction only. The lock is an open
 * transaction on an empty file beside the store, which the operating system drops with the process. Where the file system
 * has no locks there is none.
 *
 * @throws BatonError FailedPrecondition if another process holds it, or something else is at the name of the lock file
 */
export function lockStore(path: string): StoreLock {
  const lockPath = lockPathOf(path);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    createPrivateFile(lockPath);
    const found = identifyFile(lockPath);
    if (found === undefined) continue;
    if (found.kind !== "file" || lstatSync(lockPath, { throwIfNoEntry: false })?.size !== 0) {
      throw refuse(`${lockPath} is not a lock file of this program; move it away, or name another store`);
    }
    const lock = tryLock(lockPath);
    if (lock === undefined) {
      if (!hasLocks(path)) return { release: () => undefined };
      throw refuse(
        `${path} is being written by another run; wait until it is done, or name another store with --store`,
      );
    }
    // Its last holder can have removed the file after it was opened here; the lock would then be on no name.
    if (isSameFile(identifyFile(lockPath), found)) return { release: () => releaseLock(lock, lockPath) };
    lock.close();
  }
  throw refuse(`${path} is in use by several other runs; try again later`);
}

/** Removed while the lock is still held, so that nobody else's is. */
function releaseLock(lock: DatabaseSync, lockPath: string): void {
  remove(lockPath);
  lock.close();
  // Windows removes no open file.
  if (process.platform === "win32") remove(lockPath);
}

function remove(lockPath: string): void {
  try {
    rmSync(lockPath, { force: true });
  } catch {
    // A lock file that stays is not a lock: it can be taken again.
  }
}

function refuse(message: string): BatonError {
  return new BatonError(Code.FailedPrecondition, message, { kind: "configuration" });
}
