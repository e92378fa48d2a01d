import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdDecompressSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { openC1z, openC1zReadOnly } from "#store/c1z-file.ts";
import { user } from "./sample-rows.ts";
import { addSync, catchError, ManualClock, makeTempDir, makeTestFile, readUsers } from "./support.ts";

describe("saving", () => {
  test("makes the file, and only then", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    addSync(file, "a", "b");
    expect(await readdir(target.directory)).not.toContain("sync.c1z");
    const saved = await file.save();
    expect(saved).toMatchObject({ path: target.path, fileBytes: (await stat(target.path)).size });
    expect(await readUsers(target.path)).toEqual(["a", "b"]);
    await file.close();
    expect(await target.leftovers()).toEqual([]);
  });

  test("does nothing without changes: a file that was only opened stays as it was", async () => {
    const target = await makeTestFile();
    const first = await target.open();
    expect(first.hasChanges).toBe(false);
    expect(await first.save()).toBeUndefined();
    addSync(first, "a");
    await first.save();
    expect(await first.save()).toBeUndefined();
    await first.close();
    const { mtimeNs, ino } = await stat(target.path, { bigint: true });
    const second = await target.open();
    expect(second.hasChanges).toBe(false);
    expect(await second.save()).toBeUndefined();
    await second.close();
    expect(await stat(target.path, { bigint: true })).toMatchObject({ mtimeNs, ino });
  });

  test("in the middle of a sync leaves a file that can be resumed, and the sync goes on", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    const { id } = file.runs.start("full");
    file.writer(id).putResources([user("a")]);
    file.runs.setToken(id, "after a");
    const saving = file.save();
    file.writer(id).putResources([user("b")]);
    file.runs.setToken(id, "after b");
    await saving;
    const copy = await openC1zReadOnly(target.path);
    onTestFinished(() => copy.close());
    expect(copy.runs.list()).toMatchObject([{ id, endedAt: undefined, token: "after a" }]);
    expect(copy.reader(id).count("resources")).toBe(1);
    file.writer(id).putResources([user("c")]);
    file.runs.end(id);
    await file.save();
    expect(await readUsers(target.path)).toEqual(["a", "b", "c"]);
  });

  test("twice at once writes one after the other", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    addSync(file, "a");
    const first = file.save();
    const second = file.save();
    expect([(await first)?.path, await second]).toEqual([target.path, undefined]);
    expect(await readUsers(target.path)).toEqual(["a"]);
  });

  test("makes a new file readable by its owner only, and keeps the permissions of the file it replaces", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    addSync(file, "a");
    await file.save();
    expect((await stat(target.path)).mode & 0o777).toBe(0o600);
    await chmod(target.path, 0o660);
    addSync(file, "b");
    await file.save();
    expect((await stat(target.path)).mode & 0o777).toBe(0o660);
  });

  test("through a symbolic link replaces the file behind it and keeps the link", async () => {
    const target = await makeTestFile();
    const elsewhere = join(await makeTempDir(), "real.c1z");
    await writeFile(elsewhere, "");
    await symlink(elsewhere, target.path);
    const file = await target.open();
    addSync(file, "a");
    await file.save();
    expect(await realpath(target.path)).toBe(await realpath(elsewhere));
    expect(await readUsers(elsewhere)).toEqual(["a"]);
  });

  test("ships nothing of a sync that was deleted", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    for (let round = 0; round < 3; round += 1) {
      const { id } = file.runs.start("full");
      file
        .writer(id)
        .putResources(Array.from({ length: 50 }, (_, index) => user(`secret-${round}-${index}`)));
      file.runs.end(id);
      await file.runs.removeOlder(id, { keepFullSyncs: 1 }, new AbortController().signal);
    }
    await file.save();
    const database = zstdDecompressSync((await readFile(target.path)).subarray(5)).toString("latin1");
    expect(database).toContain("secret-2-7");
    expect(database).not.toContain("secret-0-");
    expect(database).not.toContain("secret-1-");
  });
});

describe("closing", () => {
  test("without saving loses the changes and nothing else", async () => {
    const target = await makeTestFile();
    const first = await target.open();
    addSync(first, "a");
    await first.save();
    addSync(first, "b");
    await first.close();
    await first.close();
    expect(await readUsers(target.path)).toEqual(["a"]);
    expect(await target.leftovers()).toEqual([]);
  });

  test("waits for a save under way", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    addSync(file, "a");
    const saving = file.save();
    await file.close();
    expect((await saving)?.path).toBe(target.path);
    expect(await readUsers(target.path)).toEqual(["a"]);
  });
});

describe("a second writer", () => {
  test("is refused by name of the first, and may come when that has closed", async () => {
    const target = await makeTestFile();
    const first = await target.open();
    const error = await catchError(() => target.open());
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain(`process ${process.pid} on `);
    addSync(first, "a");
    await first.save();
    await first.close();
    const second = await target.open();
    expect(second.runs.list()).toHaveLength(1);
  });

  test("is also refused under another name of the same file", async () => {
    const target = await makeTestFile();
    await target.open();
    const alias = join(await makeTempDir(), "alias.c1z");
    await writeFile(target.path, "");
    await symlink(target.path, alias);
    const error = await catchError(() => openC1z(alias, { clock: new ManualClock(), log: silentLogger }));
    expect(error.code).toBe(Code.FailedPrecondition);
  });

  test("does not keep readers away", async () => {
    const target = await makeTestFile();
    const writer = await target.open();
    addSync(writer, "a");
    await writer.save();
    expect(await readUsers(target.path)).toEqual(["a"]);
  });
});

