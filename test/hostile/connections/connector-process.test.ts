import { afterEach, expect, test } from "vitest";
import { TOY } from "../../contract/program.ts";
import { spawnToy } from "../../fakes/toy-process.ts";
import { Flood, makeClientHello } from "../support/floods.ts";
import { canMeasure, nowMiB, peakMiB, tell } from "../support/memory.ts";
import { promptMs } from "../support/patience.ts";
import { thorough } from "../support/thorough.ts";
import { timeToAnswer } from "../support/toys.ts";

let flood = new Flood();
afterEach(() => {
  flood.end();
  flood = new Flood();
});

async function startConnector() {
  const toy = await spawnToy({ program: TOY, env: { BATON_TOY_TOKEN: "toy" } });
  return {
    ...toy,
    [Symbol.asyncDispose]: async () => {
      toy.kill("SIGKILL");
      await toy.exited;
    },
  };
}

test("a host connects to its connector behind 100 silent connections of somebody else", async () => {
  await using connector = await startConnector();
  const where = { port: connector.port, host: "127.0.0.1" };
  await flood.open(100, where);
  const waited = await timeToAnswer(connector.port, connector.clientCredential);
  tell("the host waited", `${waited.toFixed(0)} ms`);
  // The first connection waits for the start of the process, too.
  expect(waited).toBeLessThan(4 * promptMs());
  await expect.poll(() => flood.alive, { timeout: 5_000 }).toBeLessThanOrEqual(16);
});

test("what a host has open stays, and it can open more, among handshakes that stop", async () => {
  await using connector = await startConnector();
  const { port, clientCredential } = connector;
  const host = connector.connect();
  await timeToAnswer(port, clientCredential);
  await flood.open(200, { port, host: "127.0.0.1" }, await makeClientHello());
  expect(await timeToAnswer(port, clientCredential)).toBeLessThan(promptMs());
  host.close();
});

thorough("18,000 silent connections cost the connector process next to nothing", async () => {
  await using connector = await startConnector();
  await timeToAnswer(connector.port, connector.clientCredential);
  const before = nowMiB(connector.pid);
  await flood.open(18_000, { port: connector.port, host: "127.0.0.1" });
  const waited = await timeToAnswer(connector.port, connector.clientCredential);
  const peak = peakMiB(connector.pid);
  tell("memory before and at most", `${before.toFixed(0)} and ${peak.toFixed(0)} MiB`);
  expect(waited).toBeLessThan(promptMs());
  if (canMeasure) expect(peak - before).toBeLessThan(100);
});
