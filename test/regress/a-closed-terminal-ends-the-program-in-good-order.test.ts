import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { type RunningProgram, startProgram, TOY } from "../contract/program.ts";
import { ServiceScene, waitFor } from "../contract/service-scene.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";

let directory: string;
let codecov: CodecovSimulator;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "baton-terminal-"));
  codecov = await startCodecovSimulator({ generated: { members: 1000 } });
});
afterAll(async () => {
  await codecov.close();
  await rm(directory, { recursive: true });
});

function startSync(stdin: "ignore" | "pipe"): RunningProgram {
  const env = {
    BATON_CODECOV_API_TOKEN: codecov.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: codecov.baseUrl,
  };
  return startProgram([], { cwd: directory, env, stdin });
}

async function startServing(stdin: "ignore" | "pipe"): Promise<RunningProgram> {
  const env = { BATON_TOY_TOKEN: "toy" };
  const args = ["serve", "--plaintext", "--listen=127.0.0.1:0"];
  const program = startProgram(args, { program: TOY, env, stdin });
  await waitFor(() => expect(program.stderr()).toContain('"serving"'));
  return program;
}

/** As a closed terminal does: the system tells it, and so does the shell. */
function closeTerminal({ process }: RunningProgram): void {
  process.kill("SIGHUP");
  process.kill("SIGHUP");
}

describe.skipIf(process.platform === "win32")("SIGHUP", () => {
  test("lets a sync save its progress, and the next run goes on from there", async () => {
    codecov.setLatency(150);
    codecov.clearRequests();
    const program = startSync("pipe");
    await waitFor(() => expect(codecov.requests.length).toBeGreaterThan(4));
    closeTerminal(program);
    expect(await program.result).toMatchObject({ code: 129, signal: null });
    expect((await readdir(directory)).filter((name) => !/^sync\.c1z(\.lock)?$/.test(name))).toEqual([]);
    codecov.setLatency(0);
    const next = await startSync("ignore").result;
    expect(next).toMatchObject({ code: 0 });
    expect(next.stderr).toContain("resumed previous sync");
  });

  test("ends serve", async () => {
    const program = await startServing("pipe");
    closeTerminal(program);
    const { code, stderr } = await program.result;
    expect(code).toBe(129);
    expect(stderr).toContain('"served"');
  });

  test("lets service mode give its task back", async () => {
    await using scene = await ServiceScene.open();
    scene.codecov.faults.add({ times: null, fault: { kind: "stall", processed: false } });
    const taskId = scene.c1.enqueue({ $case: "syncFull", value: {} });
    const program = startProgram([], { cwd: scene.directory, env: scene.settings(), stdin: "pipe" });
    await waitFor(() => expect(scene.c1.count("heartbeat")).toBeGreaterThan(0));
    closeTerminal(program);
    expect(await program.result).toMatchObject({ code: 129, signal: null });
    expect(await scene.finish(taskId)).toMatchObject({ status: { code: Code.Canceled } });
  });

  test("is ignored by a program that has neither a terminal nor an input, as under nohup", async () => {
    const program = await startServing("ignore");
    closeTerminal(program);
    program.process.kill("SIGTERM");
    expect(await program.result).toMatchObject({ code: 0, signal: null });

    codecov.setLatency(50);
    codecov.clearRequests();
    const sync = startSync("ignore");
    await waitFor(() => expect(codecov.requests.length).toBeGreaterThan(1));
    closeTerminal(sync);
    expect(await sync.result).toMatchObject({ code: 0, signal: null });
  });
});
