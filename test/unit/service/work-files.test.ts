import {
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { createTaskDirectory, removeAbandonedTaskDirectories } from "#service/task-directory.ts";
import { UnfinishedFile } from "#service/unfinished-file.ts";

const DAY_SECONDS = 24 * 60 * 60;

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "baton-files-"));
});
afterEach(() => rm(parent, { recursive: true }));

async function age(path: string, seconds: number): Promise<void> {
  const then = Date.now() / 1000 - seconds;
  await utimes(path, then, then);
}

describe("the directory of a task", () => {
  test("is private, holds an empty file to sync into, and goes with everything in it", async () => {
    {
      await using directory = await createTaskDirectory(parent);
      expect((await stat(directory.path)).mode & 0o777).toBe(0o700);
      expect(await stat(directory.syncFile)).toMatchObject({ size: 0 });
      expect((await stat(directory.syncFile)).mode & 0o777).toBe(0o600);
      await writeFile(directory.debugLog, "more");
    }
    expect(await readdir(parent)).toEqual([]);
  });

  test("that cannot be made is an error that says what to set", async () => {
    await expect(createTaskDirectory(join(parent, "missing"))).rejects.toThrow(/BATON_TMPDIR/);
  });

  test("of a killed process is removed after a day without any change, others stay", async () => {
    const [old, busy, foreign] = ["baton-sdk-sync-upload-old", "baton-sdk-sync-upload-busy", "other"].map(
      (name) => join(parent, name),
    );
    for (const path of [old, busy, foreign]) {
      await mkdir(path ?? "");
      await writeFile(join(path ?? "", "db"), "x");
      if (path !== busy) await age(join(path ?? "", "db"), DAY_SECONDS + 1);
      await age(path ?? "", DAY_SECONDS + 1);
    }
    await removeAbandonedTaskDirectories(parent, systemClock);
    expect((await readdir(parent)).toSorted()).toEqual(["baton-sdk-sync-upload-busy", "other"]);
  });
});

describe("an unfinished file", () => {
  const from = () => join(parent, "sync.c1z");
  let kept: UnfinishedFile;
  beforeEach(async () => {
    kept = new UnfinishedFile(parent, "client@host/x", systemClock);
    await writeFile(from(), "half a sync");
  });

  async function names(): Promise<string[]> {
    return (await readdir(parent)).filter((name) => name.startsWith("baton-unfinished-"));
  }

  test("is given once, to a task with the same options", async () => {
    await kept.keep("options", from());
    expect(await kept.claim("others", from())).toBe(false);
    expect(await kept.claim("options", from())).toBe(true);
    expect((await stat(from())).size).toBe(11);
    expect(await kept.claim("options", from())).toBe(false);
    expect(await names()).toEqual([]);
  });

  test("is one at most, and for this user only", async () => {
    await kept.keep("first", from());
    await writeFile(from(), "another");
    await kept.keep("second", from());
    const [name = "", ...others] = await names();
    expect(others).toEqual([]);
    expect((await stat(join(parent, name))).mode & 0o777).toBe(0o600);
    expect(await kept.claim("first", from())).toBe(false);
    expect(await kept.claim("second", from())).toBe(true);
  });

  test("that is a link was put there by somebody else and is not taken up", async () => {
    await kept.keep("options", from());
    const [name = ""] = await names();
    await rename(join(parent, name), join(parent, "elsewhere"));
    await symlink("elsewhere", join(parent, name));
    expect(await kept.claim("options", from())).toBe(false);
    expect(await readdir(parent)).toEqual(["elsewhere"]);
    expect(await readFile(join(parent, "elsewhere"), "utf8")).toBe("half a sync");
  });

  test.runIf(process.getuid?.() === 0)("of another user is not taken up", async () => {
    await kept.keep("options", from());
    const [name = ""] = await names();
    await chown(join(parent, name), 54_321, 54_321);
    expect(await kept.claim("options", from())).toBe(false);
    expect(await readdir(parent)).toEqual([]);
  });

  test("of another client is left alone", async () => {
    await kept.keep("options", from());
    const other = new UnfinishedFile(parent, "other@host/x", systemClock);
    expect(await other.claim("options", from())).toBe(false);
    expect(await names()).toHaveLength(1);
  });

  test("is not kept if there is nothing in it", async () => {
    await writeFile(from(), "");
    await kept.keep("options", from());
    expect(await names()).toEqual([]);
  });

  test("is good for a day", async () => {
    await kept.keep("options", from());
    const [name = ""] = await names();
    await age(join(parent, name), DAY_SECONDS - 60);
    await kept.removeExpired();
    expect(await names()).toHaveLength(1);
    await age(join(parent, name), DAY_SECONDS + 1);
    expect(await kept.claim("options", from())).toBe(false);
    expect(await names()).toEqual([]);
  });
});
