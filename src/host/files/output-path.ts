import { lstat, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { BatonError, Code } from "#kernel/errors.ts";
import { toFileError } from "./file-errors.ts";
import { undefinedIfMissing } from "./missing.ts";
import { type Content, tryReplacing } from "./replace-file.ts";

/** As many as Linux follows. */
const MAX_LINKS = 40;

const STICKY = 0o1000;
const WRITABLE_BY_ALL = 0o002;

/**
 * Checks that a file can be written at `path` in the way that {@link replaceFile} does, before any work is done, and
 * returns its absolute path with symbolic links followed: a link keeps pointing at the new file, also one whose target
 * does not exist yet.
 *
 * @throws BatonError FailedPrecondition, InvalidArgument, PermissionDenied or ResourceExhausted that says why not;
 *   Unknown (exit code 2) if something else would take the place of a `.c1z` file.
 */
export async function resolveOutput(path: string, content: Content): Promise<string> {
  if (path === "") {
    throw new BatonError(
      Code.InvalidArgument,
      "the name of the output file is empty; name a file, for example sync.c1z",
    );
  }
  let target: string;
  try {
    const existing = await stat(path).catch(undefinedIfMissing);
    if (existing !== undefined && !existing.isFile()) {
      throw new BatonError(
        Code.FailedPrecondition,
        `${path} is not a regular file; choose another output file`,
        { kind: "configuration" },
      );
    }
    target = await followLinks(path);
  } catch (error) {
    throw toFileError(error, `write ${path}`);
  }
  await tryReplacing(target, content);
  return target;
}

/** Where a plain open for writing would end up. */
async function followLinks(path: string): Promise<string> {
  let current = resolve(path);
  for (let followed = 0; followed <= MAX_LINKS; followed += 1) {
    const directory = await realpath(dirname(current));
    const here = join(directory, basename(current));
    const entry = await lstat(here).catch(undefinedIfMissing);
    if (entry?.isSymbolicLink() !== true) return here;
    await refuseForeignLink(here, entry.uid);
    current = resolve(directory, await readlink(here));
  }
  throw new BatonError(
    Code.FailedPrecondition,
    `cannot write ${path}: too many symbolic links; check the path`,
    { kind: "configuration" },
  );
}

/** What Linux does with `fs.protected_symlinks`, wherever we run: in `/tmp` nobody's link but one's own is followed. */
async function refuseForeignLink(link: string, owner: number): Promise<void> {
  const user = process.getuid?.();
  if (user === undefined || user === owner) return;
  const directory = await stat(dirname(link));
  const isShared = (directory.mode & STICKY) !== 0 && (directory.mode & WRITABLE_BY_ALL) !== 0;
  if (!isShared || directory.uid === owner) return;
  throw new BatonError(
    Code.PermissionDenied,
    `cannot write ${link}: it is a link that another user (${owner}) has put into a world-writable directory; remove the link, or choose another file`,
    { kind: "configuration" },
  );
}
