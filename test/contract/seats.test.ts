import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { runProgram } from "./program.ts";

const SEAT = "license:roomy:assigned";

let simulator: CodecovSimulator;
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-seats-"));
  simulator = await startCodecovSimulator({ state: "free-seats" });
  expect((await run()).code).toBe(0);
});
afterAll(async () => {
  await simulator.close();
  await rm(cwd, { recursive: true });
});
beforeEach(() => simulator.clearRequests());

/** Runs the program with the file of the first sync; the log lines are read. */
async function run(...args: string[]) {
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "roomy",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  const { code, stdout, stderr } = await runProgram(args, { cwd, env });
  const lines = stderr.trimEnd().split("\n");
  const messages = lines.filter((line) => line.startsWith("{")).map((line) => String(JSON.parse(line).msg));
  return { code, stdout, messages, last: lines.at(-1) };
}

function countWrites(): number {
  return simulator.requests.filter(({ method }) => method !== "GET").length;
}

function holds(ownerid: number): boolean | undefined {
  const roomy = simulator.state.findOwner("github", "roomy");
  return simulator.state.organization(roomy?.ownerid ?? 0).row.seats?.has(ownerid);
}

const grantTo = (userId: string) => [`--grant-entitlement=${SEAT}`, `--grant-principal=${userId}`];
const act = (name: string, userId: string) => [
  `--invoke-action=${name}`,
  `--invoke-action-args=${JSON.stringify({ user_id: userId })}`,
];

describe("from the shell", () => {
  test("a seat is given", async () => {
    const { code, stdout, messages } = await run(...grantTo("waiting"));
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(messages).toContain(`${SEAT} was granted to waiting`);
    expect(holds(109)).toBe(true);
  });

  test("a seat is taken, and taken again without harm", async () => {
    const revoke = `--revoke-grant=${SEAT}:user:bob`;
    const first = await run(revoke);
    expect(first.messages).toContain(`${SEAT}:user:bob was revoked`);
    expect(holds(102)).toBe(false);
    const again = await run(revoke);
    expect(again.messages).toContain(`${SEAT}:user:bob had already been revoked`);
    expect([first.code, again.code, countWrites()]).toEqual([0, 0, 1]);
  });

  test("a name that Codecov's API cannot address is refused with the reason", async () => {
    const { code, last } = await run(...grantTo("ina.dotted"));
    expect([code, last]).toEqual([9, expect.stringContaining("cannot address the user name ina.dotted")]);
    expect(countWrites()).toBe(0);
  });

  test("an action takes a seat", async () => {
    const { code, stdout } = await run(...act("disable_user", "dan"));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "BATON_ACTION_STATUS_COMPLETE",
      response: { success: true, changed: true },
    });
    expect(holds(104)).toBe(false);
  });
});

describe("without --provisioning", () => {
  test("the actions are listed all the same, as those of accounts", async () => {
    const { code, stdout } = await run("--list-action-schemas");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: "enable_user", action_type: ["ACTION_TYPE_ACCOUNT", "ACTION_TYPE_ACCOUNT_ENABLE"] },
      { name: "disable_user", action_type: ["ACTION_TYPE_ACCOUNT", "ACTION_TYPE_ACCOUNT_DISABLE"] },
    ]);
  });

  test("a sync of everything, with all that can be opted in, sends nothing but GET, and none for repositories", async () => {
    const options = ["--codecov-session-info", "--codecov-internal-ids", "--file=read-only.c1z"];
    expect((await run(...options)).code).toBe(0);
    expect(simulator.requests.length).toBeGreaterThan(3);
    expect(countWrites()).toBe(0);
    expect(simulator.requests.filter(({ path }) => path.includes("/repos"))).toEqual([]);
  });
});
