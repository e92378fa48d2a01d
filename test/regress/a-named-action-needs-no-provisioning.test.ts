import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ActionServiceService as Actions, BatonActionStatus } from "#gen/c1/connector/v2/action.ts";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant, GrantManagerServiceService as GrantManager } from "#gen/c1/connector/v2/grant.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { type LaunchedConnector, launchConnector } from "#launch/launch.ts";
import { makeResourceId } from "#model/ids.ts";
import { Resource } from "#model/resource.ts";
import { CODECOV, runProgram, startProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { TestClient } from "../fakes/grpc-client.ts";

const REFUSED = "provisioning is not enabled";
const NEVER = new AbortController().signal;
const DONE = BatonActionStatus.BATON_ACTION_STATUS_COMPLETE;

let simulator: CodecovSimulator;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  simulator = await startCodecovSimulator({ state: "free-seats" });
});
afterAll(() => simulator.close());
beforeEach(() => simulator.clearRequests());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function settings() {
  return {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "roomy",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
}

/** The flags with which somebody names an action. */
const named = (name: string, args: object) => [
  `--invoke-action=${name}`,
  `--invoke-action-args=${JSON.stringify(args)}`,
];

/** Starts a connector process as any host does: with the whole command line of the host. */
async function launch(...flags: string[]): Promise<LaunchedConnector> {
  const command = {
    command: process.execPath,
    args: [CODECOV, ...flags, "_connector-service"],
    env: { ...process.env, ...settings() },
  };
  const options = { log: silentLogger, signal: NEVER, onStderr: () => undefined };
  const connector = await launchConnector(command, options);
  cleanups.push(() => connector.close());
  return connector;
}

const invocation = (name: string, args: Record<string, unknown>) => ({
  name,
  args,
  annotations: [],
  resourceTypeId: "",
  inlineWait: { seconds: 10n, nanos: 0 },
});

/** What came of an action: `done`, or why not. */
async function act(connector: LaunchedConnector, name: string, args: Record<string, unknown>) {
  try {
    const client = await connector.features();
    const { status, response } = await client.invokeAction(invocation(name, args), NEVER);
    return status === DONE ? "done" : String(response?.["error"]);
  } catch (error) {
    return messageOf(error);
  }
}

const messageOf = (error: unknown) => (error instanceof BatonError ? error.message : String(error));

const SEAT = Entitlement.fromPartial({
  id: "license:roomy:assigned",
  resource: { id: makeResourceId("license", "roomy") },
});
const person = (name: string) => Resource.fromPartial({ id: makeResourceId("user", name) });

/** What came of a grant, and of its revocation: `done`, or the code of the refusal. */
async function changeSeat({ client }: LaunchedConnector, name: string) {
  const principal = person(name);
  const entitlement = SEAT;
  const grant = Grant.fromPartial({ id: `${SEAT.id}:user:${name}`, entitlement, principal });
  const outcome = async (call: Promise<unknown>) =>
    await call.then(
      () => "done",
      (error: unknown) => (error instanceof BatonError ? error.code : error),
    );
  return {
    grant: await outcome(client.grant({ principal, entitlement, annotations: [] }, NEVER)),
    revoke: await outcome(client.revoke({ grant, annotations: [] }, NEVER)),
  };
}

const writes = () => simulator.requests.filter(({ method }) => method !== "GET").length;

function holds(ownerid: number): boolean | undefined {
  const roomy = simulator.state.findOwner("github", "roomy");
  return simulator.state.organization(roomy?.ownerid ?? 0).row.seats?.has(ownerid);
}

test("from the shell, the action that the command line names is run", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "named-action-"));
  cleanups.push(() => rm(cwd, { recursive: true }));
  const { code, stdout, stderr } = await runProgram(named("disable_user", { user_id: "bob" }), {
    cwd,
    env: settings(),
  });
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    status: "BATON_ACTION_STATUS_COMPLETE",
    response: { success: true, changed: true },
  });
  expect(holds(102)).toBe(false);
});

describe("a connector process whose host was told to run one action", () => {
  test("runs that action with those arguments", async () => {
    const connector = await launch(...named("enable_user", { user_id: "waiting" }));
    expect(await act(connector, "enable_user", { user_id: "waiting" })).toBe("done");
    expect(holds(109)).toBe(true);
  });

  test.each([
    ["other arguments", "enable_user", { user_id: "gone" }],
    ["no arguments", "enable_user", {}],
    ["more arguments", "enable_user", { user_id: "waiting", more: true }],
    ["another action", "disable_user", { user_id: "waiting" }],
  ])("refuses %s", async (_title, name, args) => {
    const connector = await launch(...named("enable_user", { user_id: "waiting" }));
    expect(await act(connector, name, args)).toContain(REFUSED);
    expect(writes()).toBe(0);
  });

  test("refuses grants and revocations", async () => {
    const connector = await launch(...named("enable_user", { user_id: "waiting" }));
    const refused = Code.FailedPrecondition;
    expect(await changeSeat(connector, "waiting")).toEqual({ grant: refused, revoke: refused });
    expect(writes()).toBe(0);
  });
});

test("a connector process whose host was told to grant does nothing else", async () => {
  const connector = await launch(`--grant-entitlement=${SEAT.id}`, "--grant-principal=waiting");
  expect(await changeSeat(connector, "waiting")).toEqual({ grant: "done", revoke: Code.FailedPrecondition });
  const written = writes();
  expect(await act(connector, "disable_user", { user_id: "dan" })).toContain(REFUSED);
  expect(writes()).toBe(written);
});

describe("where others ask for the changes, naming one on the command line allows nothing", () => {
  const flags = [
    named("disable_user", { user_id: "dan" }),
    [`--grant-entitlement=${SEAT.id}`, "--grant-principal=dan"],
  ];

  test.each(flags)("in service mode (%s)", async (...naming) => {
    const connector = await launch("--client-id=id", "--client-secret=secret", ...naming);
    expect(await act(connector, "disable_user", { user_id: "dan" })).toContain(REFUSED);
    expect((await changeSeat(connector, "dan")).grant).toBe(Code.FailedPrecondition);
    expect(writes()).toBe(0);
  });

  test.each(flags)("by serve (%s)", async (...naming) => {
    const serving = ["serve", "--listen=127.0.0.1:0", "--plaintext", "--log-format=json"];
    const program = startProgram([...serving, ...naming], { env: settings() });
    cleanups.push(async () => {
      program.process.kill("SIGKILL");
      await program.result;
    });
    let port: string | undefined;
    while (port === undefined) {
      await Promise.race([once(program.process.stderr ?? program.process, "data"), program.result]);
      port = /"address":"127\.0\.0\.1:(\d+)"/.exec(program.stderr())?.[1];
      if (program.process.exitCode !== null) throw new Error(program.stderr());
    }
    const client = new TestClient(Number(port));
    cleanups.push(async () => client.close());

    const request = invocation("disable_user", { user_id: "dan" });
    const answer = await client
      .ask(Actions.invokeAction, request)
      .then(({ status, response }) => (status === DONE ? "done" : String(response?.["error"])), messageOf);
    expect(answer).toContain(REFUSED);
    const grant = { principal: person("dan"), entitlement: SEAT, annotations: [] };
    expect((await client.refused(GrantManager.grant, grant)).code).toBe(Code.FailedPrecondition);
    expect(writes()).toBe(0);
  });
});
