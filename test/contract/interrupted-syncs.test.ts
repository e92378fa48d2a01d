import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { runProgram, startProgram } from "./program.ts";

const MEMBERS = 3_000;

/** How often to interrupt; a longer run than the everyday one sets the variable, for example to 100. */
const INTERRUPTIONS = Number(process.env["TEST_KILLS"] ?? 4);

/** About as long as an undisturbed run, so that any part of one is hit. */
const LONGEST_LIFE_MS = 1_500;

let simulator: CodecovSimulator;
let directory: string;
let file: string;

beforeAll(async () => {
  simulator = await startCodecovSimulator({ generated: { members: MEMBERS }, latencyMs: 20 });
  directory = await mkdtemp(join(tmpdir(), "baton-interrupted-"));
  file = join(directory, "sync.c1z");
});
afterAll(async () => {
  await simulator.close();
  await rm(directory, { recursive: true });
});

const environment = () => ({
  BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
  BATON_CODECOV_SERVICE: "github",
  BATON_CODECOV_OWNER: "acme",
  BATON_CODECOV_BASE_URL: simulator.baseUrl,
  BATON_TMPDIR: directory,
});

/** What hits the program, and its exit code then; null if it cannot say one any more. */
const BLOWS = [
  { signal: "SIGTERM", code: 143 },
  { signal: "SIGKILL", code: null },
  { signal: "SIGINT", code: 130 },
] as const;

/** Ids of the finished syncs of the file, each of which must be complete. */
async function readFinished(): Promise<string[]> {
  await using stored = await openC1zReadOnly(file);
  const finished = stored.runs.list().filter(({ endedAt }) => endedAt !== undefined);
  for (const { id } of finished) {
    const reader = stored.reader(id);
    // With the organization and its license.
    expect(reader.count("resources")).toBe(MEMBERS + 2);
    expect(reader.count("grants")).toBeGreaterThan(MEMBERS);
  }
  return finished.map(({ id }) => id);
}

/**
 * Two days pass for everything that killed programs have left: what is only a moment old may be about to be locked, and
 * what was not locked yet is left alone for a day.
 */
async function age(parent: string): Promise<void> {
  const then = new Date(Date.now() - 2 * 24 * 60 * 60 * 1_000);
  for (const path of await readdir(parent, { recursive: true })) {
    if (path !== basename(file)) await utimes(join(parent, path), then, then);
  }
}

test(`a program that is interrupted ${INTERRUPTIONS} times loses no finished sync, and the next run completes`, async () => {
  expect((await runProgram(["-f", file], { env: environment() })).code).toBe(0);
  let finished = await readFinished();
  expect(finished).toHaveLength(1);
  for (let round = 0; round < INTERRUPTIONS; round += 1) {
    const blow = BLOWS[round % BLOWS.length] ?? BLOWS[0];
    const program = startProgram(["-f", file], { env: environment() });
    await delay(Math.random() * LONGEST_LIFE_MS);
    program.process.kill(blow.signal);
    const { code, stderr } = await program.result;

    // It can have ended by itself before, and one that has not got as far as handling signals just ends.
    expect([0, blow.code, null], stderr).toContain(code);
    const now = await readFinished();
    expect(now).toContain(finished.at(-1));
    if (code === 0) expect(now.at(-1)).not.toBe(finished.at(-1));
    finished = now;
  }
  await age(directory);
  const last = await runProgram(["-f", file], { env: environment() });
  expect(last.code, last.stderr).toBe(0);
  expect((await readFinished()).at(-1)).not.toBe(finished.at(-1));
  // Nothing that the killed ones left behind stays.
  expect(await readdir(directory)).toEqual(["sync.c1z"]);
}, 300_000);
