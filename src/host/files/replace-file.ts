import { access, constants, type FileHandle, lstat, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { BatonError, Code } from "#kernel/errors.ts";
import { systemCodeOf } from "#kernel/system-error.ts";
import { toFileError } from "./file-errors.ts";
import { temporaryPathOf } from "./helper-path.ts";
import { inheritAccess } from "./inherited-access.ts";
import { isMissing, undefinedIfMissing } from "./missing.ts";
import { isMountPoint } from "./mount-point.ts";
import { refuseToReplaceC1z } from "./refuse-outputs.ts";

/** What is written: only a `.c1z` file may take the place of one. */
export type Content = "c1z" | "other";

/** Names and e-mail addresses of a whole organization are for the owner's eyes, until the owner decides otherwise. */
const DEFAULT_MODE = 0o600;

/** A new file and nothing else: no link is followed, nothing that exists is opened. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

const STICKY = 0o1000;

/** How a system refuses to change a file at all: it is immutable, or lies on a read-only file system. */
const UNCHANGEABLE = new Set(["EPERM", "EROFS"]);

/** With these a system says that it cannot flush, and not that flushing failed. */
const NO_FLUSH = new Set(["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

/**
 * Finds out whether {@link replaceFile} will be able to replace `path`, by doing what it does but for the last step,
 * and leaves nothing behind.
 *
 * @param path absolute, without links
 * @throws BatonError PermissionDenied, FailedPrecondition, ResourceExhausted that says why not; Unknown (exit code 2)
 *   if the file is a `.c1z` file and the content will not be one.
 */
export async function tryReplacing(path: string, content: Content): Promise<void> {
  if (content !== "c1z") refuseToReplaceC1z(path);
  if (await isMountPoint(path)) {
    throw new BatonError(
      Code.FailedPrecondition,
      `cannot replace ${path}: it is a mount point; mount its directory instead, or choose another file`,
      { kind: "configuration" },
    );
  }
  const temporary = temporaryPathOf(path);
  try {
    await refuseProtected(path);
    await using target = await open(temporary, NEW_FILE, DEFAULT_MODE);
    await inheritAccess(path, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw isMissing(error) ? noFileHere(path, error) : toFileError(error, `write ${path}`);
  }
  try {
    await rm(temporary);
  } catch (error) {
    throw toFileError(error, `write ${path}`);
  }
}

export interface Replacement {
  /** Absolute, without links. */
  readonly path: string;
  readonly content: Content;
  /** What is being done, for errors; default: "write <path>". */
  readonly action?: string;
}

/**
 * Replaces a file in one step: `write` fills a new file beside it, which takes its name only once it is
 * complete and on disk. Whenever the process or the machine stops, the old or the new file is there.
 * Owner, group and mode are inherited from the old one, see {@link inheritAccess}.
 *
 * @throws BatonError what kept the file from being written; the old one is then there, unchanged.
 */
export async function replaceFile<T>(
  { path, content, action = `write ${path}` }: Replacement,
  write: (target: FileHandle) => Promise<T>,
): Promise<T> {
  const temporary = temporaryPathOf(path);
  let result: T;
  try {
    const target = await open(temporary, NEW_FILE, DEFAULT_MODE);
    try {
      await inheritAccess(path, target);
      result = await write(target);
      await flush(target);
    } finally {
      await target.close();
    }
    // Whatever came there since the beginning.
    if (content !== "c1z") refuseToReplaceC1z(path);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toFileError(error, action, "what was there before is unchanged");
  }
  await flushDirectory(dirname(path));
  return result;
}

/** Finds what only renaming would find: files that another user owns among those of many, and unchangeable ones. */
async function refuseProtected(path: string): Promise<void> {
  const existing = await lstat(path).catch(undefinedIfMissing);
  if (existing === undefined) return;
  const user = process.getuid?.() ?? 0;
  const directory = await stat(dirname(path));
  const isSticky = (directory.mode & STICKY) !== 0;
  if (isSticky && user !== 0 && directory.uid !== user && existing.uid !== user) {
    throw new BatonError(
      Code.PermissionDenied,
      `cannot replace ${path}: it belongs to another user (${existing.uid}), and its directory does not let other users replace it; choose another file`,
      { kind: "configuration" },
    );
  }
  try {
    await access(path, constants.W_OK);
  } catch (error) {
    // A file without write permission (EACCES) can be replaced; one that may not be changed at all cannot.
    if (UNCHANGEABLE.has(systemCodeOf(error) ?? "")) throw error;
  }
}

/** Some file systems (`/proc`) say that there is no such file when they take none. */
function noFileHere(path: string, cause: unknown): BatonError {
  return new BatonError(
    Code.PermissionDenied,
    `cannot write ${path}: no file can be created in its directory; allow this user to write there, or choose another place`,
    { kind: "configuration", cause },
  );
}

async function flush(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if (!NO_FLUSH.has(systemCodeOf(error) ?? "")) throw error;
  }
}

/**
 * Makes the new name survive a power failure. The file is in its place by now, and systems differ in what they let do
 * with a directory, so a failure changes nothing.
 */
async function flushDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  try {
    await using handle = await open(directory, "r");
    await handle.sync();
  } catch {
    // Without it the old file may be back after a power failure, whole.
  }
}
