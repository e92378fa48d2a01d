import { createHash } from "node:crypto";
import { chmod, lstat, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kernel/clock.ts";

const PREFIX = "baton-unfinished-";
const DAY_MS = 24 * 60 * 60_000;

/**
 * The one file that a client leaves behind: a sync that was interrupted, for the day on which C1 hands the
 * task out again. Its name says what was synced, so that it is taken up only by a task with the same options.
 */
export class UnfinishedFile {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #clock: Clock;

  /** @param directory must outlive the process */
  constructor(directory: string, clientId: string, clock: Clock) {
    this.#directory = directory;
    this.#prefix = `${PREFIX}${shortHash(clientId)}-`;
    this.#clock = clock;
  }

  /**
   * Moves the file to `path`, in a private directory, if there is one of this user for these options; it is this
   * task's from then on.
   */
  async claim(options: string, path: string): Promise<boolean> {
    await this.removeExpired();
    try {
      await rename(this.#pathOf(options), path);
    } catch {
      // There is none, or another process was faster.
      return false;
    }
    if (await isOwnFile(path)) return true;
    // The directory can be one that others write to, and the name can be guessed.
    await rm(path, { recursive: true, force: true });
    return false;
  }

  /** Keeps the file at `path` for later, in place of any other. A file without content is not worth keeping. */
  async keep(options: string, path: string): Promise<void> {
    const { size } = await stat(path);
    if (size === 0) return;
    await chmod(path, 0o600);
    const kept = this.#pathOf(options);
    await rename(path, kept);
    for (const other of await this.#list()) if (other !== kept) await rm(other, { force: true });
  }

  /** Removes the file when it is a day old. */
  async removeExpired(): Promise<void> {
    for (const path of await this.#list()) {
      const changedAt = await lstat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Number.POSITIVE_INFINITY,
      );
      if (this.#clock.now() - changedAt >= DAY_MS) await rm(path, { force: true });
    }
  }

  async #list(): Promise<string[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return names.filter((name) => name.startsWith(this.#prefix)).map((name) => join(this.#directory, name));
  }

  #pathOf(options: string): string {
    return join(this.#directory, `${this.#prefix}${shortHash(options)}.c1z`);
  }
}

async function isOwnFile(path: string): Promise<boolean> {
  const entry = await lstat(path);
  return entry.isFile() && entry.uid === (process.getuid?.() ?? entry.uid);
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
