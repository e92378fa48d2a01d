import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { launchConnector } from "#launch/launch.ts";
import { CODECOV, runProgram } from "../contract/program.ts";
import { ServiceScene } from "../contract/service-scene.ts";

const NEVER = new AbortController().signal;

const REFUSALS = [
  {
    what: "provisioning is off",
    flags: [],
    args: { user_id: "bob" },
    code: Code.FailedPrecondition,
    says: "--provisioning",
  },
  {
    what: "the argument is missing",
    flags: ["--provisioning"],
    args: {},
    code: Code.InvalidArgument,
    says: "user_id",
  },
  {
    what: "the argument is empty",
    flags: ["--provisioning"],
    args: { user_id: "" },
    code: Code.InvalidArgument,
    says: "user_id",
  },
  {
    what: "the argument is a number",
    flags: ["--provisioning"],
    args: { user_id: 5 },
    code: Code.InvalidArgument,
    says: "user_id",
  },
];

let scene: ServiceScene;
beforeAll(async () => {
  scene = await ServiceScene.open();
});
afterAll(() => scene[Symbol.asyncDispose]());

const countWrites = () => scene.codecov.requests.filter(({ method }) => method !== "GET").length;

describe.each(REFUSALS)("an action that is refused because $what", ({ flags, args, code, says }) => {
  test("is told to C1 with that code, and as one that trying again does not help", async () => {
    scene.start({}, flags);
    const taskId = scene.c1.enqueue({ $case: "actionInvoke", value: { name: "disable_user", args } });
    const { status, finalState } = await scene.finish(taskId);
    await scene.stop();
    expect(status?.code).toBe(code);
    expect(status?.message).toContain(says);
    expect(finalState).toMatchObject({ $case: "error", value: { nonRetryable: true } });
    expect(countWrites()).toBe(0);
  });

  test("is told to every host by the connector process with that code", async () => {
    const connector = await launchConnector(
      {
        command: process.execPath,
        args: [CODECOV, ...flags, "_connector-service"],
        env: { ...process.env, ...scene.settings() },
      },
      { log: silentLogger, signal: NEVER, onStderr: () => undefined },
    );
    try {
      const client = await connector.features();
      const request = {
        name: "disable_user",
        args,
        annotations: [],
        resourceTypeId: "",
        inlineWait: undefined,
      };
      const error: unknown = await client.invokeAction(request, NEVER).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BatonError);
      expect(error).toMatchObject({ code, message: expect.stringContaining(says) });
    } finally {
      await connector.close();
    }
    expect(countWrites()).toBe(0);
  });
});

test("from the shell a missing argument is exit code 3", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "refused-action-"));
  try {
    const { BATON_CLIENT_ID: _id, BATON_CLIENT_SECRET: _secret, ...env } = scene.settings();
    const { code, stdout } = await runProgram(["-p", "--invoke-action=enable_user"], { cwd, env });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  } finally {
    await rm(cwd, { recursive: true });
  }
});
