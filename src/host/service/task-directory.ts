import { mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kernel/clock.ts";
import { describeSystemFault, toFaultError } from "#kernel/system-error.ts";

/** Everything a sync task writes is in one private directory, which goes with the task. */
export interface TaskDirectory extends AsyncDisposable {
  readonly path: string;
  /** The file to sync into. Exists, is empty, and is for this user only. */
  readonly syncFile: string;
  readonly debugLog: string;
}

const PREFIX = "baton-sdk-sync-upload-";
const DAY_MS = 24 * 60 * 60_000;

/**
 * Makes a directory for one task inside `parent`.
 *
 * @throws BatonError FailedPrecondition, PermissionDenied or ResourceExhausted if `parent` cannot take it.
 */
export async function createTaskDirectory(parent: string): Promise<TaskDirectory> {
  try {
    const path = await mkdtemp(join(parent, PREFIX));
    const syncFile = join(path, "sync.c1z");
    await (await open(syncFile, "wx", 0o600)).close();
    return {
      path,
      syncFile,
      debugLog: join(path, "debug.log"),
      [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
    };
  } catch (error) {
    const fault = describeSystemFault(error);
    if (fault === undefined) throw error;
    const remedy = "name a writable directory with BATON_TMPDIR or --c1z-temp-dir";
    throw toFaultError({ ...fault, remedy }, error, `create temporary files in ${parent}`);
  }
}

/** Removes what killed processes left in `parent`: directories in which nothing has changed for a day. */
export async function removeAbandonedTaskDirectories(parent: string, clock: Clock): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((candidate) => candidate.startsWith(PREFIX))) {
    const path = join(parent, name);
    // Others may be removing the same directory, or own it.
    const changedAt = await findLastChange(path).catch(() => Number.POSITIVE_INFINITY);
    if (clock.now() - changedAt < DAY_MS) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function findLastChange(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true });
  const stats = await Promise.all(
    [directory, ...entries.map((name) => join(directory, name))].map(timeOfChange),
  );
  return Math.max(...stats);
}

async function timeOfChange(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}
