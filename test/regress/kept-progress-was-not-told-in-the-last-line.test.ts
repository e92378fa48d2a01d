import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { runProgram, startProgram } from "../contract/program.ts";
import { hasTerminal, runAtTerminal } from "../contract/terminal.ts";
import type { CodecovSimulator } from "../fakes/codecov/simulator.ts";
import { makeDirectory, startCodecov } from "./system.ts";

const KEPT = /the progress is saved in sync\.c1z; run the same command again to resume$/;

/** The roster is reached, and a later request is answered with 401. */
const EXPIRY = {
  path: "/users/",
  skip: 1,
  times: null,
  fault: { kind: "answer", status: 401, json: { detail: "Invalid token." } },
} as const;

async function startScene() {
  const { simulator, env } = await startCodecov();
  return { simulator, cwd: await makeDirectory(), env };
}

describe("a token that expires in the middle of a sync", () => {
  test("ends with code 16, and the last line says how to go on", async () => {
    const { simulator, cwd, env } = await startScene();
    simulator.faults.add(EXPIRY);
    const { code, stderr } = await runProgram([], { cwd, env });
    expect(code).toBe(Code.Unauthenticated);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(KEPT);

    simulator.faults.clear();
    const next = await runProgram([], { cwd, env });
    expect(next.code).toBe(0);
    expect(next.stderr).toContain('"msg":"resumed previous sync"');
  });

  test("and one that is refused from the start keeps what there was", async () => {
    const { simulator, cwd, env } = await startScene();
    simulator.faults.add(EXPIRY);
    await runProgram([], { cwd, env });
    simulator.faults.add({ ...EXPIRY, path: ".", skip: 0 });
    const { code, stderr } = await runProgram([], { cwd, env });
    expect(code).toBe(Code.Unauthenticated);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(KEPT);
  });
});

test("nothing is said to be kept where the next run begins anew", async () => {
  const { simulator, cwd, env } = await startScene();
  simulator.faults.add({ ...EXPIRY, path: ".", skip: 0 });
  expect((await runProgram([], { cwd, env })).stderr).not.toContain("saved");
  simulator.faults.clear();
  simulator.faults.add({ ...EXPIRY, path: "/users/", skip: 0 });
  const targeted = await runProgram(["--sync-resources=bid:r:user/alice"], { cwd, env });
  expect(targeted.code).toBe(Code.Unauthenticated);
  expect(targeted.stderr).not.toContain("saved");
});

test("nor where Codecov was away from the start, and what was kept is said once", async () => {
  const { simulator, cwd, env } = await startScene();
  const away = { ...EXPIRY, fault: { kind: "answer", status: 503 } } as const;
  simulator.faults.add({ ...away, path: ".", skip: 0 });
  const first = await runProgram(["--max-wait=1s"], { cwd, env });
  expect(first.code).toBe(Code.Unavailable);
  expect(first.stderr).toContain("--max-wait");
  expect(first.stderr).not.toContain("saved");
  simulator.faults.clear();
  simulator.faults.add(away);
  const later = await runProgram(["--max-wait=1s"], { cwd, env });
  expect(later.code).toBe(Code.Unavailable);
  const lastLine = later.stderr.trimEnd().split("\n").at(-1) ?? "";
  expect(lastLine).toMatch(KEPT);
  expect(lastLine.match(/progress is saved/g)).toHaveLength(1);
});

/** Until the second page of the roster was asked for, which never comes. */
async function untilStalled(simulator: CodecovSimulator): Promise<void> {
  const countPages = () => simulator.requests.filter(({ path }) => path.includes("/users/")).length;
  await expect.poll(countPages, { timeout: 20_000 }).toBeGreaterThan(1);
}

test("an interrupted sync says so in its last line", async () => {
  const { simulator, cwd, env } = await startScene();
  simulator.faults.add({ path: "/users/", skip: 1, times: null, fault: { kind: "stall" } });
  const program = startProgram([], { cwd, env });
  await untilStalled(simulator);
  program.process.kill("SIGINT");
  const { code, stderr } = await program.result;
  expect(code).toBe(130);
  expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^interrupted by SIGINT; /);
  expect(stderr.trimEnd()).toMatch(KEPT);
});

test.runIf(hasTerminal)("so does one at a terminal, and nothing else", async () => {
  const { simulator, cwd, env } = await startScene();
  simulator.faults.add({ path: "/users/", skip: 1, times: null, fault: { kind: "stall" } });
  const ending = runAtTerminal([], { cwd, env, run: '"$@" & echo $! > pid; wait $!' });
  await untilStalled(simulator);
  process.kill(Number(await readFile(join(cwd, "pid"), "utf8")), "SIGINT");
  const { code, lines } = await ending;
  expect(code).toBe(130);
  expect(lines).toEqual([expect.stringMatching(KEPT)]);
});
