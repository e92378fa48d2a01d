import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram, startProgram } from "../contract/program.ts";
import { ServiceScene } from "../contract/service-scene.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";

const NAMED = { codecov_owner: "acme", codecov_service: "github" };
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));

let simulator: CodecovSimulator;
let cwd: string;

beforeAll(async () => {
  simulator = await startCodecovSimulator();
  cwd = await mkdtemp(join(tmpdir(), "baton-named-"));
});
afterAll(async () => {
  await simulator.close();
  await rm(cwd, { recursive: true });
});

function settings(): Record<string, string> {
  return {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "gh",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    BATON_LOG_LEVEL: "debug",
  };
}

function parseLines(stderr: string): Record<string, unknown>[] {
  return stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("every line of a sync names owner and service, and its summary the version", async () => {
  const { code, stderr } = await runProgram([], { cwd, env: settings() });
  expect(code).toBe(0);
  const lines = parseLines(stderr);
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(line).toMatchObject(NAMED);
  expect(lines.find(({ msg }) => msg === "Sync summary.")).toMatchObject({ version, members: 52 });
});

test("so does every line of a server", async () => {
  const env = { ...settings(), BATON_HEALTH_CHECK: "true", BATON_HEALTH_CHECK_PORT: "0" };
  const server = startProgram(["serve", "--listen", "127.0.0.1:0", "--plaintext"], { cwd, env });
  await expect.poll(() => server.stderr(), { timeout: 30_000 }).toContain('"serving"');
  server.process.kill("SIGTERM");
  const { code, stderr } = await server.result;
  expect(code).toBe(0);
  for (const line of parseLines(stderr)) expect(line).toMatchObject(NAMED);
});

test("so does every line of service mode, of its connector process as well", async () => {
  await using scene = await ServiceScene.open();
  scene.start({ BATON_LOG_LEVEL: "debug" });
  await scene.finish(scene.c1.enqueue({ $case: "listEventFeeds", value: {} }));
  await scene.stop();
  const lines = scene.logLines();
  expect(lines.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(["connected to C1", "finished unary call with code OK", "stopped"]),
  );
  for (const line of lines) expect(line).toMatchObject(NAMED);
});
