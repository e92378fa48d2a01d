import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { runProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { setUpSeats } from "../unit/codecov/seat-support.ts";

const SEAT_OF_BOB = "license:roomy:assigned:user:bob";

let simulator: CodecovSimulator;
let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-unknown-"));
  simulator = await startCodecovSimulator({ state: "free-seats" });
});
afterAll(async () => {
  await simulator.close();
  await rm(cwd, { recursive: true });
});

async function run(...args: string[]) {
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "roomy",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  return await runProgram(args, { cwd, env });
}

// `disable_user` answered `success: true` for whatever name it was given.
test("disable_user for somebody who is not on the list fails as enable_user does", async () => {
  const args = `--invoke-action-args=${JSON.stringify({ user_id: "no-such-member" })}`;
  const disabled = await run("-p", "--invoke-action=disable_user", args);
  const enabled = await run("-p", "--invoke-action=enable_user", args);
  expect(disabled.code).toBeGreaterThan(0);
  expect([disabled.code, disabled.stdout]).toEqual([enabled.code, ""]);
  expect(disabled.stderr.trimEnd().split("\n").at(-1)).toContain("no-such-member");
  expect(simulator.requests.filter(({ method }) => method !== "GET")).toEqual([]);
});

test.each(["enable_user", "disable_user"])("%s then has the code NotFound", async (name) => {
  const setup = await setUpSeats("free-seats", "roomy");
  const action = setup.connector.actions?.find(({ schema }) => schema.name === name);
  await expect(action?.invoke({ user_id: "no-such-member" }, setup.ctx)).rejects.toMatchObject({
    code: Code.NotFound,
  });
});

test("revoking the grant of somebody who has left meanwhile still succeeds", async () => {
  expect((await run()).code).toBe(0);
  const roomy = simulator.state.findOwner("github", "roomy")?.ownerid ?? 0;
  simulator.change({ op: "set-seat", org: "roomy", ownerid: 102, activated: false });
  simulator.change({ op: "leave", org: "roomy", ownerid: 102 });
  expect(simulator.state.organization(roomy).row.seats?.has(102)).toBe(false);
  const { code, stderr } = await run(`--revoke-grant=${SEAT_OF_BOB}`);
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("already been revoked"),
  });
});
