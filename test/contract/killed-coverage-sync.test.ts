import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openHistory } from "#codecov/coverage/store/coverage-history.ts";
import { isMissing } from "#files/missing.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { seededRandom } from "../fakes/codecov/random.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { runProgram, startProgram } from "./program.ts";

const KILLS = 50;
/** So many of them hit one store, one after the other, before it is completed. */
const KILLS_OF_A_STORE = 10;
const REPOSITORIES = 60;
/** Requests of a whole sync: the list, whose token it is, who holds a seat, and three for each repository. */
const REQUESTS = 3 + 3 * REPOSITORIES;
/** With eight at one time this makes a sync last for a second and more. */
const LATENCY_MS = 50;

/** There is no file yet, or an empty one. */
const NO_STORE: readonly Code[] = [Code.NotFound, Code.FailedPrecondition];

const TIMELESS = { readAt: 0, detailsReadAt: 0, firstSeenAt: 0 };

/** What is in a store, but for when it was read; undefined if the first sync was killed before there was one. */
function readStore(path: string) {
  try {
    using history = openHistory(path);
    const repositories = Array.from(history.repositories({ sinceDay: "2000-01-01" }), (repository) => ({
      ...repository,
      isRead: repository.detailsReadAt !== null,
      ...TIMELESS,
    }));
    const pulls = Array.from(history.pulls(), (pull) => ({ ...pull, readAt: 0 }));
    return { repositories, pulls };
  } catch (error) {
    const isNoStore = error instanceof BatonError && NO_STORE.includes(error.code);
    if (isNoStore || isMissing(error)) return undefined;
    throw error;
  }
}

test(`a sync that is killed at ${KILLS} random requests leaves a store that opens and that the next one completes`, async () => {
  const simulator = await startCodecovSimulator({
    coverage: { repositories: REPOSITORIES, days: 40, openPulls: 2, privateEvery: 5 },
    latencyMs: LATENCY_MS,
  });
  onTestFinished(() => simulator.close());
  const directory = await mkdtemp(join(tmpdir(), "baton-coverage-killed-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  const sync = (store: string) => ["coverage", "sync", `--store=${store}`];
  expect((await runProgram(sync("whole.db"), { cwd: directory, env })).code).toBe(0);
  expect(simulator.requests).toHaveLength(REQUESTS);
  const whole = readStore(join(directory, "whole.db"));
  expect(whole?.repositories.filter(({ isRead }) => isRead)).toHaveLength(REPOSITORIES);
  expect(whole?.pulls).toHaveLength(2 * REPOSITORIES);

  const random = seededRandom(14);
  let midway = 0;
  for (let store = 0; store < KILLS / KILLS_OF_A_STORE; store += 1) {
    const path = join(directory, `${store}.db`);
    for (let kill = 0; kill < KILLS_OF_A_STORE; kill += 1) {
      simulator.clearRequests();
      const running = startProgram(sync(path), { cwd: directory, env });
      let hasEnded = false;
      void running.result.then(() => {
        hasEnded = true;
      });
      // Later syncs of a store have less left to ask.
      const at = 1 + Math.floor(random() * (REQUESTS / (kill + 1)));
      while (simulator.requests.length < at && !hasEnded) await delay(1);
      running.process.kill("SIGKILL");
      await running.result;
      const found = readStore(path);
      const read = found?.repositories.filter(({ isRead }) => isRead) ?? [];
      if (read.length > 0 && read.length < REPOSITORIES) midway += 1;
      // What is stored is whole.
      for (const repository of read) expect(whole?.repositories).toContainEqual(repository);
    }
    expect((await runProgram(sync(path), { cwd: directory, env })).code).toBe(0);
    expect(readStore(path)).toEqual(whole);
  }
  expect(midway).toBeGreaterThan(KILLS / 5);
}, 300_000);
