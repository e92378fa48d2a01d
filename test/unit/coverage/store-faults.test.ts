import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { openHistory } from "#codecov/coverage/store/coverage-history.ts";
import { Code } from "#kernel/errors.ts";

const KILLS = 40;
/** A round of saves takes a few milliseconds, so this spans several of them. */
const LONGEST_LIFE_MS = 60;

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "baton-coverage-faults-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** One file, so that it starts fast. */
async function bundleSaver(directory: string): Promise<string> {
  const outfile = join(directory, "save-loop.mjs");
  const entry = join(import.meta.dirname, "children/save-loop.ts");
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return outfile;
}

test("a store whose writer is killed at any moment holds whole readings, and the next writer continues", async () => {
  const directory = await makeDirectory();
  const program = await bundleSaver(directory);
  const path = join(await makeDirectory(), "coverage.db");
  let last = -1;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = spawn(process.execPath, [program, path, "3", String(last + 1)]);
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await once(child.stdout, "data");
    await delay(Math.random() * LONGEST_LIFE_MS);
    child.kill("SIGKILL");
    await once(child, "close");
    const rounds = said.split("\n").slice(0, -1).map(Number);
    expect(rounds.every((round) => Number.isInteger(round))).toBe(true);
    last = rounds.at(-1) ?? last;

    using history = openHistory(path);
    const found = [...history.repositories({ sinceDay: "2020-01-01" })];
    // The list is one save, and so is each trend.
    expect(new Set(found.map(({ language }) => language)).size).toBe(1);
    expect(found).toHaveLength(3);
    for (const { language, trend } of found) {
      expect([last, last + 1]).toContain(Number(language));
      expect(trend).toHaveLength(365);
      expect(new Set(trend.map(({ avg }) => avg)).size).toBe(1);
      expect([last % 100, (last + 1) % 100]).toContain(trend[0]?.avg);
    }
  }
  expect(last).toBeGreaterThan(KILLS);
}, 120_000);

test.skipIf(process.platform === "win32")(
  "a full disk is ResourceExhausted and costs nothing that was stored before",
  async () => {
    const program = await bundleSaver(await makeDirectory());
    const directory = await makeDirectory();
    const path = join(directory, "coverage.db");
    // The shell counts in blocks of 1,024 bytes.
    const limited = (kibibytes: number) =>
      spawnSync(
        "bash",
        ["-c", `ulimit -f ${kibibytes} && exec "$@"`, "bash", process.execPath, program, path, "60"],
        {
          encoding: "utf8",
        },
      ).stdout.trim();
    const said = limited(1_200).split("\n");
    const problem = said.at(-1) ?? "";
    expect(problem).toMatch(new RegExp(`^${Code.ResourceExhausted} cannot write .*no space left`));
    expect(problem).toContain("free some space");
    using history = openHistory(path);
    const found = [...history.repositories({ sinceDay: "2020-01-01" })];
    expect(found).toHaveLength(60);
    for (const { trend } of found) expect(new Set(trend.map(({ avg }) => avg)).size).toBeLessThan(2);
  },
);

test("a day of a repository takes less than 60 bytes", async () => {
  const program = await bundleSaver(await makeDirectory());
  const directory = await makeDirectory();
  const path = join(directory, "coverage.db");
  const child = spawn(process.execPath, [program, path, "400", "97"]);
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  await once(child, "close");
  const days = () => {
    using history = openHistory(path);
    return [...history.repositories({ sinceDay: "2020-01-01" })].flatMap(({ trend }) => trend).length;
  };
  // The last reader to close it puts the log back into the file.
  expect(days()).toBe(400 * 365);
  expect(await readdir(directory)).toEqual(["coverage.db", "coverage.db.lock"]);
  const { size } = await stat(path);
  expect(size / (400 * 365)).toBeLessThan(60);
}, 60_000);
