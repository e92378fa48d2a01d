import { readdirSync, statSync, utimesSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { ServiceScene, waitFor } from "./service-scene.ts";

const syncFull = { $case: "syncFull", value: {} } as const;
// Programs that start at the same time on a busy machine wait for each other.
const SLOW_MACHINE_MS = 90_000;
const success = { finalState: { $case: "success" } };

/** A seat that somebody holds, as a task to revoke it names it. */
async function findSeat(scene: ServiceScene) {
  const taskId = scene.c1.enqueue(syncFull);
  await scene.finish(taskId);
  const path = join(scene.directory, "synced.c1z");
  await writeFile(path, scene.c1.uploads.get(taskId)?.[0] ?? "");
  await using file = await openC1zReadOnly(path);
  const reader = file.reader(file.runs.pick().id);
  const seat = reader.listEntitlements({}, {}).items.find(({ id }) => id.startsWith("license:"));
  const grant = reader.listGrants({}, {}).items.find(({ entitlement }) => entitlement?.id === seat?.id);
  expect(grant).toBeDefined();
  return { grant: { ...grant, entitlement: seat } };
}

describe.concurrent("at the end", { timeout: SLOW_MACHINE_MS }, () => {
  test("a running sync is given back as canceled and leaves nothing", async () => {
    await using scene = await ServiceScene.open();
    scene.codecov.faults.add({ times: null, fault: { kind: "stall", processed: false } });
    const taskId = scene.c1.enqueue(syncFull);
    scene.start();
    await waitFor(() => expect(scene.c1.count("heartbeat")).toBeGreaterThan(0));
    await scene.stop();
    expect(await scene.finish(taskId)).toMatchObject({
      status: { code: Code.Canceled },
      finalState: { $case: "error", value: { nonRetryable: false } },
    });
    expect(scene.leftovers()).toEqual([]);
  });

  test("a seat change that was sent ends, and its real result is reported", async () => {
    await using scene = await ServiceScene.open();
    scene.start({ BATON_PROVISIONING: "true" });
    const value = await findSeat(scene);
    scene.codecov.setLatency(400);
    scene.codecov.clearRequests();
    const taskId = scene.c1.enqueue({ $case: "revoke", value });
    await waitFor(() => expect(scene.codecov.requests.length).toBeGreaterThan(0));
    await scene.stop();
    expect(await scene.finish(taskId)).toMatchObject(success);
    expect(scene.codecov.requests.some(({ method }) => method === "PATCH")).toBe(true);
  });

  test("a task that comes while it ends is given back", async () => {
    await using scene = await ServiceScene.open();
    // It would not end by itself, should the machine be so slow that it begins before the signal.
    scene.codecov.faults.add({ times: null, fault: { kind: "stall", processed: false } });
    scene.start();
    await waitFor(() => expect(scene.c1.count("getTask")).toBeGreaterThan(0));
    // Far below the time that the last poll is given, which a busy machine adds to.
    scene.c1.faults.getTask = { delayMs: 300 };
    const polls = scene.c1.count("getTask");
    await waitFor(() => expect(scene.c1.count("getTask")).toBeGreaterThan(polls));
    const taskId = scene.c1.enqueue(syncFull);
    await scene.stop();
    expect(await scene.finish(taskId)).toMatchObject({
      status: { code: Code.Canceled },
      finalState: { $case: "error", value: { nonRetryable: false } },
    });
  });

  test("it ends in time although C1 takes no report and a connection hangs", async () => {
    await using scene = await ServiceScene.open();
    scene.codecov.faults.add({ times: null, fault: { kind: "stall", processed: false } });
    scene.c1.faults.finishTask = { code: Code.Unavailable };
    scene.c1.enqueue(syncFull);
    scene.start();
    await waitFor(() => expect(scene.c1.count("heartbeat")).toBeGreaterThan(0));
    scene.c1.faults.getTask = { delayMs: 60_000 };
    await scene.stop();
    expect(scene.c1.count("finishTask")).toBeGreaterThan(1);
    expect(scene.leftovers()).toEqual([]);
  });

  test("a seat change that does not end in time is given up, and C1 hears that its result is not known", async () => {
    await using scene = await ServiceScene.open();
    scene.start({ BATON_PROVISIONING: "true" });
    const value = await findSeat(scene);
    scene.codecov.faults.add({ method: "PATCH", times: null, fault: { kind: "stall", processed: true } });
    const taskId = scene.c1.enqueue({ $case: "revoke", value });
    const isSent = () => scene.codecov.requests.some(({ method }) => method === "PATCH");
    await waitFor(() => expect(isSent()).toBe(true));
    await scene.stop();
    expect(await scene.finish(taskId)).toMatchObject({
      status: { code: Code.Canceled, message: expect.stringContaining("is unknown") },
      finalState: { $case: "error", value: { nonRetryable: false } },
    });
  });

  test("a second signal ends it at once", async () => {
    await using scene = await ServiceScene.open();
    scene.codecov.faults.add({ times: null, fault: { kind: "stall", processed: false } });
    scene.c1.faults.finishTask = { delayMs: 20_000 };
    scene.c1.enqueue(syncFull);
    const program = scene.start();
    await waitFor(() => expect(scene.c1.count("heartbeat")).toBeGreaterThan(0));
    program.process.kill("SIGTERM");
    await waitFor(() => expect(scene.c1.count("finishTask")).toBe(1));
    program.process.kill("SIGTERM");
    expect((await program.result).code).toBe(143);
  });
});

describe.concurrent("with a directory that outlives the process", { timeout: SLOW_MACHINE_MS }, () => {
  const keptIn = (scene: ServiceScene) => join(scene.directory, "kept");
  const unfinishedIn = (scene: ServiceScene) =>
    readdirSync(keptIn(scene)).filter((name) => name.startsWith("baton-unfinished-"));

  /** Ends a sync in the middle: its first pages are there, the rest never comes. */
  async function interrupt(scene: ServiceScene): Promise<string> {
    await mkdir(keptIn(scene));
    scene.codecov.faults.add({ skip: 4, times: null, fault: { kind: "stall", processed: false } });
    const taskId = scene.c1.enqueue(syncFull);
    scene.start({ BATON_C1Z_TEMP_DIR: keptIn(scene) });
    await waitFor(() => expect(scene.codecov.requests.length).toBeGreaterThan(4));
    await scene.stop();
    await scene.finish(taskId);
    scene.codecov.faults.clear();
    return taskId;
  }

  test("an interrupted sync is taken up again when the task comes back, and is then gone", async () => {
    await using scene = await ServiceScene.open();
    const taskId = await interrupt(scene);
    const [name = ""] = unfinishedIn(scene);
    expect(unfinishedIn(scene)).toHaveLength(1);
    expect(statSync(join(keptIn(scene), name)).mode & 0o777).toBe(0o600);

    scene.c1.finished.clear();
    scene.c1.repeat(taskId);
    scene.start({ BATON_C1Z_TEMP_DIR: keptIn(scene) });
    expect(await scene.finish(taskId)).toMatchObject(success);
    expect(scene.log()).toContain("resumed previous sync");
    expect(readdirSync(keptIn(scene))).toEqual([]);
    await scene.stop();
  });

  test("a task with other options starts anew, and at most one file is kept", async () => {
    await using scene = await ServiceScene.open();
    await interrupt(scene);
    scene.start({ BATON_C1Z_TEMP_DIR: keptIn(scene) });
    const other = scene.c1.enqueue({ $case: "syncFull", value: { skipGrants: true } });
    expect(await scene.finish(other)).toMatchObject(success);
    expect(scene.log()).not.toContain("resumed previous sync");
    expect(unfinishedIn(scene).length).toBeLessThanOrEqual(1);
    await scene.stop();
  });

  test("what is older than a day is removed", async () => {
    await using scene = await ServiceScene.open();
    await interrupt(scene);
    const path = join(keptIn(scene), unfinishedIn(scene)[0] ?? "");
    const dayAgo = Date.now() / 1000 - 25 * 60 * 60;
    utimesSync(path, dayAgo, dayAgo);
    scene.start({ BATON_C1Z_TEMP_DIR: keptIn(scene) });
    await waitFor(() => expect(unfinishedIn(scene)).toEqual([]));
    await scene.stop();
  });
});
