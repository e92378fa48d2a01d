import { describe, expect, test } from "vitest";
import { silentLogger } from "#kernel/logger.ts";
import { launchConnector } from "#launch/launch.ts";
import { CODECOV, runProgram } from "../contract/program.ts";
import { makeDirectory, startCodecov } from "./system.ts";

const SECRETS = ["11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"];

test.each([
  [["--file", "a.c1z", "-f", "b.c1z"], "--file"],
  [["-p", "--provisioning=false"], "--provisioning"],
  [["--workers=2", "--workers=3"], "--workers"],
  [["--invoke-action=enable_user", "--invoke-action=disable_user"], "--invoke-action"],
  [SECRETS.map((secret) => `--codecov-api-token=${secret}`), "--codecov-api-token"],
  [["report", "--format=csv", "--format=json"], "--format"],
])("%j is a usage error", async (args, flag) => {
  const { code, stdout, stderr } = await runProgram(args, { cwd: await makeDirectory() });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toBe(`${flag} is given 2 times with different values; give it once\n`);
});

test("spellings of the same value do no harm, and lists add up", async () => {
  const { simulator, env } = await startCodecov();
  const cwd = await makeDirectory();
  const same = [
    "-f",
    "a.c1z",
    "--file=a.c1z",
    "--log-level=WARN",
    "--log-level=warn",
    "-p",
    "--provisioning=1",
  ];
  const list = ["--sync-resource-types=user", "--sync-resource-types=org"];
  const result = await runProgram([...same, ...list], { cwd, env });
  expect(result).toMatchObject({ code: 0 });
  expect(simulator.requests.length).toBeGreaterThan(0);
});

describe("the connector process", () => {
  test("takes the last value, as its Go host does", async () => {
    const { simulator, env } = await startCodecov();
    const { signal } = new AbortController();
    const twice = [
      "--codecov-owner=nobody-at-all",
      "--codecov-owner=acme",
      "--log-level=debug",
      "--log-level=error",
    ];
    const connector = await launchConnector(
      {
        command: process.execPath,
        args: [CODECOV, ...twice, "_connector-service"],
        env: { ...process.env, ...env },
      },
      { log: silentLogger, signal },
    );
    try {
      await connector.client.validate({}, signal);
    } finally {
      await connector.close();
    }
    expect(simulator.requests.some(({ path }) => path.includes("/acme/"))).toBe(true);
    expect(simulator.requests.some(({ path }) => path.includes("nobody"))).toBe(false);
  });
});
