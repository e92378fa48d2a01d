import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type BatonServiceGetTaskResponse, Task } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { runTaskLoop } from "#service/task-loop.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

type Answer = Error | { readonly task?: Task; readonly pollSeconds?: number };

/** Runs the loop over these answers and stops it when they are used up. */
async function loop(answers: readonly Answer[], run: (task: Task) => Promise<void> = async () => {}) {
  const stop = new AbortController();
  const clock = new ManualClock(0);
  const done: string[] = [];
  let polls = 0;
  let polled = 0;
  const c1 = {
    async getTask(): Promise<BatonServiceGetTaskResponse> {
      await turn();
      const answer = answers[polls];
      polls += 1;
      if (answer === undefined) {
        stop.abort(new BatonError(Code.Canceled, "the test ends"));
        throw new BatonError(Code.Canceled, "the test ends");
      }
      if (answer instanceof Error) throw answer;
      const nextPoll =
        answer.pollSeconds === undefined ? undefined : { seconds: BigInt(answer.pollSeconds), nanos: 0 };
      return { task: answer.task, nextPoll, nextHeartbeat: undefined, annotations: [] };
    },
  };
  await runTaskLoop(
    {
      c1,
      whenReady: async () => undefined,
      concurrency: 2,
      run: async (task) => {
        await run(task);
        done.push(task.id);
      },
      onPolled: () => {
        polled += 1;
      },
    },
    { signal: stop.signal, clock, log: silentLogger },
  );
  return { sleeps: clock.sleeps, done, polls, polled };
}

const task = (id: string) => Task.fromPartial({ id, taskType: { $case: "hello", value: {} } });
const none = Task.fromPartial({ id: "none", taskType: { $case: "none", value: {} } });
const outage = () => new BatonError(Code.Unavailable, "nobody there");

test("C1 says how long to wait, within five minutes, also after a task", async () => {
  const { sleeps, done } = await loop([
    { pollSeconds: 7 },
    { task: task("a"), pollSeconds: 3 },
    { pollSeconds: 9_999 },
  ]);
  expect(sleeps).toEqual([7_000, 3_000, 300_000]);
  expect(done).toEqual(["a"]);
});

test("after a task without a wait the next poll comes at once, without a task a moment later", async () => {
  const { sleeps, done } = await loop([{ task: task("a") }, {}, { task: none }]);
  expect(sleeps).toEqual([0, 100, 100]);
  expect(done).toEqual(["a"]);
});

test("failures are waited out longer each time, up to a minute, and a success ends that", async () => {
  const failures = Array.from({ length: 9 }, outage);
  const { sleeps, polled } = await loop([...failures, { pollSeconds: 1 }, outage()]);
  const squares = [1, 4, 9, 16, 25, 36, 49, 60, 60, 1, 1].map((seconds) => seconds * 1_000);
  expect(sleeps).toHaveLength(squares.length);
  for (const [index, ms] of squares.entries()) {
    expect(sleeps[index]).toBeLessThanOrEqual(ms);
    expect(sleeps[index]).toBeGreaterThanOrEqual(ms * 0.8);
  }
  expect(polled).toBe(1);
});

test("no task is asked for that could not start", async () => {
  const running: string[] = [];
  const release = Promise.withResolvers<void>();
  let most = 0;
  const answers = ["a", "b", "c", "d"].map((id) => ({ task: task(id) }));
  const { done } = await loop(answers, async ({ id }) => {
    running.push(id);
    most = Math.max(most, running.length);
    if (id === "b") setTimeout(release.resolve, 5);
    await release.promise;
    running.splice(running.indexOf(id), 1);
  });
  expect(most).toBe(2);
  expect(done.toSorted()).toEqual(["a", "b", "c", "d"]);
});

test("tasks that run when it is stopped are waited for", async () => {
  let ended = false;
  await loop([{ task: task("slow") }], async () => {
    for (let turns = 0; turns < 50; turns += 1) await turn();
    ended = true;
  });
  expect(ended).toBe(true);
});
