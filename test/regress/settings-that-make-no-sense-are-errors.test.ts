import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "#kernel/logger.ts";
import { launchConnector } from "#launch/launch.ts";
import { runProgram, TOY } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";

const complete = {
  BATON_CODECOV_API_TOKEN: "00000000-0000-4000-8000-000000000000",
  BATON_CODECOV_SERVICE: "github",
  BATON_CODECOV_OWNER: "acme",
  // Nobody listens there: what is wrong is found before anything is asked.
  BATON_CODECOV_BASE_URL: "http://127.0.0.1:9",
};
const jwk = JSON.stringify(generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }));
const service = {
  BATON_CLIENT_ID: "name@acme.example/abc",
  BATON_CLIENT_SECRET: `a:b:v1:${Buffer.from(jwk).toString("base64url")}`,
};

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-settings-"));
});
afterAll(() => rm(cwd, { recursive: true }));

test.each([
  ["--log-level", "warning"],
  ["--log-level", "verbose"],
  ["--log-format", "jsn"],
  ["--health-check-port", "70000"],
  ["--health-check-port", "-1"],
  ["--workers", "many"],
  ["--task-concurrency", "0"],
])("%s=%s is an error, as flag and as variable", async (flag, value) => {
  const variable = `BATON_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`;
  for (const result of [
    await runProgram([`${flag}=${value}`], { cwd, env: complete }),
    await runProgram([], { cwd, env: { ...complete, [variable]: value } }),
    await runProgram(["serve", "--plaintext", `${flag}=${value}`], { cwd, env: complete }),
  ]) {
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(new RegExp(`^${flag}: [^\\n]+\\n$`));
  }
});

test.each([
  ["BATON_KEEP_SYNC_COUNT", "abc"],
  ["BATON_KEEP_SYNC_COUNT", "0"],
  ["BATON_KEEP_SYNC_COUNT", "1.5"],
  ["BATON_SKIP_CLEANUP", "yes"],
  ["BATON_DECODER_MAX_DECODED_SIZE_MB", "10 GB"],
  ["BATON_DECODER_MAX_MEMORY_MB", "-1"],
  ["BATON_DISABLE_FCS_FAIL_FAST", "no"],
])("the variable %s=%s is an error, in a sync and in service mode", async (name, value) => {
  for (const env of [complete, { ...complete, ...service }]) {
    const result = await runProgram([], { cwd, env: { ...env, [name]: value } });
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(new RegExp(`^${name}: [^\\n]+\\n$`));
  }
});

test.each(["https://c1.example", "c1.example/api", "c1.example:70000", "c1.example:", "c1 example"])(
  "%s is no address of C1",
  async (address) => {
    const env = { ...complete, ...service, BATON_C1_API_HOST: address };
    const { code, stderr } = await runProgram(["--log-level=error"], { cwd, env });
    expect(code).toBe(2);
    expect(stderr.split("\n").filter((line) => !line.startsWith("{"))).toEqual([
      expect.stringMatching(/^BATON_C1_API_HOST: /),
      "",
    ]);
  },
);

test.each(["http://%zz", "collector:70000", "http://col lector", "https://collector/v1/traces"])(
  "%s is no address of a collector",
  async (address) => {
    const { code, stderr } = await runProgram([`--otel-collector-endpoint=${address}`], {
      cwd,
      env: complete,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--otel-collector-endpoint [^\n]+\n$/);
  },
);

test("levels and formats are accepted in any case", async () => {
  const { stderr } = await runProgram(["--log-level=WARN", "--log-format=JSON", "--max-wait=1s"], {
    cwd,
    env: complete,
  });
  expect(stderr).not.toMatch(/--log-level|--log-format/);
});

test("the connector process takes what a Go host hands on unchecked", async () => {
  const args = ["--log-level=warning", "--log-format=jsn", "--health-check-port=70000", "_connector-service"];
  const command = {
    command: process.execPath,
    args: [TOY, ...args],
    env: { ...process.env, BATON_TOY_TOKEN: "toy", BATON_KEEP_SYNC_COUNT: "abc", BATON_SKIP_CLEANUP: "yes" },
  };
  const { signal } = new AbortController();
  const connector = await launchConnector(command, { log: silentLogger, signal, onStderr: () => undefined });
  expect(await connector.client.validate({}, signal)).toBeDefined();
  await connector.close();
});

test("a report called .htm is HTML", async () => {
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "ann" }] }]);
  expect(await runProgram(["report", "--output=review.HTM"], { cwd })).toMatchObject({ code: 0 });
  expect(await readFile(join(cwd, "review.HTM"), "utf8")).toMatch(/^<!DOCTYPE html>/);
});
