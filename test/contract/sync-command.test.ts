import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { type ProgramResult, runProgram, startProgram } from "./program.ts";

let simulator: CodecovSimulator;
let token: string;
let cwd: string;

beforeAll(async () => {
  simulator = await startCodecovSimulator();
  token = simulator.tokens["admin-token"] ?? "";
});
afterAll(() => simulator.close());
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-sync-"));
});
afterEach(async () => {
  simulator.faults.clear();
  await rm(cwd, { recursive: true });
});

function settings(changes: Record<string, string> = {}): Record<string, string> {
  return {
    BATON_CODECOV_API_TOKEN: token,
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    BATON_LOG_LEVEL: "debug",
    ...changes,
  };
}

/** The log lines, and what else is on standard error. */
function splitOutput({ stderr }: ProgramResult) {
  const lines = stderr.trimEnd().split("\n");
  const logs = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return { logs, plain: lines.filter((line) => !line.startsWith("{")) };
}

async function countUsers(path: string): Promise<number> {
  await using file = await openC1zReadOnly(path);
  const run = file.runs.pick();
  if (run === undefined) return 0;
  const reader = file.reader(run.id);
  return [...everyItem((page) => reader.listResources({ resourceTypeId: "user" }, page))].length;
}

test("one command reads every member into sync.c1z and says what it found", async () => {
  const result = await runProgram([], { cwd, env: settings() });
  const { logs, plain } = splitOutput(result);
  expect(result).toMatchObject({ code: 0, stdout: "" });
  expect(plain).toEqual([]);
  expect(logs.find(({ msg }) => msg === "Sync summary.")).toMatchObject({
    members: 52,
    seats: 30,
    admins: 4,
    requests: simulator.requests.length,
    duration: expect.any(Number),
    file: "sync.c1z",
  });
  expect(await countUsers(join(cwd, "sync.c1z"))).toBe(52);
  expect(readdirSync(cwd)).toEqual(["sync.c1z"]);
});

test("a token from a file stays out of all output, even if the server repeats it", async () => {
  const json = { detail: `no access for ${token}` };
  simulator.faults.add({ times: null, fault: { kind: "answer", status: 403, json, processed: false } });
  await writeFile(join(cwd, "token"), `${token}\n`);
  const { BATON_CODECOV_API_TOKEN: _, ...env } = settings({ BATON_CODECOV_API_TOKEN_FILE: "token" });
  const result = await runProgram([], { cwd, env });
  expect(result.code).not.toBe(0);
  expect(result.stderr).toContain("no access for [redacted]");
  expect(result.stdout + result.stderr).not.toContain(token);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "%s ends a sync with exit code %i; a secret flag is in no process list and in no output",
  async (name, code) => {
    await runProgram([], { cwd, env: settings() });
    const before = await countUsers(join(cwd, "sync.c1z"));
    simulator.clearRequests();
    simulator.faults.add({ times: null, fault: { kind: "stall", processed: false } });

    const { BATON_CODECOV_API_TOKEN: secret = "", ...env } = settings();
    const program = startProgram([`--codecov-api-token=${secret}`], { cwd, env });
    await vi.waitFor(() => expect(simulator.requests).not.toEqual([]), 20_000);
    const { pid } = program.process;
    const shown = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    expect(shown).not.toContain(secret);
    expect(shown).toContain("baton-codecov");
    expect(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")).toBe("");
    program.process.kill(name);
    const result = await program.result;

    expect(result.code).toBe(code);
    expect(result.stdout + result.stderr).not.toContain(secret);
    expect(await countUsers(join(cwd, "sync.c1z"))).toBe(before);
  },
);
