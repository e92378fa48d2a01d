import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ConnectorServiceService as ConnectorService } from "#gen/c1/connector/v2/connector.ts";
import { Redactor } from "#kernel/secret.ts";
import { openDebugLog } from "#service/debug-log.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { CODECOV, TOY } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { TestClient } from "../fakes/grpc-client.ts";

const CALLS = 50;

let directory: string;
let codecov: CodecovSimulator;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "baton-log-"));
  codecov = await startCodecovSimulator();
});
afterAll(async () => {
  await codecov.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => rm(join(directory, "sync.c1z"), { force: true }));

/** Starts a program; its standard error can be a descriptor, its standard output a pipe that nobody reads. */
function start(program: string, args: readonly string[], stderr: number | "pipe" = "pipe") {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: {
      ...process.env,
      BATON_TOY_TOKEN: "toy",
      BATON_CODECOV_API_TOKEN: codecov.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: codecov.baseUrl,
    },
    stdio: ["ignore", "pipe", stderr],
  });
  child.stdout?.destroy();
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const result = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, stderr: text })),
  );
  return { child, result };
}

function linesAbout(text: string, about: string): unknown[] {
  const lines = text.split("\n").filter((line) => line.includes(about));
  return lines.map((line) => JSON.parse(line));
}

test("a reader of the log who has gone does not end a sync", async () => {
  const { code } = await start(CODECOV, ["--log-level=debug", "--log-path=stdout"]).result;
  expect(code).toBe(0);
  expect(existsSync(join(directory, "sync.c1z"))).toBe(true);
});

// The device is a full disk.
describe.runIf(existsSync("/dev/full"))("on a full disk", () => {
  test("a sync goes on and tells the loss once on standard error", async () => {
    const { code, stderr } = await start(CODECOV, ["--log-level=debug", "--log-path=/dev/full"]).result;
    expect(code).toBe(0);
    expect(existsSync(join(directory, "sync.c1z"))).toBe(true);
    expect(linesAbout(stderr, "/dev/full")).toMatchObject([{ level: "warn", log: "/dev/full" }]);
  });

  test("the loss is told in the other log, if there is one", async () => {
    const { code } = await start(CODECOV, ["--log-path=/dev/full,sync.log"]).result;
    expect(code).toBe(0);
    const log = await readFile(join(directory, "sync.log"), "utf8");
    expect(linesAbout(log, "/dev/full")).toMatchObject([{ level: "warn", log: "/dev/full" }]);
    expect(linesAbout(log, "Sync summary")).toHaveLength(1);
  });

  test("a sync without a place for its log goes on", async () => {
    const { code } = await start(CODECOV, ["--log-level=debug"], openSync("/dev/full", "w")).result;
    expect(code).toBe(0);
    expect(existsSync(join(directory, "sync.c1z"))).toBe(true);
  });

  test("serve goes on answering", async () => {
    const socket = join(directory, "it.sock");
    const args = ["serve", "--plaintext", `--listen=unix:${socket}`, "--log-level=debug"];
    const { child, result } = start(TOY, [...args, "--log-path=/dev/full"], openSync("/dev/full", "w"));
    // Nothing it could say would arrive.
    await vi.waitUntil(() => existsSync(socket), { timeout: 20_000 });
    const client = new TestClient(`unix:${socket}`);
    for (let call = 0; call < CALLS; call += 1) await client.ask(ConnectorService.validate, {});
    client.close();
    child.kill("SIGTERM");
    expect(await result).toMatchObject({ code: 0 });
  });

  test("the debug log that C1 asks for tells its loss once in the usual log", () => {
    const lines: string[] = [];
    const log = createLogger({ write: (line) => lines.push(line) });
    const debugLog = openDebugLog(log, "/dev/full", new Redactor(), "task");
    debugLog.debug("one");
    debugLog.debug("two");
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(["warn"]);
  });
});
