import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { BatonServiceHeartbeatResponse } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { startHeartbeat } from "#service/heartbeat.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

type Answer = "fails" | { readonly seconds?: number; readonly cancelled?: boolean };

/** C1 gives these answers one after the other; the clock stands still once there are no more. */
function play(answers: readonly Answer[]) {
  let beats = 0;
  const clock = new ManualClock(0, () => beats < answers.length);
  const c1 = {
    async heartbeat(): Promise<BatonServiceHeartbeatResponse> {
      const answer = answers[beats] ?? {};
      beats += 1;
      if (answer === "fails") throw new BatonError(Code.Unavailable, "no answer");
      const { seconds, cancelled = false } = answer;
      const nextHeartbeat = seconds === undefined ? undefined : { seconds: BigInt(seconds), nanos: 0 };
      return { nextHeartbeat, cancelled, annotations: [], cancelledTaskIds: [] };
    },
  };
  const { signal } = new AbortController();
  const start = () => startHeartbeat(c1, "task", { clock, log: silentLogger, signal });
  return { clock, start, beats: () => beats };
}

async function settle(done: () => boolean): Promise<void> {
  for (let turns = 0; turns < 1_000 && !done(); turns += 1) await turn();
  await turn();
}

describe("the interval", () => {
  test.each<[string, Answer, number]>([
    ["is 30 s if C1 names none", {}, 30_000],
    ["is at least 1 s", { seconds: 0 }, 30_000],
    ["is what C1 says", { seconds: 7 }, 7_000],
    ["is at most 5 min", { seconds: 9_999 }, 300_000],
  ])("%s", async (_, answer, ms) => {
    const { clock, start } = play([answer]);
    using beating = await start();
    expect(beating).toBeDefined();
    expect(clock.sleeps).toEqual([ms]);
  });

  test("stays the same after a failure", async () => {
    const { clock, start, beats } = play([{ seconds: 7 }, "fails", {}]);
    using beating = await start();
    await settle(() => beats() === 3);
    expect(beating?.signal.aborted).toBe(false);
    expect(clock.sleeps).toEqual([7_000, 7_000, 30_000]);
  });
});

test("a task that C1 does not want from the start is not begun", async () => {
  expect(await play([{ cancelled: true }]).start()).toBeUndefined();
});

test("a first heartbeat that fails is an error", async () => {
  await expect(play(["fails"]).start()).rejects.toMatchObject({ code: Code.Unavailable });
});

test("a cancel ends the work", async () => {
  const { start, beats } = play([{}, {}, { cancelled: true }]);
  using beating = await start();
  await settle(() => beats() === 3);
  expect(beating?.signal.reason).toMatchObject({
    code: Code.Canceled,
    message: expect.stringContaining("C1"),
  });
});

test("nine failures in a row end the work, eight do not", async () => {
  const eight = Array.from({ length: 8 }, (): Answer => "fails");
  const patient = play([{}, ...eight, {}, ...eight]);
  using first = await patient.start();
  await settle(() => patient.beats() === 18);
  expect(first?.signal.aborted).toBe(false);

  const lost = play([{}, ...eight, "fails"]);
  using second = await lost.start();
  await settle(() => lost.beats() === 10);
  expect(second?.signal.reason).toMatchObject({ code: Code.Canceled });
});

test("it ends with the work", async () => {
  const { start, beats } = play(Array.from({ length: 5 }, () => ({})));
  const beating = await start();
  beating?.[Symbol.dispose]();
  await settle(() => false);
  expect(beats()).toBeLessThan(3);
});
