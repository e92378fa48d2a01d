import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { FastClock } from "#package/testing.ts";

test("pauses are short on the clock of a test host, and work takes the time it takes", async () => {
  const clock = new FastClock();
  const began = clock.monotonic();
  await delay(20);
  const worked = clock.monotonic() - began;
  // A thousandfold it would be 20 seconds, and a hundred such calls half an hour.
  expect(worked).toBeLessThan(10_000);
  const wall = performance.now();
  const at = clock.now();
  await Promise.all([clock.sleep(60_000), clock.sleep(60_000), clock.sleep(30_000)]);
  const paused = clock.now() - at;
  expect(paused).toBeGreaterThanOrEqual(60_000);
  expect(paused).toBeLessThan(90_000);
  expect(performance.now() - wall).toBeLessThan(30_000);
});
