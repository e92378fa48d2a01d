import { afterAll, beforeAll, describe, test } from "vitest";
import { codecov } from "#codecov/index.ts";
import {
  type ConformanceOptions,
  type FakeUpstream,
  type MakeConnector,
  makerOf,
  testConformance,
} from "#package/testing.ts";
import { acme } from "../../examples/acme/connector.ts";
import { startAcme, TOKEN } from "../../examples/acme/upstream.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { ToyConnector } from "../fakes/toy-connector.ts";

/** What every connector owes its hosts, whatever it connects to. A new connector joins the list below. */

let simulator: CodecovSimulator;
let upstream: FakeUpstream;

beforeAll(async () => {
  simulator = await startCodecovSimulator();
  upstream = await startAcme();
});
afterAll(async () => {
  await simulator.close();
  await upstream.close();
});

const connectors: readonly [name: string, make: MakeConnector, options?: ConformanceOptions][] = [
  ["the toy connector", () => new ToyConnector()],
  ["the example connector", () => makerOf(acme, { token: TOKEN, baseUrl: upstream.url })()],
  [
    "the Codecov connector",
    () => {
      const apiToken = simulator.tokens["admin-token"] ?? "";
      return makerOf(codecov, { apiToken, owner: "acme", baseUrl: simulator.baseUrl, allowHttp: true })();
    },
    // A walk that finds its place again after a restart needs a few rows around it, and gives up after five times.
    { tinyPage: 10 },
  ],
];

describe.each(connectors)("%s", (_name, make, options) => testConformance(test, make, options));
