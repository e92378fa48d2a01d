import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { type ProgramResult, runProgram, type StartOptions, startProgram } from "../../contract/program.ts";
import { startCodecovSimulator } from "../../fakes/codecov/simulator.ts";
import { peakMiB } from "./memory.ts";

/** A token that no output may contain, in whole or in part. */
export const TOKEN = "5ecre7aa-b1b1-4c2c-8d3d-e4e4f5f5a6a6";

/** Settings with which the program takes `baseUrl` for Codecov. */
export function settings(baseUrl: string): Readonly<Record<string, string>> {
  return {
    BATON_CODECOV_API_TOKEN: TOKEN,
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: baseUrl,
  };
}

export interface MeasuredResult extends ProgramResult {
  /** 0 where it cannot be measured. */
  readonly peakMiB: number;
}

/**
 * Runs the program and expects that, however it ends, it ends by itself and tells no secret, no stack and no more than a few
 * lines.
 */
export async function runMeasured(
  args: readonly string[],
  options: StartOptions = {},
): Promise<MeasuredResult> {
  const program = startProgram(args, options);
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(program.process.pid));
  }, 20);
  const result = await program.result;
  clearInterval(watch);
  expect(result.signal).toBeNull();
  const output = result.stdout + result.stderr;
  expect(output).not.toContain(TOKEN.slice(0, 8));
  expect(result.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(result.stderr.length).toBeLessThan(20_000);
  return { ...result, peakMiB: peak };
}

/** A process that has just ended has no figures any more. */
function peakOf(pid: number | undefined): number {
  try {
    return peakMiB(pid) || 0;
  } catch {
    return 0;
  }
}

/** A `.c1z` file with one finished sync of a good day, made once for a file of tests. */
export function useGoodFile(): { readonly path: string } {
  const good = { path: "" };
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "hostile-"));
    good.path = join(directory, "good.c1z");
    await makeGoodFile(good.path);
  });
  afterAll(() => rm(directory, { recursive: true }));
  return good;
}

async function makeGoodFile(path: string): Promise<void> {
  const simulator = await startCodecovSimulator();
  try {
    const env = {
      ...settings(simulator.baseUrl),
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    };
    const { code, stderr } = await runProgram(["-f", path], { env });
    if (code !== 0) throw new Error(stderr);
  } finally {
    await simulator.close();
  }
}

/** The names of the members in the last finished sync of a file. */
export async function namesIn(path: string): Promise<string[]> {
  await using file = await openC1zReadOnly(path);
  const reader = file.reader(file.runs.pick().id);
  return [...everyItem((token) => reader.listResources({ resourceTypeId: "user" }, token))].map(
    ({ displayName }) => displayName,
  );
}

/** Tries a sync into a copy of a good file, which has to stay as it is, byte for byte. */
export async function syncInVain(
  goodFile: string,
  origin: string,
  flags: readonly string[] = [],
): Promise<MeasuredResult> {
  const directory = await mkdtemp(join(tmpdir(), "hostile-"));
  try {
    const file = join(directory, "roster.c1z");
    await copyFile(goodFile, file);
    const result = await runMeasured(["-f", file, "--log-level=warn", ...flags], { env: settings(origin) });
    expect(Buffer.compare(await readFile(file), await readFile(goodFile))).toBe(0);
    return result;
  } finally {
    await rm(directory, { recursive: true });
  }
}
