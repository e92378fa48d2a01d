import { describe, expect, test, vi } from "vitest";
import { BatonActionSchema, BatonActionStatus } from "#gen/c1/connector/v2/action.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { PROVISIONING_OFF } from "#kernel/provisioning-off.ts";
import { Redactor } from "#kernel/secret.ts";
import { ActionRunner, MAX_ACTION_MS } from "#runtime/action-runner.ts";
import type { Action } from "#runtime/connector.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const { BATON_ACTION_STATUS_COMPLETE, BATON_ACTION_STATUS_FAILED, BATON_ACTION_STATUS_RUNNING } =
  BatonActionStatus;
const NOW = 1_700_000_000_000;
const NEVER = new AbortController().signal;

function actionThat(invoke: Action["invoke"]): Action {
  return { schema: BatonActionSchema.fromPartial({ name: "work" }), invoke };
}

const noSleepEnds = () => new ManualClock(NOW, () => false);
const onlyShortSleeps = () => new ManualClock(NOW, (ms) => ms <= 1000);

function makeRunner(clock: ManualClock, provisioning = true) {
  return new ActionRunner({ log: silentLogger, clock, redactor: new Redactor(), provisioning });
}

describe("an invocation", () => {
  test("that is not over when the waiting is stays RUNNING until it ends", async () => {
    const work = Promise.withResolvers<{ response: { done: true } }>();
    const runner = makeRunner(onlyShortSleeps());
    const action = actionThat(() => work.promise);
    const started = await runner.invoke(action, {}, 1000, NEVER);
    expect(started).toMatchObject({ status: BATON_ACTION_STATUS_RUNNING, response: undefined });
    work.resolve({ response: { done: true } });
    await expect
      .poll(() => runner.state(started.id))
      .toMatchObject({ status: BATON_ACTION_STATUS_COMPLETE, response: { done: true } });
  });

  test("goes on when its caller goes away", async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const runner = makeRunner(noSleepEnds());
    const action = actionThat((_args, { signal }) => {
      begun.resolve(signal);
      return new Promise(() => undefined);
    });
    const caller = new AbortController();
    const started = runner.invoke(action, {}, 1000, caller.signal);
    const signal = await begun.promise;
    caller.abort(new BatonError(Code.Canceled, "the caller went away"));
    await expect(started).rejects.toMatchObject({ code: Code.Canceled });
    expect(signal.aborted).toBe(false);
  });

  test("that throws is FAILED with the text of an error of ours, and without that of a defect", async () => {
    const runner = makeRunner(noSleepEnds());
    const refusing = actionThat(async () => {
      throw new BatonError(Code.FailedPrecondition, "no seats left");
    });
    const broken = actionThat(() => {
      throw new TypeError("x is undefined");
    });
    const refused = await runner.invoke(refusing, {}, 1000, NEVER);
    expect(refused).toMatchObject({
      status: BATON_ACTION_STATUS_FAILED,
      response: { error: "no seats left" },
    });
    const failed = await runner.invoke(broken, {}, 1000, NEVER);
    expect(failed).toMatchObject({
      status: BATON_ACTION_STATUS_FAILED,
      response: { error: "Internal Server Error" },
    });
  });

  test("ends FAILED after an hour and is told so", async () => {
    const clock = new ManualClock();
    const told = Promise.withResolvers<unknown>();
    const runner = makeRunner(clock);
    const endless = actionThat((_args, { signal }) => {
      if (signal.aborted) told.resolve(signal.reason);
      signal.addEventListener("abort", () => told.resolve(signal.reason));
      return new Promise(() => undefined);
    });
    const state = await runner.invoke(endless, {}, 1000, NEVER);
    expect(clock.sleeps).toContain(MAX_ACTION_MS);
    expect(await told.promise).toMatchObject({ code: Code.DeadlineExceeded });
    await expect.poll(() => runner.state(state.id).status).toBe(BATON_ACTION_STATUS_FAILED);
  });

  test("is canceled when the process ends", async () => {
    const runner = makeRunner(noSleepEnds());
    const waiting = actionThat(
      (_args, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("x", "AbortError")));
        }),
    );
    const ended = runner.invoke(waiting, {}, 1000, NEVER);
    runner.close(new BatonError(Code.Unavailable, "closing time"));
    expect(await ended).toMatchObject({
      status: BATON_ACTION_STATUS_FAILED,
      response: { error: "closing time" },
    });
  });

  test("starts nothing where provisioning is off", async () => {
    let started = false;
    const runner = makeRunner(noSleepEnds(), false);
    const action = actionThat(async () => {
      started = true;
      return { response: {} };
    });
    await expect(runner.invoke(action, {}, 1000, NEVER)).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: PROVISIONING_OFF,
    });
    expect(started).toBe(false);
  });

  test.each([{}, { whom: "" }, { whom: null }])(
    "starts nothing with %j, without what it requires",
    async (args) => {
      const runner = makeRunner(noSleepEnds());
      const schema = BatonActionSchema.fromPartial({
        name: "greet",
        arguments: [
          { name: "whom", isRequired: true, description: "Whom to greet." },
          { name: "how", isRequired: false },
        ],
      });
      const invoke = vi.fn<Action["invoke"]>();
      await expect(runner.invoke({ schema, invoke }, args, 1000, NEVER)).rejects.toMatchObject({
        code: Code.InvalidArgument,
        message: expect.stringContaining("whom (Whom to greet.)"),
      });
      expect(invoke).not.toHaveBeenCalled();
    },
  );

  test.each([false, 0, "Ann"])("takes %j for an argument that is there", async (whom) => {
    const runner = makeRunner(noSleepEnds());
    const schema = BatonActionSchema.fromPartial({
      name: "greet",
      arguments: [{ name: "whom", isRequired: true }],
    });
    const state = await runner.invoke(
      { schema, invoke: async () => ({ response: {} }) },
      { whom },
      1000,
      NEVER,
    );
    expect(state.status).toBe(BATON_ACTION_STATUS_COMPLETE);
  });
});

test("a thousand results stay, then the oldest go; what is running always stays", async () => {
  const runner = makeRunner(noSleepEnds());
  const gate = Promise.withResolvers<void>();
  const quick = actionThat(async () => ({ response: {} }));
  const slow = actionThat(async () => {
    await gate.promise;
    return { response: {} };
  });
  const caller = new AbortController();
  const running = runner.invoke(slow, {}, 1000, caller.signal);
  const first = await runner.invoke(quick, {}, 1000, NEVER);
  for (let index = 0; index < 1000; index += 1) await runner.invoke(quick, {}, 1000, NEVER);
  expect(() => runner.state(first.id)).toThrow(expect.objectContaining({ code: Code.NotFound }));
  gate.resolve();
  expect((await running).status).toBe(BATON_ACTION_STATUS_COMPLETE);
});
