import type { Stats } from "node:fs";
import { type FileHandle, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { undefinedIfMissing } from "./missing.ts";

/** Bits of owner and group. Nobody else ever gets access to a new file because there was an old one. */
const OWNER_AND_GROUP = 0o770;
const OWNER_ONLY = 0o700;
/** Write permission of the group and of everybody else. */
const OTHERS_WRITE = 0o022;

/**
 * Gives a new file the owner, group and mode of the file at `path` that it is to replace, as far as that file can be
 * trusted: it belongs to this user, or this is root and nobody but root and its owner could have put it there. A
 * group that cannot be kept loses its access: the same bits would let in another group.
 *
 * What a file system refuses stays as it is, and then the new file is for its owner only: network shares know no
 * modes. Access control lists are not carried over. Windows has none of this.
 */
export async function inheritAccess(path: string, file: FileHandle): Promise<void> {
  const user = process.getuid?.();
  if (user === undefined) return;
  const old = await stat(path).catch(undefinedIfMissing);
  if (old === undefined || !(await isTrusted(old, path, user))) return;
  const fresh = await file.stat();
  const keepsGroup =
    (fresh.uid === old.uid && fresh.gid === old.gid) ||
    (await isDone(file.chown(old.uid, old.gid))) ||
    (await isDone(file.chown(fresh.uid, old.gid)));
  // After the owner, whose change can clear bits; and exactly, without the umask.
  await isDone(file.chmod(old.mode & (keepsGroup ? OWNER_AND_GROUP : OWNER_ONLY)));
}

async function isTrusted(old: Stats, path: string, user: number): Promise<boolean> {
  if (old.uid === user) return true;
  if (user !== 0) return false;
  const directory = await stat(dirname(path));
  return (directory.mode & OTHERS_WRITE) === 0 && (directory.uid === 0 || directory.uid === old.uid);
}

async function isDone(step: Promise<void>): Promise<boolean> {
  return await step.then(
    () => true,
    () => false,
  );
}
