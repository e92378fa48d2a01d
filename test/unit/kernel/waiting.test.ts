import { expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { endsWithin, raceAbort } from "#kernel/waiting.ts";

const REASON = new Error("given up");
const NEVER = Promise.withResolvers<never>().promise;

test("the result of work comes through, and so does its failure", async () => {
  const { signal } = new AbortController();
  expect(await raceAbort(Promise.resolve(7), signal)).toBe(7);
  await expect(raceAbort(Promise.reject(REASON), signal)).rejects.toBe(REASON);
});

test("an aborted signal ends the wait with its reason, whatever the work comes to", async () => {
  const aborted = AbortSignal.abort(REASON);
  await expect(raceAbort(Promise.resolve(7), aborted)).rejects.toBe(REASON);
  // Nobody else waits for this one: its failure must not end the process.
  await expect(raceAbort(Promise.reject(new Error("later")), aborted)).rejects.toBe(REASON);
  const controller = new AbortController();
  const waiting = raceAbort(NEVER, controller.signal);
  controller.abort(REASON);
  await expect(waiting).rejects.toBe(REASON);
});

test("whether work ends in time is told, and its failure thrown", async () => {
  expect(await endsWithin(Promise.resolve(), 60_000, systemClock)).toBe(true);
  expect(await endsWithin(NEVER, 1, systemClock)).toBe(false);
  await expect(endsWithin(Promise.reject(REASON), 60_000, systemClock)).rejects.toBe(REASON);
  await expect(endsWithin(NEVER, 60_000, systemClock, AbortSignal.abort(REASON))).rejects.toBe(REASON);
});

test("the timer ends with the work", async () => {
  let running = 0;
  const clock = {
    sleep: (ms: number, signal?: AbortSignal): Promise<void> => {
      running += 1;
      return systemClock.sleep(ms, signal).finally(() => {
        running -= 1;
      });
    },
  };
  await endsWithin(Promise.resolve(), 60_000, clock);
  await new Promise((resolve) => setImmediate(resolve));
  expect(running).toBe(0);
});
