import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { SerialQueue } from "#codecov/seats/serial-queue.ts";

const never = new AbortController().signal;

it("tasks run one at a time in their order, also after one that failed", async () => {
  const queue = new SerialQueue();
  const events: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = queue.run(async () => {
    events.push("first begins");
    await gate.promise;
    events.push("first fails");
    throw new Error("first");
  }, never);
  const second = queue.run(async () => events.push("second"), never);
  await Promise.resolve();
  gate.resolve();
  await expect(first).rejects.toThrow("first");
  await second;
  expect(events).toEqual(["first begins", "first fails", "second"]);
});

it("whoever gives up while waiting is told at once, does not run, and holds nobody up", async () => {
  const queue = new SerialQueue();
  const gate = Promise.withResolvers<void>();
  const first = queue.run(() => gate.promise, never);
  const caller = new AbortController();
  let hasRun = false;
  const second = queue.run(async () => {
    hasRun = true;
  }, caller.signal);
  const third = queue.run(async () => "third", never);
  caller.abort(new Error("gave up"));
  await expect(second).rejects.toThrow("gave up");
  gate.resolve();
  await first;
  expect(await third).toBe("third");
  expect(hasRun).toBe(false);
});

it("a task whose turn has come keeps no hold on its caller's signal, and an aborted one never begins", async () => {
  const queue = new SerialQueue();
  const caller = new AbortController();
  await queue.run(async () => expect(getEventListeners(caller.signal, "abort")).toEqual([]), caller.signal);
  caller.abort(new Error("too late"));
  await expect(queue.run(async () => "runs", caller.signal)).rejects.toThrow("too late");
  await queue.whenIdle();
});
