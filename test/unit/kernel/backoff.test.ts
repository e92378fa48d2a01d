import { describe, expect, it } from "vitest";
import { doubling, pauseAfter, repeat } from "#kernel/backoff.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const NOON = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;

function unavailable(rateLimit?: BatonError["rateLimit"]): BatonError {
  return new BatonError(Code.Unavailable, "busy", rateLimit === undefined ? {} : { rateLimit });
}

function setUp(signal = new AbortController().signal) {
  const clock = new ManualClock(NOON);
  return { clock, ctx: { clock, signal, log: silentLogger } };
}

describe("the pause before the next attempt", () => {
  it.each([
    ["grows with the attempts", unavailable(), 1, 1_000],
    ["grows with the attempts", unavailable(), 7, 7_000],
    ["is at most a minute", unavailable(), 90, MINUTE],
    [
      "is the time to the reset when the quota is used up",
      unavailable({ remaining: 0, resetAt: NOON + 3_000 }),
      1,
      3_000,
    ],
    [
      "is a minute when the reset is further away",
      unavailable({ remaining: 0, resetAt: NOON + 120_000 }),
      1,
      MINUTE,
    ],
    [
      "is shared among the remaining requests",
      unavailable({ remaining: 5, resetAt: NOON + 10_000 }),
      1,
      2_000,
    ],
    ["is rounded up to seconds", unavailable({ remaining: 3, resetAt: NOON + 10_000 }), 1, 4_000],
    ["forgets a reset in the past", unavailable({ remaining: 0, resetAt: NOON - 1 }), 2, 2_000],
  ])("%s", (_, error, attempt, expected) => {
    expect(pauseAfter(error, attempt * 1_000, NOON)).toBe(expected);
  });
});

describe("an operation that fails", () => {
  const what = "asking";
  const layer = "call";

  it("is repeated after each pause, with the number of its attempt", async () => {
    const { clock, ctx } = setUp();
    const attempts: number[] = [];
    const pause = (_error: BatonError, attempt: number) => doubling(attempt, 500, 1_500);
    const result = await repeat({ what, layer, pause }, ctx, async (attempt) => {
      attempts.push(attempt);
      if (attempt < 5) throw unavailable();
      return "done";
    });
    expect([result, attempts, clock.sleeps]).toEqual(["done", [1, 2, 3, 4, 5], [500, 1_000, 1_500, 1_500]]);
  });

  it("passes its failure on as it was thrown when there is no pause", async () => {
    const { clock, ctx } = setUp();
    const defect = new TypeError("not a function");
    const failed = repeat({ what, layer, pause: () => undefined }, ctx, async () => {
      throw defect;
    });
    await expect(failed).rejects.toBe(defect);
    expect(clock.sleeps).toEqual([]);
  });

  it("is not waited for once the caller has gone", async () => {
    const reason = new BatonError(Code.Canceled, "gone");
    const { clock, ctx } = setUp(AbortSignal.abort(reason));
    const failed = repeat({ what, layer, pause: () => 1_000 }, ctx, async () => {
      throw unavailable();
    });
    await expect(failed).rejects.toBe(reason);
    expect(clock.sleeps).toEqual([]);
  });
});
