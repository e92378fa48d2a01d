import { randomBytes } from "node:crypto";
import {
  access,
  constants,
  type FileHandle,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { BatonError, Code } from "#kernel/errors.ts";
import { toFileError } from "./file-errors.ts";

/** Names and e-mail addresses of a whole organization are for the owner's eyes, until the owner decides otherwise. */
const DEFAULT_MODE = 0o600;

/**
 * Checks that a file can be written at `path`, before any work is done, and returns its absolute path with
 * symbolic links followed: a link keeps pointing at the new file.
 *
 * @throws BatonError FailedPrecondition, InvalidArgument or PermissionDenied that says why not.
 */
export async function resolveOutput(path: string): Promise<string> {
  if (path === "") {
    throw new BatonError(
      Code.InvalidArgument,
      "the name of the output file is empty; name a file, for example sync.c1z",
    );
  }
  try {
    const existing = await stat(path).catch(undefinedIfMissing);
    if (existing !== undefined && !existing.isFile()) {
      throw new BatonError(
        Code.FailedPrecondition,
        `${path} is not a regular file; choose another output file`,
        {
          kind: "configuration",
        },
      );
    }
    const absolute = resolve(path);
    const directory = await realpath(dirname(absolute));
    await access(directory, constants.W_OK | constants.X_OK);
    return existing === undefined ? join(directory, basename(absolute)) : await realpath(absolute);
  } catch (error) {
    throw toFileError(error, `write ${path}`);
  }
}

/**
 * Replaces a file in one step: `write` fills a new file beside it, which takes its name only once it is
 * complete and on disk. Whenever the process or the machine stops, the old or the new file is there.
 * Permissions are inherited from the old one.
 */
export async function replaceFile<T>(path: string, write: (target: FileHandle) => Promise<T>): Promise<T> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const mode = (await stat(path).catch(undefinedIfMissing))?.mode;
    const target = await open(temporary, "wx", DEFAULT_MODE);
    let result: T;
    try {
      // Set afterwards, since an inherited mode is meant as it is and not cut by the umask.
      if (mode !== undefined) await target.chmod(mode & 0o777);
      result = await write(target);
      await target.sync();
    } finally {
      await target.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Removes what {@link replaceFile} left beside `path` when it was killed. Only for the holder of the writer lock. */
export async function removeAbandonedTemporaries(path: string): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length))) continue;
    await rm(join(dirname(path), name), { force: true });
  }
}

/** Makes the new name survive a power failure; systems that cannot flush a directory do without. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
