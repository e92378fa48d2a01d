import { describe, expect, it } from "vitest";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { normalizePair, readExchanges, replayRequest, walkSteps } from "./codecov-exchange.ts";

const EXCHANGES = readExchanges("codecov-exchanges.jsonl");

const NO_REPOSITORIES = "the connector never asks for repositories, because reading one can cost a seat";

/** Exchanges that are not replayed, with the reason. Every other one is. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "repos-list-admin": NO_REPOSITORIES,
  "repos-list-others": NO_REPOSITORIES,
  "repos-detail-without-token": NO_REPOSITORIES,
  "repos-detail-provider-unreachable": NO_REPOSITORIES,
  "repos-detail-provider-404": NO_REPOSITORIES,
  "repos-config": NO_REPOSITORIES,
  "repos-config-private-no-seat": NO_REPOSITORIES,
};

describe("the simulator answers as recorded on Codecov 26.7.6", () => {
  it.each(EXCHANGES.filter(({ id }) => LEFT_OUT[id] === undefined))("$id: $about", async (exchange) => {
    await using simulator = await startCodecovSimulator({
      state: exchange.state_ref,
      selfHosted: exchange.installation === "self-hosted",
      siteAdmins: exchange.site_admins ?? [],
      ...(exchange.provider === undefined ? {} : { provider: exchange.provider }),
      seatChangePace: { loadToSaveMs: 0, saveToReadMs: 0 },
    });
    for (const step of walkSteps(exchange, simulator)) {
      const replayed = await replayRequest(simulator, step.request);
      const [expected, actual] = normalizePair(step.response, replayed, step.place, exchange);
      expect(actual, `${step.place}${step.request.method} ${step.request.path}`).toEqual(expected);
    }
  });
});

it("leaves out only exchanges that exist", () => {
  expect(EXCHANGES.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(LEFT_OUT)));
});
