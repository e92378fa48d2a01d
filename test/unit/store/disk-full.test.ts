import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { user } from "./sample-rows.ts";
import { makeTempDir, makeTestFile } from "./support.ts";

const CHILD = join(import.meta.dirname, "children/fill-disk.ts");

/** Runs the child with files limited to so many blocks of 1,024 bytes; the shell counts in these. */
function runLimited(kibibytes: number, ...args: string[]) {
  const command = `ulimit -f ${kibibytes} && exec "$@"`;
  return spawnSync("bash", ["-c", command, "bash", process.execPath, CHILD, ...args], { encoding: "utf8" });
}

describe.skipIf(process.platform === "win32")("when there is no space", () => {
  test.each([
    { where: "working copy", kibibytes: 400 },
    { where: "output", kibibytes: 700 },
  ])("for the $where, the error says so and the old file stays as it was", async ({ where, kibibytes }) => {
    const target = await makeTestFile();
    const file = await target.open();
    const { id } = file.runs.start("full");
    file.writer(id).putResources([user("a")]);
    file.runs.end(id);
    await file.save();
    await file.close();
    const before = await readFile(target.path);

    const scratch = await mkdtemp(join(await makeTempDir(), "scratch-"));
    const database = join(scratch, "database");
    // Random bytes do not get smaller.
    await writeFile(database, randomBytes(768 * 1024));
    const { stdout, stderr, status } =
      where === "output"
        ? runLimited(kibibytes, "output", target.path, database)
        : runLimited(kibibytes, "copy", target.path, scratch);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toContain(`${Code.ResourceExhausted} cannot `);
    expect(stdout).toContain("no space left");
    expect(stdout).toContain("free some space");
    if (where === "working copy") expect(stdout).toMatch(/^0\n/);
    expect(Buffer.compare(await readFile(target.path), before)).toBe(0);
    expect(await target.leftovers()).toEqual([]);
    expect(await readdir(scratch)).toEqual(["database"]);
  });
});
