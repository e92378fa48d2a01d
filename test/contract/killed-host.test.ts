import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";

const SYNC_PROCESS = join(import.meta.dirname, "../fakes/sync-process.ts");
const MEMBERS = 1_500;

/** How often to kill; a longer run than the everyday one sets the variable, for example to 100. */
const KILLS = Number(process.env["TEST_KILLS"] ?? 8);

/** Longer than a round takes, so that the kill falls into any part of one. */
const LONGEST_LIFE_MS = 400;

/** Syncs rounds until it is killed, a random time after the first one; returns the last round it reported. */
async function syncUntilKilled(file: string, tempDir: string, firstRound: number): Promise<number> {
  const child = spawn(process.execPath, [SYNC_PROCESS, file, String(MEMBERS), String(firstRound)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BATON_TMPDIR: tempDir },
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  await once(child.stdout, "data");
  await delay(Math.random() * LONGEST_LIFE_MS);
  child.kill("SIGKILL");
  await once(child, "close");
  return Number(output.trim().split("\n").at(-1));
}

/** The name that all members have in the latest finished sync. */
async function roundInFile(path: string): Promise<number> {
  await using file = await openC1zReadOnly(path);
  const reader = file.reader(file.runs.pick().id);
  const names = [...everyItem((page) => reader.listResources({}, page))].map(
    ({ displayName }) => displayName,
  );
  expect(names).toHaveLength(MEMBERS);
  expect(new Set(names).size).toBe(1);
  return Number(names[0]);
}

it(`a host that is killed at any moment leaves the old file or the new one (${KILLS} times)`, async () => {
  const directory = await mkdtemp(join(tmpdir(), "killed-host-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "sync.c1z");
  const tempDir = await mkdtemp(join(directory, "tmp-"));
  let round = 1;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const reported = await syncUntilKilled(file, tempDir, round);
    expect(reported).toBeGreaterThanOrEqual(round);
    // The file can be one round ahead of the report: it was replaced but the report was not written.
    expect([reported, reported + 1]).toContain(await roundInFile(file));
    round = reported + 2;
    // What a killed process leaves behind, the next one removes.
    expect((await readdir(tempDir)).length).toBeLessThanOrEqual(1);
    expect((await readdir(directory)).length).toBeLessThanOrEqual(4);
  }
}, 300_000);
