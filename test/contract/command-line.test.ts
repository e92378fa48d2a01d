import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import packageFile from "../../package.json" with { type: "json" };
import { LAUNCHER, runProgram } from "./program.ts";

const complete = {
  BATON_CODECOV_API_TOKEN: "00000000-0000-4000-8000-000000000000",
  BATON_CODECOV_SERVICE: "github",
  BATON_CODECOV_OWNER: "acme",
};

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-cli-"));
});
afterAll(() => rm(cwd, { recursive: true }));

test("--version says name and version", async () => {
  const result = await runProgram(["--version"], { cwd });
  expect(result).toMatchObject({
    code: 0,
    stdout: `baton-codecov version ${packageFile.version}\n`,
    stderr: "",
  });
});

test("--help shows each flag with its variable and leaves hidden ones out", async () => {
  const { code, stdout, stderr } = await runProgram(["--help"], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("($BATON_CODECOV_API_TOKEN)");
  expect(stdout).toContain("-f, --file <text>");
  expect(stdout).not.toMatch(/--delete-resource|_connector-service/);
  expect((await runProgram(["help"], { cwd })).stdout).toBe(stdout);
  expect((await runProgram(["help", "health-check"], { cwd })).stdout).toContain("--endpoint");
});

test("a mistake is told in one sentence, with exit code 2", async () => {
  expect(await runProgram(["--codecov-ownr=x"], { cwd })).toMatchObject({
    code: 2,
    stdout: "",
    stderr: "unknown flag --codecov-ownr, did you mean --codecov-owner?\n",
  });
});

test("missing settings are all named at once", async () => {
  const { code, stderr } = await runProgram([], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('required flag(s) "codecov-owner", "codecov-service" not set');
  expect(stderr).toContain("--codecov-api-token, --codecov-api-token-file");
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("a configuration file that was named must be there and in order", async () => {
  const missing = await runProgram([], { cwd, env: { ...complete, BATON_CONFIG_PATH: "nowhere.yaml" } });
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/nowhere\.yaml.*BATON_CONFIG_PATH/);
  await writeFile(join(cwd, "broken.yaml"), "codecov-owner: [acme\n");
  const broken = await runProgram([], { cwd, env: { ...complete, BATON_CONFIG_PATH: "broken.yaml" } });
  expect(broken.code).toBe(2);
  expect(broken.stderr).toMatch(/YAML.*broken\.yaml, line \d/);
});

test("config and capabilities print JSON without any settings", async () => {
  const schema = await runProgram(["config"], { cwd });
  expect(schema).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(schema.stdout).displayName).toBe("Codecov");
  const capabilities = await runProgram(["capabilities"], { cwd });
  expect(capabilities).toMatchObject({ code: 0, stderr: "" });
  expect(capabilities.stdout).toMatch(
    /^\{\n {2}"@type": "type.googleapis.com\/c1.connector.v2.ConnectorCapabilities",/,
  );
  expect(capabilities.stdout.endsWith("}")).toBe(true);
  expect(JSON.parse(capabilities.stdout).connectorCapabilities).toContain("CAPABILITY_SYNC");
});

test("the launcher starts the program", async () => {
  const result = await runProgram(["--version"], { cwd, program: LAUNCHER });
  expect(result).toMatchObject({
    code: 0,
    stdout: `baton-codecov version ${packageFile.version}\n`,
    stderr: "",
  });
});

test("the launcher tells the owner of an old Node in one sentence what to do", async () => {
  const pretend = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.1.0' })";
  const result = await runProgram(["--version"], {
    cwd,
    program: LAUNCHER,
    env: { NODE_OPTIONS: `--import="${pretend}"` },
  });
  expect(result).toMatchObject({ code: 2, stdout: "" });
  expect(result.stderr).toMatch(/^baton-codecov needs Node 24 or newer, this is v\S+; install .*\n$/);
});

/** @param args may name another port than that of the listener */
async function checkHealth(listener: RequestListener, ...args: string[]) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const env = { BATON_HEALTH_CHECK_PORT: String(port) };
    return await runProgram(["health-check", ...args], { cwd, env });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("health-check succeeds if the endpoint answers 200", async () => {
  const asked: (string | undefined)[] = [];
  const result = await checkHealth((request, response) => {
    asked.push(request.url);
    response.end();
  }, "--endpoint=ready");
  expect(result).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(asked).toEqual(["/ready"]);
});

test.each<[string, number, RequestListener, string[]]>([
  ["an unhealthy answer", 2, (_, response) => response.writeHead(503).end(), []],
  ["an endpoint that does not exist", 2, (_, response) => response.end(), ["--endpoint=metrics"]],
  ["no answer in time", 4, () => {}, ["--timeout=1"]],
  ["a host that does not exist", 3, () => {}, ["--health-check-bind-address=no-such-host.invalid"]],
  ["nothing listening", 14, () => {}, ["--health-check-port=1"]],
])("health-check: %s gives exit code %i", async (_, code, listener, args) => {
  const result = await checkHealth(listener, ...args);
  expect(result.code).toBe(code);
  expect(result.stderr.trim().split("\n")).toHaveLength(1);
});
