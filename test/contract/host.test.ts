import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { type LaunchedConnector, type LaunchOptions, launchConnector } from "#launch/launch.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { runSyncTask, type SyncTaskResult } from "#tasks/sync-into-file.ts";
import { failureOf } from "../fakes/failure.ts";

const CHILD = join(import.meta.dirname, "../fakes/connector-child.ts");

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function launch(
  mode: string,
  number = 0,
  options: Partial<LaunchOptions> = {},
): Promise<LaunchedConnector> {
  const command = { command: process.execPath, args: [CHILD, mode, String(number)], env: process.env };
  const launched = await launchConnector(command, {
    log: silentLogger,
    signal: new AbortController().signal,
    ...options,
  });
  cleanups.push(() => launched.close());
  return launched;
}

async function makeFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "host-test-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "sync.c1z");
}

function syncWith(connector: LaunchedConnector, file: string, signal = new AbortController().signal) {
  const options = { file, retention: { keepFullSyncs: 2 } };
  return runSyncTask(connector.client, options, { signal, log: silentLogger, clock: systemClock });
}

async function rowsOf({ path, run }: SyncTaskResult): Promise<string[]> {
  await using file = await openC1zReadOnly(path);
  const reader = file.reader(run.id);
  return [
    ...[...everyItem((page) => reader.listResources({}, page))].map(
      ({ id }) => `${id?.resourceType}:${id?.resource}`,
    ),
    ...[...everyItem((page) => reader.listEntitlements({}, page))].map(({ id }) => id),
    ...[...everyItem((page) => reader.listGrants({}, page))].map(({ id }) => id),
  ].toSorted();
}

describe("a connector process", () => {
  it("is started, called over mutual TLS and ended", async () => {
    const connector = await launch("toy");
    const signal = new AbortController().signal;
    const { sdkVersion } = await connector.client.validate({}, signal);
    expect(sdkVersion).toBe("v0.25.0");
    const features = await connector.features();
    const { schemas } = await features.listActionSchemas({ annotations: [], resourceTypeId: "" }, signal);
    expect(schemas.map(({ name }) => name)).toContain("greet");

    await connector.close();
    expect((await connector.gone).code).toBe(Code.Canceled);
    expect((await failureOf(connector.client.validate({}, signal))).code).toBe(Code.Canceled);
  });

  it("answers an error with its code", async () => {
    const connector = await launch("toy");
    const request = {
      resourceTypeId: "nothing",
      parentResourceId: undefined,
      pageSize: 0,
      pageToken: "",
      annotations: [],
      activeSyncId: "",
      trait: 0 as const,
    };
    const error = await failureOf(connector.client.listResources(request, new AbortController().signal));
    expect(error.code).toBe(Code.NotFound);
  });

  it("may take its time to start", async () => {
    const connector = await launch("starts-slowly", 700);
    await expect(connector.client.validate({}, new AbortController().signal)).resolves.toBeDefined();
  });

  it("that never serves is given up and ended", async () => {
    const error = await failureOf(launch("never-serves", 0, { startTimeoutMs: 300 }));
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(error.message).toContain("within 0.3 s");
  });

  it("that is interrupted while it starts is ended", async () => {
    const reason = new BatonError(Code.Canceled, "interrupted");
    await expect(launch("never-serves", 0, { signal: abortAfter(100, reason) })).rejects.toBe(reason);
  });

  it.each([
    [2, Code.Unknown],
    [16, Code.Unauthenticated],
    [0, Code.Internal],
    [77, Code.Internal],
  ])("that ends with %i before it serves is an error of code %i, not a hang", async (exitCode, code) => {
    const error = await failureOf(launch("ends-at-once", exitCode));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`with code ${exitCode}`);
  });

  it("that cannot be started is an error", async () => {
    const command = { command: "/nonexistent/connector", args: [], env: {} };
    const options = { log: silentLogger, signal: new AbortController().signal };
    const error = await failureOf(launchConnector(command, options));
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain("/nonexistent/connector");
  });

  it("that does not end by itself is killed", async () => {
    const connector = await launch("ignores-the-end");
    const startedAt = performance.now();
    await connector.close();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    await connector.gone;
  });

  it("that does not answer is left alone when the caller gives up", async () => {
    const connector = await launch("never-answers");
    const reason = new BatonError(Code.Canceled, "interrupted");
    await expect(connector.client.validate({}, abortAfter(100, reason))).rejects.toBe(reason);
  });
});

describe("a sync through a connector process", () => {
  it("survives the death of the process at any call: the next run goes on and misses nothing", async () => {
    const whole = await rowsOf(await syncWith(await launch("toy"), await makeFile()));
    expect(whole.length).toBeGreaterThan(8);
    for (const calls of [1, 3, 6]) {
      const file = await makeFile();
      const error = await failureOf(syncWith(await launch("dies-in-call", calls), file));
      expect(error.message).toContain("SIGKILL");
      expect(error.code).toBe(Code.Internal);
      const result = await syncWith(await launch("toy"), file);
      expect(result.resumed).toBe(true);
      expect(await rowsOf(result)).toEqual(whole);
    }
  }, 30_000);

  it("leaves no file behind when the process dies before the sync began", async () => {
    const file = await makeFile();
    await failureOf(syncWith(await launch("dies-in-call", 0), file));
    await expect(openC1zReadOnly(file)).rejects.toMatchObject({ code: Code.NotFound });
  });
});

/** A signal that aborts in a moment: for tests in which nothing else can be waited for. */
function abortAfter(ms: number, reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), ms);
  return controller.signal;
}
