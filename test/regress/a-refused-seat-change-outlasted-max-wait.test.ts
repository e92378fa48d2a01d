import { expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { runProgram } from "../contract/program.ts";
import { SEAT, startRoomy } from "./roomy.ts";

const PATIENT = { timeout: 60_000 };

/** More than such a run takes on a busy machine, and less than the waits that it made in spite of the setting. */
const ENOUGH_MS = 20_000;

const REVOCATION = [`--revoke-grant=${SEAT}:user:bob`];
const ACTION = ["--invoke-action=disable_user", '--invoke-action-args={"user_id":"bob"}'];

test.each([
  ["a revocation", REVOCATION, {}, Code.Unavailable],
  ["an action", ACTION, { "retry-after": "25" }, Code.Unknown],
])(
  "%s that Codecov refuses for rate is given up after --max-wait",
  PATIENT,
  async (_, args, headers, code) => {
    const { simulator, cwd, env, seated } = await startRoomy();
    const before = seated();
    simulator.faults.add({ method: "PATCH", times: null, fault: { kind: "answer", status: 429, headers } });

    const begin = performance.now();
    const result = await runProgram(["--max-wait=2s", ...args], { cwd, env });
    expect(performance.now() - begin).toBeLessThan(ENOUGH_MS);
    expect(result.code, result.stderr).toBe(code);
    expect(simulator.requests.filter(({ method }) => method === "PATCH")).toHaveLength(1);
    expect(seated()).toEqual(before);
  },
);

test("one that is refused for a moment only is made within it", PATIENT, async () => {
  const { simulator, cwd, env, seated } = await startRoomy();
  const headers = { "retry-after": "1" };
  simulator.faults.add({ method: "PATCH", fault: { kind: "answer", status: 429, headers } });

  const { code, stderr } = await runProgram(["--max-wait=20s", ...REVOCATION], { cwd, env });
  expect(code, stderr).toBe(0);
  expect(simulator.requests.filter(({ method }) => method === "PATCH")).toHaveLength(2);
  expect(seated()).not.toContain("bob");
});
