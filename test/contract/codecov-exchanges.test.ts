import { describe, expect, it } from "vitest";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { normalizePair, readExchanges, replayRequest, walkSteps } from "./codecov-exchange.ts";

const EXCHANGES = readExchanges("codecov-exchanges.jsonl");

describe("the simulator answers as recorded on Codecov 26.7.6", () => {
  it.each(EXCHANGES)("$id: $about", async (exchange) => {
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