describe("what a killed process left", () => {
  async function leaveLock(target: { path: string }, workspace: string): Promise<void> {
    const db = new DatabaseSync(`${target.path}.lock`);
    db.exec("CREATE TABLE holder (token text, pid integer, host text, workspace text)");
    db.prepare("INSERT INTO holder VALUES ('old', 1, 'elsewhere', ?)").run(workspace);
    db.close();
  }

  test("is cleaned up by the next writer: lock, workspace and half-written file", async () => {
    const target = await makeTestFile();
    const workspace = await mkdtemp(join(await makeTempDir(), "baton-c1z-"));
    await writeFile(join(workspace, "db"), "half");
    await leaveLock(target, workspace);
    await writeFile(`${target.path}.0123456789ab.tmp`, "half");
    await writeFile(`${target.path}.backup.tmp`, "somebody else's");
    const file = await target.open();
    await expect(stat(workspace)).rejects.toThrow("ENOENT");
    addSync(file, "a");
    await file.save();
    await file.close();
    expect(await target.leftovers()).toEqual(["sync.c1z.backup.tmp"]);
  });

  test("is left alone if it does not look like a workspace of ours", async () => {
    const target = await makeTestFile();
    const parent = await makeTempDir();
    const foreign = join(parent, "documents");
    const disguised = join(parent, "baton-c1z-disguised");
    for (const directory of [foreign, disguised]) {
      await mkdir(directory);
      await writeFile(join(directory, "letter.txt"), "dear");
      if (directory === foreign) await writeFile(join(directory, "db"), "somebody else's");
      await leaveLock(target, directory);
      await (await target.open()).close();
      expect(await readdir(directory)).toEqual(directory === foreign ? ["db", "letter.txt"] : ["letter.txt"]);
    }
  });
});

describe("opening", () => {
  test("a missing file to read says so", async () => {
    const { path } = await makeTestFile();
    const error = await catchError(() => openC1zReadOnly(path));
    expect(error.code).toBe(Code.NotFound);
    expect(error.message).toContain(path);
  });

  test("an empty file to read says so", async () => {
    const { path } = await makeTestFile();
    await writeFile(path, "");
    expect((await catchError(() => openC1zReadOnly(path))).message).toContain("is empty");
  });

  test.each([
    { what: "an empty name", path: () => "", message: "is empty" },
    { what: "a directory", path: (directory: string) => directory, message: "not a regular file" },
    {
      what: "a name in a missing directory",
      path: (directory: string) => join(directory, "no/sync.c1z"),
      message: "no such",
    },
    {
      what: "a name below a file",
      path: (directory: string) => join(directory, "file/sync.c1z"),
      message: "no such",
    },
  ])("$what to write is refused before any work", async ({ path, message }) => {
    const { directory } = await makeTestFile();
    await writeFile(join(directory, "file"), "");
    const error = await catchError(() =>
      openC1z(path(directory), { clock: new ManualClock(), log: silentLogger }),
    );
    expect(error.message).toContain(message);
  });

  test.skipIf(process.getuid?.() === 0)(
    "a file in a directory without write access is refused before any work",
    async () => {
      const target = await makeTestFile();
      await chmod(target.directory, 0o500);
      onTestFinished(() => chmod(target.directory, 0o700));
      expect((await catchError(() => target.open())).code).toBe(Code.PermissionDenied);
    },
  );

  test("with a missing temporary directory names it", async () => {
    const { path, directory } = await makeTestFile();
    const tempDir = join(directory, "nowhere");
    const error = await catchError(() =>
      openC1z(path, { clock: new ManualClock(), log: silentLogger, tempDir }),
    );
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain(tempDir);
    expect(await readdir(dirname(path))).toEqual([]);
  });

  test("can be given up, and leaves nothing behind", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    addSync(file, "a");
    await file.save();
    await file.close();
    const tempDir = await makeTempDir();
    const error = await catchError(() =>
      openC1zReadOnly(target.path, { tempDir, signal: AbortSignal.abort() }),
    );
    expect(error.code).toBe(Code.Canceled);
    expect(await readdir(tempDir)).toEqual([]);
  });

  test("gives a private copy that others cannot read", async () => {
    const target = await makeTestFile();
    const tempDir = await makeTempDir();
    const file = await openC1z(target.path, { clock: new ManualClock(), log: silentLogger, tempDir });
    onTestFinished(() => file.close());
    const [workspace = ""] = await readdir(tempDir);
    expect((await stat(join(tempDir, workspace))).mode & 0o077).toBe(0);
    expect((await stat(join(tempDir, workspace, "db"))).mode & 0o077).toBe(0);
  });
});
