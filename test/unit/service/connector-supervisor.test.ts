import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { ConnectorSupervisor } from "#service/connector-supervisor.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** A process that ends when told. */
function makeConnector(name: string) {
  const { promise: gone, resolve } = Promise.withResolvers<BatonError>();
  const end = (): void => resolve(new BatonError(Code.Internal, `${name} ended`));
  return { name, gone, end, close: async () => end() };
}

/** Launches connectors that are given names in order; those in `broken` do not start. */
function supervise(broken: readonly number[] = []) {
  const clock = new ManualClock(0);
  const launched: ReturnType<typeof makeConnector>[] = [];
  let attempts = 0;
  const supervisor = new ConnectorSupervisor(
    async () => {
      attempts += 1;
      if (broken.includes(attempts)) throw new BatonError(Code.Unknown, `attempt ${attempts} failed`);
      const connector = makeConnector(`connector ${attempts}`);
      launched.push(connector);
      return connector;
    },
    { clock, log: silentLogger },
  );
  const endLast = async (): Promise<void> => {
    launched.at(-1)?.end();
    await turn();
  };
  return { supervisor, clock, endLast, launched };
}

const { signal } = new AbortController();

test("a connector that does not start at first is an error", async () => {
  await expect(supervise([1]).supervisor.start(signal)).rejects.toThrow("attempt 1 failed");
});

test("one that ends is started again, later each time, also when that fails", async () => {
  const { supervisor, clock, endLast } = supervise([3, 4]);
  await supervisor.start(signal);
  await endLast();
  expect((await supervisor.acquire(signal)).name).toBe("connector 2");
  await endLast();
  expect((await supervisor.acquire(signal)).name).toBe("connector 5");
  expect(clock.sleeps).toEqual([1_000, 2_000, 4_000, 8_000]);
});

test("the waits end at a minute, and begin anew for one that lived for long", async () => {
  const { supervisor, clock, endLast } = supervise();
  await supervisor.start(signal);
  for (let end = 0; end < 8; end += 1) {
    await endLast();
    await supervisor.acquire(signal);
  }
  expect(clock.sleeps.slice(-3)).toEqual([32_000, 60_000, 60_000]);
  clock.advance(60_000);
  await endLast();
  await supervisor.acquire(signal);
  expect(clock.sleeps.at(-1)).toBe(1_000);
});

test("only a running connector is shown", async () => {
  const { supervisor, launched } = supervise();
  expect(supervisor.running).toBeUndefined();
  await supervisor.start(signal);
  expect(supervisor.running).toBe(launched[0]);
  await supervisor.close();
  await turn();
  expect(supervisor.running).toBeUndefined();
  expect(launched).toHaveLength(1);
});
