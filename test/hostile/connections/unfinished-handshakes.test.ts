import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Flood, makeClientHello } from "../support/floods.ts";
import { canMeasure, nowMiB, peakMiB, tell } from "../support/memory.ts";
import { promptMs } from "../support/patience.ts";
import { thorough } from "../support/thorough.ts";
import { serveWithTls, timeToAnswer } from "../support/toys.ts";

const ATTACKS: readonly [string, () => Promise<Buffer | undefined>][] = [
  ["say nothing", async () => undefined],
  ["begin a handshake and stop", makeClientHello],
];

test.each(ATTACKS)("4,200 connections that %s neither lock out a client nor cost much", async (_how, say) => {
  await using serving = await serveWithTls();
  const { port, credential, program } = serving;
  await timeToAnswer(port, credential);
  const before = nowMiB(program.process.pid);
  const flood = new Flood();
  try {
    await flood.open(4_200, { port, host: "127.0.0.1" }, await say());
    const waited = await timeToAnswer(port, credential);
    const grown = peakMiB(program.process.pid) - before;
    tell("a client waited", `${waited.toFixed(0)} ms`);
    tell("the process grew by", `${grown.toFixed(0)} MiB`);
    expect(waited).toBeLessThan(promptMs());
    // One address has 64 places.
    await expect.poll(() => flood.alive, { timeout: 10_000 }).toBeLessThanOrEqual(64);
    if (canMeasure) expect(grown).toBeLessThan(100);
  } finally {
    flood.end();
  }
});

test("another address keeps its share while one is flooding", async () => {
  await using serving = await serveWithTls();
  const { port } = serving;
  const hello = await makeClientHello();
  const patient = new Flood();
  const flood = new Flood();
  try {
    await patient.open(40, { port, host: "127.0.0.1", localAddress: "127.0.0.2" }, hello);
    await flood.open(1_000, { port, host: "127.0.0.1" }, hello);
    await expect.poll(() => flood.alive, { timeout: 10_000 }).toBe(64);
    expect(patient.alive).toBe(40);
  } finally {
    patient.end();
    flood.end();
  }
});

thorough("a handshake that stops is given up after ten seconds", async () => {
  await using serving = await serveWithTls();
  const flood = new Flood();
  try {
    await flood.open(10, { port: serving.port, host: "127.0.0.1" }, await makeClientHello());
    await sleep(5_000);
    expect(flood.alive).toBe(10);
    await expect.poll(() => flood.alive, { timeout: 15_000 }).toBe(0);
  } finally {
    flood.end();
  }
});

thorough("clients are served while new connections keep coming", async () => {
  await using serving = await serveWithTls();
  const { port, credential } = serving;
  const hello = await makeClientHello();
  const flood = new Flood();
  let ended = false;
  const flooding = (async () => {
    while (!ended) {
      await flood.open(50, { port, host: "127.0.0.1" }, hello);
      await sleep(20);
    }
  })();
  try {
    const waits: number[] = [];
    for (let index = 0; index < 20; index += 1) waits.push(await timeToAnswer(port, credential));
    // A handshake that is overtaken by 64 others is tried again by the client, after a second and more.
    const median = waits.toSorted((a, b) => a - b).at(10) ?? 0;
    const longest = Math.max(...waits);
    tell("a client waited", `${median.toFixed(0)} ms in the middle, ${longest.toFixed(0)} ms at most`);
    expect(median).toBeLessThan(promptMs());
  } finally {
    ended = true;
    await flooding;
    flood.end();
  }
});
