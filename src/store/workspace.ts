import { randomUUID } from "node:crypto";
import { lstat, mkdir, rm, rmdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { BatonError, Code } from "#kernel/errors.ts";
import { toFileError } from "./file-errors.ts";

const PREFIX = "baton-c1z-";
const DATABASE = "db";
const SNAPSHOT = "snapshot";
/** Everything that can be in a workspace, with the journals SQLite makes beside its files. */
const CONTENT = [DATABASE, SNAPSHOT].flatMap((name) => [
  name,
  `${name}-journal`,
  `${name}-wal`,
  `${name}-shm`,
]);

/** A private directory for one open file: only this user can read it, and it goes when the file is closed. */
export interface Workspace {
  readonly directory: string;
  /** The database that is worked on. */
  readonly databasePath: string;
  /** The compact copy that is made of it to be saved. */
  readonly snapshotPath: string;
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
    return describeWorkspace(join(parent, PREFIX + randomUUID()));
  } catch (error) {
    throw toFileError(error, `use the temporary directory ${parent}`);
  }
}

/**
 * Makes the directory of a named workspace.
 *
 * @throws BatonError PermissionDenied or ResourceExhausted if it cannot be made.
 */
export async function createWorkspace({ directory }: Workspace): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    throw toFileError(error, `make the temporary directory ${directory}`);
  }
}

export async function removeWorkspace({ directory }: Workspace): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/**
 * Removes what a killed process left behind. The path comes from a file that others may have written, so
 * nothing is removed but files of a workspace in a directory that looks like one; every doubt leaves it alone.
 */
export async function removeAbandonedWorkspace(directory: string): Promise<void> {
  if (!basename(directory).startsWith(PREFIX)) return;
  try {
    if (!(await lstat(directory)).isDirectory()) return;
    for (const name of CONTENT) await rm(join(directory, name), { force: true });
    await rmdir(directory);
  } catch {
    // It is gone already, belongs to somebody else, or holds something unknown.
  }
}

function describeWorkspace(directory: string): Workspace {
  return { directory, databasePath: join(directory, DATABASE), snapshotPath: join(directory, SNAPSHOT) };
}
