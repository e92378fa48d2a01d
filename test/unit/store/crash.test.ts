import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { silentLogger } from "#kernel/logger.ts";
import { openC1z, openC1zReadOnly } from "#store/c1z-file.ts";
import { makeTempDir } from "./support.ts";

const KILLS = 100;
const LANES = 2;
/** A save takes a few milliseconds, so this spans several of them. */
const LONGEST_LIFE_MS = 25;

/** One file, so that a child starts fast enough to be started a hundred times. */
async function bundleSaver(directory: string): Promise<string> {
  const outfile = join(directory, "save-loop.mjs");
  const entry = join(import.meta.dirname, "children/save-loop.ts");
  // The gRPC library, which generated code imports, is CommonJS.
  const banner = {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  };
  await build({
    entryPoints: [entry],
    outfile,
    banner,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return outfile;
}

interface Saver {
  readonly child: ChildProcess;
  /** The ids of the syncs that the child said were saved. */
  readonly saved: string[];
  readonly ended: Promise<unknown>;
}

function startSaver(program: string, path: string, tempDir: string): Saver {
  const child = spawn(process.execPath, [program, path, tempDir], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const saved: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => saved.push(line));
  return { child, saved, ended: Promise.all([once(child, "exit"), once(lines, "close")]) };
}

/** Fails unless the file holds every sync that was reported as saved last, and each sync all of its rows. */
async function checkFile(path: string, lastSaved: string | undefined): Promise<void> {
  const file = await openC1zReadOnly(path);
  try {
    const runs = file.runs.list();
    if (lastSaved !== undefined) expect(runs.map(({ id }) => id)).toContain(lastSaved);
    expect(runs.slice(-2).some(({ id }) => lastSaved === undefined || id === lastSaved)).toBe(true);
    for (const { id, endedAt } of runs) {
      expect(endedAt).toBeDefined();
      expect(file.reader(id).count("resources")).toBe(200);
    }
  } finally {
    await file.close();
  }
}

test(`a process killed at any moment leaves the old or the new file, ${KILLS} times`, {
  timeout: 120_000,
}, async () => {
  const root = await makeTempDir();
  const program = await bundleSaver(root);
  let kills = 0;
  let duringWrite = 0;

  const runLane = async (lane: number) => {
    const directory = join(root, `lane-${lane}`);
    const tempDir = join(root, `tmp-${lane}`);
    await Promise.all([mkdir(directory), mkdir(tempDir)]);
    const path = join(directory, "sync.c1z");
    let lastSaved: string | undefined;
    // On a busy machine it can take more of them until one is in the middle of a save.
    while (kills < KILLS || (duringWrite === 0 && kills < 5 * KILLS)) {
      kills += 1;
      const { child, saved, ended } = startSaver(program, path, tempDir);
      // The first save of each child is the one after a take-over of what its predecessor left.
      await Promise.race([once(child.stdout ?? child, "data"), ended]);
      expect(child.exitCode).toBeNull();
      await delay(Math.random() * LONGEST_LIFE_MS);
      child.kill("SIGKILL");
      await ended;
      lastSaved = saved.at(-1) ?? lastSaved;
      await checkFile(path, lastSaved);
      duringWrite += (await readdir(directory)).filter((name) => name.endsWith(".tmp")).length;
    }
    const file = await openC1z(path, { clock: systemClock, log: silentLogger, tempDir });
    await file.close();
    expect(await readdir(directory)).toEqual(["sync.c1z"]);
    expect(await readdir(tempDir)).toEqual([]);
  };
  await Promise.all(Array.from({ length: LANES }, (_, lane) => runLane(lane)));
  expect(duringWrite).toBeGreaterThan(0);
});
