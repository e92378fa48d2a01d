import { describe, expect, it } from "vitest";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import {
  type Exchange,
  normalizePair,
  type RecordedResponse,
  readExchanges,
  replayRequest,
  walkSteps,
} from "./codecov-exchange.ts";

const EXCHANGES = readExchanges("codecov-coverage-exchanges.jsonl");

/** Exchanges that the simulator does not play, with the reason. Every other one is replayed, and none of these may pass. */
const LEFT_OUT: Readonly<Record<string, string>> = {};

/** Replays a whole exchange. @throws if an answer or what was caused on the server differs from the recording. */
async function replay(exchange: Exchange): Promise<void> {
  await using simulator = await startCodecovSimulator({
    state: exchange.state_ref,
    ...(exchange.provider === undefined ? {} : { provider: exchange.provider }),
    timeSeries: exchange.time_series ?? false,
  });
  for (const step of walkSteps(exchange, simulator)) {
    const replayed = await replayRequest(simulator, step.request);
    const [expected, actual] = normalizeCoverage(
      normalizePair(step.response, replayed, step.place, exchange),
      exchange,
    );
    expect(actual, `${step.place}${step.request.method} ${step.request.path}`).toEqual(expected);
  }
  expect(simulator.effects, "what was changed or caused").toEqual(exchange.effects ?? {});
}

describe("the simulator answers about coverage as recorded on Codecov 26.7.6", () => {
  it.each(EXCHANGES.filter(({ id }) => LEFT_OUT[id] === undefined))("$family $id: $about", replay);
});

describe("what is left out", () => {
  it("exists", () => {
    expect(EXCHANGES.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(LEFT_OUT)));
  });

  it.each(EXCHANGES.filter(({ id }) => LEFT_OUT[id] !== undefined))(
    "$family $id is not played",
    async (exchange) => {
      await expect(replay(exchange)).rejects.toThrow();
    },
  );
});

type Pair = readonly [expected: unknown, actual: unknown];

/**
 * Levels what a recording leaves open on both sides: one time of the recording itself, the order of commits at the same time,
 * and the last digits of a mean, which depend on the order in which the database adds.
 */
function normalizeCoverage(pair: Pair, { volatile = [], unordered = [] }: Exchange): Pair {
  const level = (key: string, value: unknown): unknown => {
    if (key === "updatestamp" && isRecent(value) && volatile.some((path) => path.endsWith(".updatestamp")))
      return "…";
    if (key === "results" && unordered.some((path) => path.endsWith("where timestamp is equal")))
      return sortEqual(value);
    return key === "avg" ? Number(Number(value).toPrecision(12)) : value;
  };
  const apply = (side: unknown): RecordedResponse => JSON.parse(JSON.stringify(side, level));
  return [apply(pair[0]), apply(pair[1])];
}

/** The states lie in 2023 and 2025. */
function isRecent(value: unknown): boolean {
  return typeof value === "string" && value > "2026";
}

function sortEqual(rows: unknown): unknown {
  if (!Array.isArray(rows)) return rows;
  return rows.toSorted((a, b) =>
    a.timestamp === b.timestamp ? (a.commitid < b.commitid ? -1 : 1) : a.timestamp < b.timestamp ? 1 : -1,
  );
}
