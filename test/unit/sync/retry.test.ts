import { describe, expect, it } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { Retrier } from "#sync/call-retrier.ts";
import { catchError, JumpingClock, type LogLine, recordLog } from "./support.ts";

const MINUTE = 60_000;

function unavailable(rateLimit?: BatonError["rateLimit"]): BatonError {
  return new BatonError(Code.Unavailable, "busy", rateLimit === undefined ? {} : { rateLimit });
}

function setup(maxWaitMs = 15 * MINUTE) {
  const clock = new JumpingClock();
  const lines: LogLine[] = [];
  return {
    clock,
    lines,
    retrier: new Retrier({ maxWaitMs, clock, log: recordLog(lines) }),
    signal: new AbortController().signal,
  };
}

describe("a call that fails", () => {
  it("for a passing reason is repeated until it succeeds", async () => {
    const { retrier, signal, clock, lines } = setup();
    const answers = [unavailable(), new BatonError(Code.DeadlineExceeded, "slow"), "fine"];
    const result = await retrier.run("listing", signal, async () => {
      const answer = answers.shift();
      if (answer instanceof BatonError) throw answer;
      return answer;
    });
    expect(result).toBe("fine");
    expect(clock.slept).toEqual([1_000, 2_000]);
    expect(lines).toMatchObject(
      [1, 2].map((attempt) => ({
        message: "waiting before the next attempt",
        fields: { what: "listing", attempt, wait_ms: attempt * 1_000 },
      })),
    );
  });

  it.each([Code.NotFound, Code.ResourceExhausted, Code.Unauthenticated, Code.Internal])(
    "with code %i is not repeated",
    async (code) => {
      const { retrier, signal, clock } = setup();
      const error = new BatonError(code, "no");
      await expect(retrier.run("listing", signal, () => Promise.reject(error))).rejects.toBe(error);
      expect(clock.slept).toEqual([]);
    },
  );

  it("is given up after the longest wait without success", async () => {
    const { retrier, signal, clock } = setup();
    const error = await catchError(retrier.run("listing users", signal, () => Promise.reject(unavailable())));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.message).toMatch(/listing users .*15 min.*busy$/u);
    expect(clock.monotonic()).toBeGreaterThan(14 * MINUTE);
    expect(clock.monotonic()).toBeLessThanOrEqual(15 * MINUTE);
  });

  it("is given up with the reason of the attempt before, if the last one is not answered in time", async () => {
    const { retrier, signal } = setup(MINUTE / 2);
    let attempts = 0;
    const error = await catchError(
      retrier.run("listing users", signal, (limit) => {
        attempts += 1;
        if (attempts === 1) return Promise.reject(unavailable());
        const { promise, reject } = Promise.withResolvers<never>();
        limit.addEventListener("abort", () => reject(limit.reason));
        return promise;
      }),
    );
    expect(error.message).toMatch(/listing users .*30 s.*busy$/u);
  });

  it("gets the whole time again after any success", async () => {
    const { retrier, signal, clock } = setup();
    for (let call = 0; call < 5; call += 1) {
      let failures = 20;
      await retrier.run("listing", signal, async () => {
        failures -= 1;
        if (failures > 0) throw unavailable();
      });
    }
    expect(clock.monotonic()).toBeGreaterThan(15 * MINUTE);
  });

  it("stops waiting when it is canceled", async () => {
    const { retrier } = setup();
    const controller = new AbortController();
    const reason = new BatonError(Code.Canceled, "interrupted");
    const run = retrier.run("listing", controller.signal, async () => {
      controller.abort(reason);
      throw unavailable();
    });
    await expect(run).rejects.toBe(reason);
  });
});

describe("a call that is not answered", () => {
  it.each(["run", "once"] as const)("is given up and canceled: %s", async (method) => {
    const { retrier, signal, clock } = setup(MINUTE);
    let isCanceled = false;
    const error = await catchError(
      retrier[method]("validating", signal, (limit) => {
        const { promise, reject } = Promise.withResolvers<never>();
        limit.addEventListener("abort", () => {
          isCanceled = true;
          reject(limit.reason);
        });
        return promise;
      }),
    );
    expect(isCanceled).toBe(true);
    expect(error.code).toBe(Code.Unavailable);
    expect(error.message).toMatch(/validating .*1 min.*no response/u);
    expect(clock.monotonic()).toBe(MINUTE);
  });
});
