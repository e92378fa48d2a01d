import { createHash, randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Longest name, in bytes, that helper names are made of by appending. File systems allow 255 bytes, encrypted ones
 * as few as 143, and what is appended takes up to 17.
 */
const MAX_STEM_BYTES = 100;

const TEMPORARY = /^\.[0-9a-f]{12}\.tmp$/;

/** The lock file that belongs to an output: `<path>.lock`, unless the name is long. */
export function lockPathOf(path: string): string {
  return `${stemOf(path)}.lock`;
}

/** A new name beside an output, for a file that is to take its place. */
export function temporaryPathOf(path: string): string {
  return `${stemOf(path)}.${randomBytes(6).toString("hex")}.tmp`;
}

/**
 * Removes the temporary files that killed processes left beside an output. What cannot be listed or removed stays:
 * nothing depends on it.
 *
 * @param minAgeMs spares files that were written to more recently, as another process may be at work on them
 */
export async function removeAbandonedTemporaries(path: string, minAgeMs = 0): Promise<void> {
  const directory = dirname(path);
  const stem = basename(stemOf(path));
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(stem) || !TEMPORARY.test(name.slice(stem.length))) continue;
    const temporary = join(directory, name);
    if (minAgeMs > 0) {
      const changedAt = await stat(temporary).then(
        ({ mtimeMs }) => mtimeMs,
        () => Number.POSITIVE_INFINITY,
      );
      if (Date.now() - changedAt < minAgeMs) continue;
    }
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** What helper names begin with. A long name is replaced by its digest: every process has to arrive at the same. */
function stemOf(path: string): string {
  const name = basename(path);
  if (Buffer.byteLength(name) <= MAX_STEM_BYTES) return path;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 32);
  return join(dirname(path), `baton-${digest}`);
}
