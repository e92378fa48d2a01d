import { describe, expect, it } from "vitest";
import { RateGate } from "#http/rate-limit.ts";
import { type RetryOptions, WaitBudget, withRetries } from "#http/request-retries.ts";
import { BatonError, Code, type RateLimitFact } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { failureOf } from "../../fakes/failure.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const START = 1_700_000_000_000;

function setUp(options: Partial<RetryOptions> = {}) {
  const clock = new ManualClock(START);
  const ctx = { signal: new AbortController().signal, log: silentLogger, clock };
  const retry: RetryOptions = {
    ctx,
    budget: new WaitBudget(30_000),
    gate: new RateGate(),
    attempts: 4,
    upstream: "Acme",
    what: "GET /things",
    random: () => 1,
    ...options,
  };
  return { clock, retry };
}

function unavailable(rateLimit?: RateLimitFact): BatonError {
  return new BatonError(Code.Unavailable, "busy", rateLimit === undefined ? {} : { rateLimit });
}

/** Fails with each of `errors` in turn, then succeeds. */
function failing(...errors: readonly Error[]) {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    operation: async () => {
      const error = errors[calls];
      calls += 1;
      if (error !== undefined) throw error;
      return "done";
    },
  };
}

describe("a fault that can pass", () => {
  it("is waited for with growing pauses", async () => {
    const { clock, retry } = setUp();
    const source = failing(unavailable(), unavailable(), unavailable());
    expect(await withRetries(retry, source.operation)).toBe("done");
    expect(clock.sleeps).toEqual([500, 1_000, 2_000]);
  });

  it("is waited for half as long at least, so that clients spread", async () => {
    const { clock, retry } = setUp({ random: () => 0 });
    await withRetries(retry, failing(unavailable()).operation);
    expect(clock.sleeps).toEqual([250]);
  });

  it("is handed on after the last attempt", async () => {
    const { retry } = setUp({ attempts: 2 });
    const source = failing(unavailable(), unavailable());
    expect((await failureOf(withRetries(retry, source.operation))).message).toBe("busy");
    expect(source.calls).toBe(2);
  });

  it("is handed on when the budget of the call is spent, over all its requests", async () => {
    const { clock, retry } = setUp({ budget: new WaitBudget(1_600), attempts: 9 });
    await withRetries(retry, failing(unavailable(), unavailable()).operation);
    const source = failing(unavailable());
    await failureOf(withRetries(retry, source.operation));
    expect(source.calls).toBe(1);
    expect(clock.sleeps).toEqual([500, 1_000]);
  });

  it("ends with the call", async () => {
    const controller = new AbortController();
    const clock = new ManualClock(START, () => false);
    const ctx = { signal: controller.signal, log: silentLogger, clock };
    const { retry } = setUp({ ctx });
    const promise = withRetries(retry, failing(unavailable()).operation);
    controller.abort(new BatonError(Code.Canceled, "stopped"));
    expect((await failureOf(promise)).code).toBe(Code.Canceled);
  });
});

describe("any other fault", () => {
  it.each([Code.Unauthenticated, Code.DeadlineExceeded, Code.FailedPrecondition, Code.ResourceExhausted])(
    "with code %i is not repeated",
    async (code) => {
      const { retry } = setUp();
      const source = failing(new BatonError(code, "no"));
      expect((await failureOf(withRetries(retry, source.operation))).code).toBe(code);
      expect(source.calls).toBe(1);
    },
  );
});

describe("an announced pause", () => {
  it("is kept when it fits into the budget", async () => {
    const { clock, retry } = setUp({ random: () => 0 });
    await withRetries(retry, failing(unavailable({ remaining: 0, resetAt: START + 12_000 })).operation);
    expect(clock.sleeps).toEqual([12_000]);
  });

  it("is no attempt, and never shorter than the first guess", async () => {
    const { clock, retry } = setUp({ attempts: 1, random: () => 0 });
    const limited = unavailable({ remaining: 0, resetAt: START });
    expect(await withRetries(retry, failing(limited, limited, limited).operation)).toBe("done");
    expect(clock.sleeps).toEqual([500, 500, 500]);
  });

  it("is handed on with its end when it does not fit, and until then nothing is asked", async () => {
    const { clock, retry } = setUp();
    const resetAt = START + 45_000;
    const first = await failureOf(
      withRetries(retry, failing(unavailable({ remaining: 0, resetAt })).operation),
    );
    expect(first).toMatchObject({ code: Code.Unavailable, rateLimit: { remaining: 0, resetAt } });
    expect(clock.sleeps).toEqual([]);

    clock.advance(44_000);
    const source = failing();
    const second = await failureOf(withRetries(retry, source.operation));
    expect(second).toMatchObject({ code: Code.Unavailable, rateLimit: { remaining: 0, resetAt } });
    expect(source.calls).toBe(0);

    clock.advance(1_000);
    expect(await withRetries(retry, source.operation)).toBe("done");
  });

  it("of unknown length is taken for a minute once the own attempts are used up", async () => {
    const { retry, clock } = setUp({ attempts: 2 });
    const limited = unavailable({ remaining: 0 });
    const error = await failureOf(withRetries(retry, failing(limited, limited).operation));
    expect(error.rateLimit).toEqual({ remaining: 0, resetAt: clock.now() + 60_000 });
  });

  it("does not follow from a quota that is not used up", async () => {
    const { clock, retry } = setUp();
    await withRetries(
      retry,
      failing(unavailable({ limit: 90, remaining: 50, resetAt: START + 3_600_000 })).operation,
    );
    expect(clock.sleeps).toEqual([500]);
  });
});
