import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import type { LaunchedConnector, LaunchOptions } from "#launch/launch.ts";
import { launchConnectorThread } from "#launch/launch-thread.ts";
import { launchFakeThread, startWorker } from "../fakes/connector-launch.ts";
import { failureOf } from "../fakes/failure.ts";
import { TOY } from "./program.ts";

const neverAborted = new AbortController().signal;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function launch(
  mode: string,
  number = 0,
  options: Partial<LaunchOptions> = {},
): Promise<LaunchedConnector> {
  const connector = await launchFakeThread(mode, number, options);
  cleanups.push(() => connector.close());
  return connector;
}

/** How many milliseconds the work takes. */
async function timeOf(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
}

/** A log that keeps what was said as an error. */
function recordErrors() {
  const errors: string[] = [];
  const log = { ...silentLogger, error: (message: string) => errors.push(message) };
  return { errors, log };
}

describe("a connector thread that starts", () => {
  it.each([
    [2, Code.Unknown],
    [16, Code.Unauthenticated],
    [0, Code.Internal],
    [77, Code.Internal],
  ])("and ends with %i before it serves is an error of code %i, not a hang", async (exitCode, code) => {
    const error = await failureOf(launch("ends-at-once", exitCode));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`with code ${exitCode}`);
  });

  it("and cannot be loaded is an error that tells why", async () => {
    const error = await failureOf(launch("fails-to-load"));
    expect(error.message).toContain("there is a piece missing");
  });

  it("with the program's own arguments ends with the program's exit code", async () => {
    const worker = startWorker(TOY);
    const args = ["--toy-people=many", "_connector-service"];
    const error = await failureOf(
      launchConnectorThread({ worker, args, env: {} }, { log: silentLogger, signal: neverAborted }),
    );
    expect(error.code).toBe(Code.Unknown);
    expect(error.message).toContain("with code 2");
  });

  it("but has ended before anybody wanted it is an error", async () => {
    const worker = startWorker(TOY);
    await worker.terminate();
    const command = { worker, args: ["_connector-service"], env: {} };
    const error = await failureOf(
      launchConnectorThread(command, { log: silentLogger, signal: neverAborted }),
    );
    expect(error.code).toBe(Code.Internal);
  });

  it("and is interrupted before it serves is ended", async () => {
    const reason = new BatonError(Code.Canceled, "interrupted");
    const interrupt = new AbortController();
    const launching = failureOf(launch("loops-at-start", 0, { signal: interrupt.signal }));
    const duration = timeOf(launching);
    setImmediate(() => interrupt.abort(reason));
    expect(await launching).toBe(reason);
    expect(await duration).toBeLessThan(4_000);
  });

  it("is ended at once if the run is over already", async () => {
    const worker = startWorker(TOY);
    const reason = new BatonError(Code.Canceled, "interrupted");
    const command = { worker, args: ["_connector-service"], env: {} };
    const signal = AbortSignal.abort(reason);
    await expect(launchConnectorThread(command, { log: silentLogger, signal })).rejects.toBe(reason);
    expect(worker.threadId).toBe(-1);
  });
});

describe("a connector thread that ends in the middle of a call", () => {
  it("ends every call in flight and every later one with an error that tells why", async () => {
    const { errors, log } = recordErrors();
    const connector = await launch("crashes", 0, { log });
    const calls = [1, 2, 3].map(() => failureOf(connector.client.validate({}, neverAborted)));
    const reason = await connector.gone;
    expect(reason.code).toBe(Code.Internal);
    expect(reason.message).toContain("crashed");
    expect(await Promise.all(calls)).toEqual([reason, reason, reason]);
    expect(await failureOf(connector.client.validate({}, neverAborted))).toBe(reason);
    expect(errors).toEqual(["the connector is gone"]);
    await connector.close();
  });
});

describe("a connector thread that is closed", () => {
  it("is gone without an error in the log, its calls are canceled, and closing again does no harm", async () => {
    const { errors, log } = recordErrors();
    const connector = await launch("never-answers", 0, { log });
    const call = failureOf(connector.client.validate({}, neverAborted));
    const closing = Promise.all([connector.close(), connector.close()]);
    expect((await call).code).toBe(Code.Canceled);
    // It ends by itself: nobody has to stop it.
    expect(await timeOf(closing)).toBeLessThan(1_900);
    await connector.close();
    expect((await connector.gone).code).toBe(Code.Canceled);
    expect((await failureOf(connector.client.validate({}, neverAborted))).code).toBe(Code.Canceled);
    expect(errors).toEqual([]);
  });

  it("is stopped within about two seconds even in an endless loop", async () => {
    const connector = await launch("loops");
    const call = failureOf(connector.client.validate({}, neverAborted));
    expect(await timeOf(connector.close())).toBeLessThan(4_000);
    expect((await call).code).toBe(Code.Canceled);
  });

  it("leaves a call that does not answer when the caller gives up", async () => {
    const connector = await launch("never-answers");
    const reason = new BatonError(Code.Canceled, "interrupted");
    const giveUp = new AbortController();
    const call = failureOf(connector.client.validate({}, giveUp.signal));
    giveUp.abort(reason);
    expect(await call).toBe(reason);
  });
});

describe("a connector thread with a promise that fails and that nobody waits for", () => {
  it("says so in the log of the host and goes on", async () => {
    const lines: string[] = [];
    const onStderr = (chunk: Buffer) => lines.push(String(chunk));
    const connector = await launch("forgets", 0, { onStderr });
    await connector.client.validate({}, neverAborted);
    await vi.waitFor(() => expect(lines.join("")).toContain("forgotten"));
    await expect(connector.client.validate({}, neverAborted)).resolves.toBeDefined();
  });
});

it("lets the connector close what it has open when the host is done", async () => {
  const directory = await mkdtemp(join(tmpdir(), "connector-thread-"));
  cleanups.push(() => rm(directory, { recursive: true }));
  const file = join(directory, "farewell");
  vi.stubEnv("FAREWELL_FILE", file);
  const connector = await launch("says-farewell");
  vi.unstubAllEnvs();
  await connector.client.validate({}, neverAborted);
  await connector.close();
  expect(await readFile(file, "utf8")).toBe("let go");
});
