import { expect, test } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { Redactor } from "#kernel/secret.ts";
import { reportFinish } from "#service/finish.ts";
import { makeFinishRequest } from "#service/outcome.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** Reports to a C1 that answers with these codes one after the other, and then takes it. */
async function report(codes: readonly Code[], signal = new AbortController().signal) {
  const clock = new ManualClock();
  let attempts = 0;
  const c1 = {
    async finishTask(): Promise<void> {
      const code = codes[attempts];
      attempts += 1;
      if (code !== undefined) throw new BatonError(code, "not now");
    },
  };
  const isTold = await reportFinish(c1, makeFinishRequest("task", {}, new Redactor()), {
    clock,
    log: silentLogger,
    signal,
  });
  return { isTold, attempts, sleeps: clock.sleeps };
}

test("a report is repeated until C1 takes it, later each time", async () => {
  const codes = [Code.Unavailable, Code.DeadlineExceeded, Code.Internal, Code.Unauthenticated, Code.Unknown];
  expect(await report(codes)).toEqual({
    isTold: true,
    attempts: 6,
    sleeps: [500, 1_000, 2_000, 4_000, 5_000],
  });
});

test.each([Code.InvalidArgument, Code.NotFound, Code.PermissionDenied, Code.FailedPrecondition])(
  "a report that C1 refuses with code %i is not repeated",
  async (code) => {
    expect(await report([code])).toEqual({ isTold: false, attempts: 1, sleeps: [] });
  },
);

test("a report is given up when the time is over", async () => {
  const over = AbortSignal.abort(new Error("over"));
  expect(await report([Code.Unavailable, Code.Unavailable], over)).toMatchObject({
    isTold: false,
    attempts: 1,
  });
});
