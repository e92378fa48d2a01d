import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProgramResult, runProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";

let simulator: CodecovSimulator;
let cwd: string;

beforeAll(async () => {
  simulator = await startCodecovSimulator();
  cwd = await mkdtemp(join(tmpdir(), "baton-failed-run-"));
});
afterAll(async () => {
  await simulator.close();
  await rm(cwd, { recursive: true });
});

function run(args: readonly string[], changes: Readonly<Record<string, string>>): Promise<ProgramResult> {
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    ...changes,
  };
  return runProgram(args, { cwd, env });
}

/** The JSON lines, and what comes behind them. */
function split(stderr: string) {
  const lines = stderr.trimEnd().split("\n");
  const json = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return { json, rest: lines.slice(json.length) };
}

describe.each([
  ["a sync with a wrong token", [], { BATON_CODECOV_API_TOKEN: "wr0ng" }, 16, "Unauthenticated"],
  ["a sync of nobody", [], { BATON_CODECOV_OWNER: "nobody" }, 5, "NotFound"],
  ["a revocation without a file", ["--revoke-grant=x"], { BATON_FILE: "none.c1z" }, 5, "NotFound"],
  ["a server whose address is taken", ["serve", "--plaintext"], {}, 9, "FailedPrecondition"],
  [
    "a server whose health endpoints have no port",
    ["serve", "--plaintext", "--health-check"],
    {},
    9,
    "FailedPrecondition",
  ],
] as const)("%s", (_what, args, changes, exitCode, code) => {
  test("ends with one error line and the sentence", async () => {
    const { port } = new URL(simulator.url);
    const flags: readonly string[] = args;
    const taken = flags.includes("--health-check")
      ? ["--listen=127.0.0.1:0", `--health-check-port=${port}`]
      : [`--listen=127.0.0.1:${port}`];
    const result = await run(flags[0] === "serve" ? [...flags, ...taken] : flags, changes);
    expect(result.code).toBe(exitCode);
    const { json, rest } = split(result.stderr);
    expect(rest).toHaveLength(1);
    expect(json.filter(({ level }) => level === "error")).toEqual([json.at(-1)]);
    const owner = Reflect.get(changes, "BATON_CODECOV_OWNER") ?? "acme";
    expect(json.at(-1)).toMatchObject({
      msg: "the run failed",
      exit_code: exitCode,
      code,
      codecov_owner: owner,
      codecov_service: "github",
      error: rest[0],
    });
  });
});

test("a call that was refused is a warning", async () => {
  const { stderr } = await run([], { BATON_CODECOV_API_TOKEN: "wr0ng" });
  const { json } = split(stderr);
  expect(json.find(({ msg }) => msg === "finished unary call with code Unauthenticated")).toMatchObject({
    level: "warn",
    "grpc.method": "Validate",
  });
});

test("settings that are wrong are told by the sentence alone: no run has begun", async () => {
  const { code, stderr } = await run(["--codecov-service=nowhere"], {});
  expect(code).toBe(2);
  expect(split(stderr).json).toEqual([]);
});
