import { execFile, spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CODECOV, type ProgramResult, runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";

/**
 * Their report is somewhat longer than a pipe, which holds 64 KiB: what is left then is so little that the stream of the
 * program takes it at once, although nobody reads.
 */
const MEMBERS = 339;
const PIPE_BYTES = 65_536;
const STREAM_BYTES = 16_384;

let cwd: string;
let report: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-output-"));
  const members = Array.from({ length: MEMBERS }, (_, index) => ({ username: `member-${index}` }));
  await writeSample(join(cwd, "sync.c1z"), [{ members }]);
  report = (await runProgram(["report", "--format=csv"], { cwd })).stdout;
});
afterAll(() => rm(cwd, { recursive: true }));

const PRINTING = [
  "--help",
  "--version",
  "help report",
  "config",
  "capabilities",
  "completion bash",
  "report --format=csv",
  "report --format=html",
];

/** Runs the program with standard output on a descriptor, or on a pipe whose reader has gone. */
async function runInto(args: string, stdout: number | "gone") {
  const child = spawn(process.execPath, [CODECOV, ...args.split(" ")], {
    cwd,
    stdio: ["ignore", stdout === "gone" ? "pipe" : stdout, "pipe"],
  });
  child.stdout?.destroy();
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stderr };
}

/** Runs a script of the shell in which `program` is the program. */
async function runShell(script: string, shell: readonly string[] = ["sh", "-c"]): Promise<ProgramResult> {
  const [command = "sh", ...options] = shell;
  const whole = `program() { "$NODE" "$PROGRAM" "$@"; }\n${script}`;
  const env = { ...process.env, NODE: process.execPath, PROGRAM: CODECOV };
  const { stdout, stderr } = await promisify(execFile)(command, [...options, whole], { cwd, env });
  return { code: 0, signal: null, stdout, stderr };
}

test("a reader who thinks for longer than the program lives gets everything", async () => {
  expect(report.length).toBeGreaterThan(PIPE_BYTES + 1_000);
  expect(report.length).toBeLessThan(PIPE_BYTES + STREAM_BYTES);
  const { stdout } = await runShell("program report --format=csv | (head -c 100; sleep 4; cat)");
  expect(stdout).toBe(report);
});

test.each(PRINTING)("a reader who has gone ends %s with 141 and without a word", async (args) => {
  expect(await runInto(args, "gone")).toEqual({ code: 141, stderr: "" });
});

test.runIf(existsSync("/dev/full")).each(PRINTING)("a full disk fails %s with 8", async (args) => {
  const { code, stderr } = await runInto(args, openSync("/dev/full", "w"));
  expect(code).toBe(8);
  expect(stderr).toMatch(/^[^\n]*standard output[^\n]*\n$/);
});

const canMount = process.platform === "linux" && process.getuid?.() === 0;

test.runIf(canMount)("a disk that takes a part only is noticed", async () => {
  await mkdir(join(cwd, "small"));
  const { stdout } = await runShell(
    `mount -t tmpfs -o size=4k tmpfs small || exit 1
     for args in "report --format=csv" "report --format=html" config; do program $args > small/it; echo $?; done`,
    ["unshare", "-m", "sh", "-c"],
  );
  expect(stdout).toBe("8\n8\n8\n");
});
