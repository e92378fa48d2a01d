import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { silentLogger } from "#kernel/logger.ts";
import { type LaunchedConnector, launchConnector } from "#launch/launch.ts";
import { makeResourceId } from "#model/ids.ts";
import { Resource } from "#model/resource.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { CODECOV } from "./program.ts";

const PEOPLE = Array.from({ length: 40 }, (_, index) => `person-${String(index + 1).padStart(2, "0")}`);

let simulator: CodecovSimulator;
let connector: LaunchedConnector;
let stderr = "";

beforeAll(async () => {
  simulator = await startCodecovSimulator({ state: "crowd-40" });
  const env = {
    ...process.env,
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"],
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "crowd",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  connector = await launchConnector(
    { command: process.execPath, args: [CODECOV, "--provisioning", "_connector-service"], env },
    {
      log: silentLogger,
      signal: new AbortController().signal,
      onStderr: (chunk) => {
        stderr += chunk.toString();
      },
    },
  );
});
afterAll(async () => {
  await connector.close();
  await simulator.close();
});
beforeEach(() => simulator.clearRequests());

async function grantTo(userId: string, signal = new AbortController().signal): Promise<void> {
  const principal = Resource.fromPartial({ id: makeResourceId("user", userId) });
  const entitlement = Entitlement.fromPartial({
    id: "license:crowd:assigned",
    resource: { id: makeResourceId("license", "crowd") },
  });
  await connector.client.grant({ principal, entitlement, annotations: [] }, signal);
}

function countSeats(): number {
  const crowd = simulator.state.organization(simulator.state.findOwner("github", "crowd")?.ownerid ?? 0);
  return PEOPLE.filter((_, index) => crowd.row.seats?.has(201 + index)).length;
}

test("a seat that was on its way when the caller hung up is given, read back and logged", async () => {
  simulator.faults.add({ method: "PATCH", fault: { kind: "delay", ms: 200, processed: true } });
  const caller = new AbortController();
  const call = grantTo("person-01", caller.signal);
  await vi.waitFor(() => expect(simulator.requests.map(({ method }) => method)).toContain("PATCH"));
  caller.abort();
  await expect(call).rejects.toThrow();
  await vi.waitFor(() => expect(stderr).toContain('"msg":"seat given"'), { timeout: 5_000 });
  expect(simulator.requests.map(({ method }) => method)).toEqual(["GET", "PATCH", "GET"]);
  expect(countSeats()).toBe(1);
});

test("grants that arrive at once are made one after the other, and all of them are", async () => {
  const missing = PEOPLE.length - countSeats();
  await Promise.all(PEOPLE.map((userId) => grantTo(userId)));
  expect(countSeats()).toBe(PEOPLE.length);
  expect(simulator.requests.filter(({ method }) => method === "PATCH")).toHaveLength(missing);
  expect(simulator.counters.maxInFlightPatches).toBe(1);
});
