import { describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { FakeC1 } from "../fakes/c1/fake-c1.ts";
import { ServiceScene, waitFor } from "./service-scene.ts";

const syncFull = { $case: "syncFull", value: {} } as const;
const listFeeds = { $case: "listEventFeeds", value: {} } as const;
// Programs that start at the same time on a busy machine wait for each other.
const SLOW_MACHINE_MS = 90_000;
const success = { finalState: { $case: "success" } };

describe.concurrent("at the start", { timeout: SLOW_MACHINE_MS }, () => {
  test("an outage of the token endpoint and of C1 is waited for", async () => {
    await using scene = await ServiceScene.open();
    scene.c1.tokens.fault = { status: 503, times: 1 };
    scene.c1.faults.hello = { code: Code.Unavailable, times: 1 };
    scene.start();
    expect(await scene.finish(scene.c1.enqueue(listFeeds))).toMatchObject(success);
    const waits = scene.logLines().filter(({ msg }) => msg === "waiting before the next attempt");
    expect(waits.map(({ what, attempt, wait_ms }) => [what, attempt, wait_ms])).toEqual([
      ["greeting C1", 1, 1_000],
      ["greeting C1", 2, 2_000],
    ]);
    await scene.stop();
  });

  test("a C1 that nobody can reach is waited for; a signal ends the wait", async () => {
    await using scene = await ServiceScene.open();
    await scene.c1.close();
    scene.start();
    await waitFor(() => expect(scene.log()).toMatch(/token endpoint .* cannot be reached/));
    await scene.stop();
  });

  test("credentials that C1 does not know end it in one sentence", async () => {
    await using scene = await ServiceScene.open();
    const other = await FakeC1.start();
    const result = await scene.start({ BATON_CLIENT_SECRET: other.tokens.clientSecret }).result;
    await other.close();
    expect(result.code).toBe(16);
    expect(result.stderr).toMatch(/^[^{\n]*does not accept the client id gentle-otter-4711@.*check both/m);
    expect(result.stderr).not.toContain(other.tokens.clientSecret);
  });

  test("a C1 that refuses the connector ends it with that code", async () => {
    await using scene = await ServiceScene.open();
    scene.c1.faults.hello = { code: Code.PermissionDenied };
    expect((await scene.start().result).code).toBe(7);
  });

  test("a wrong clock is noticed, explained and corrected", async () => {
    await using scene = await ServiceScene.open();
    scene.c1.tokens.clockOffsetMs = 20 * 60_000;
    scene.start();
    expect(await scene.finish(scene.c1.enqueue(listFeeds))).toMatchObject(success);
    expect(scene.log()).toMatch(/the clock of this machine is 20 min behind that of C1/);
    await scene.stop();
  });
});

describe.concurrent("while it runs", { timeout: SLOW_MACHINE_MS }, () => {
  test("an outage is survived, slow answers are waited for, and no report gets lost", async () => {
    await using scene = await ServiceScene.open();
    scene.c1.faults.getTask = { code: Code.Unavailable, times: 1 };
    scene.c1.faults.finishTask = { code: Code.Unavailable, times: 2 };
    scene.start();
    expect(await scene.finish(scene.c1.enqueue(listFeeds))).toMatchObject(success);
    scene.c1.faults.getTask = { delayMs: 500, times: 2 };
    expect(await scene.finish(scene.c1.enqueue(listFeeds))).toMatchObject(success);
    await scene.stop();
  });

  test("tokens that expire or are refused are replaced", async () => {
    await using scene = await ServiceScene.open();
    scene.c1.tokens.expiresIn = 11;
    scene.start();
    expect(await scene.finish(scene.c1.enqueue(listFeeds))).toMatchObject(success);
    await waitFor(() => expect(scene.c1.tokens.tokens.length).toBeGreaterThan(2));
    scene.c1.tokens.revokeAll();
    const polls = scene.c1.count("getTask");
    expect(await scene.finish(scene.c1.enqueue(listFeeds))).toMatchObject(success);
    expect(scene.c1.count("getTask")).toBeGreaterThan(polls);
    expect(scene.log()).not.toContain("no longer accepts this connector");
    await scene.stop();
  });

  test("a failed upload is begun anew; three failures end the task, which may be tried again", async () => {
    await using scene = await ServiceScene.open();
    scene.c1.faults.uploadAsset = { code: Code.Unavailable, times: 2 };
    scene.start();
    const first = scene.c1.enqueue(syncFull);
    expect(await scene.finish(first)).toMatchObject(success);
    expect(scene.c1.uploads.get(first)).toHaveLength(1);

    scene.c1.faults.uploadAsset = { code: Code.ResourceExhausted, times: 3 };
    expect(await scene.finish(scene.c1.enqueue(syncFull))).toMatchObject({
      status: { code: Code.ResourceExhausted },
      finalState: { $case: "error", value: { nonRetryable: false } },
    });
    expect(scene.leftovers()).toEqual([]);
    await scene.stop();
  });

  test("a sync that C1 cancels before it begins is dropped, one under way is reported as canceled", async () => {
    await using scene = await ServiceScene.open();
    scene.start();
    const early = "2".repeat(27);
    scene.c1.cancel(early);
    scene.c1.enqueue(syncFull, { id: early });
    await waitFor(() => expect(scene.log()).toContain("C1 canceled the task before it started"));

    scene.codecov.faults.add({ times: null, fault: { kind: "stall", processed: false } });
    const late = scene.c1.enqueue(syncFull);
    await waitFor(() => expect(scene.c1.count("heartbeat")).toBe(2));
    scene.c1.cancel(late);
    expect(await scene.finish(late)).toMatchObject({
      status: { code: Code.Canceled },
      finalState: { $case: "error", value: { nonRetryable: false } },
    });
    expect(scene.c1.finished.has(early)).toBe(false);
    expect(scene.c1.uploads.size).toBe(0);
    expect(scene.leftovers()).toEqual([]);
    await scene.stop();
  });

  test("a sync whose first heartbeat fails is given back", async () => {
    await using scene = await ServiceScene.open();
    scene.c1.faults.heartbeat = { code: Code.Internal, times: 1 };
    scene.start();
    expect(await scene.finish(scene.c1.enqueue(syncFull))).toMatchObject({
      status: { code: Code.Unavailable },
      finalState: { $case: "error", value: { nonRetryable: false } },
    });
    await scene.stop();
  });

  test("syncs that are switched off are answered with an empty one", async () => {
    await using scene = await ServiceScene.open();
    scene.start({ BATON_SKIP_FULL_SYNC: "true" });
    const taskId = scene.c1.enqueue(syncFull);
    expect(await scene.finish(taskId)).toMatchObject(success);
    const upload = await scene.readUpload(taskId);
    expect(upload).toMatchObject({ runs: [{ type: "full", ended: true }], resources: 0 });
    await scene.stop();
  });

  test("a Codecov that refuses the token fails the task, not the program", async () => {
    await using scene = await ServiceScene.open();
    scene.start({ BATON_CODECOV_API_TOKEN: "11111111-2222-4333-8444-555555555555" });
    expect(await scene.finish(scene.c1.enqueue(syncFull))).toMatchObject({
      status: { code: Code.Unauthenticated, message: expect.stringContaining("401") },
      finalState: { $case: "error", value: { nonRetryable: false } },
    });
    expect(await scene.finish(scene.c1.enqueue(listFeeds))).toMatchObject(success);
    await scene.stop();
  });

  test("tasks run side by side, as many as were asked for", async () => {
    await using scene = await ServiceScene.open();
    scene.codecov.setLatency(300);
    scene.start({ BATON_TASK_CONCURRENCY: "2" });
    const tasks = [0, 1, 2].map(() => scene.c1.enqueue(syncFull));
    await waitFor(() => expect(scene.c1.count("heartbeat")).toBe(2));
    expect(scene.c1.isHandedOut(tasks[1] ?? "")).toBe(true);
    expect(scene.c1.isHandedOut(tasks[2] ?? "")).toBe(false);
    for (const task of tasks) expect(await scene.finish(task)).toMatchObject(success);
    await scene.stop();
  });

  test.each(["0", "101"])("a task concurrency of %s is refused", async (concurrency) => {
    await using scene = await ServiceScene.open();
    const { code, stderr } = await scene.start({ BATON_TASK_CONCURRENCY: concurrency }).result;
    expect(code).toBe(2);
    expect(stderr).toContain("task-concurrency");
  });
});
