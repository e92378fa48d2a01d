import { describe, expect, it } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { htmlErrorPage, rateLimited, redirectTo } from "../fakes/codecov/faults.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { callSimulator, type UserRow } from "./simulator-client.ts";

const USERS = "/github/acme/users/";

async function callUsers({ baseUrl, tokens }: CodecovSimulator, query = ""): Promise<Response> {
  const headers = { authorization: `Bearer ${tokens["admin-token"]}` };
  return await fetch(`${baseUrl}${USERS}${query}`, { headers, redirect: "manual" });
}

describe("faults", () => {
  it("strike after `skip` requests, `times` times, and only where they fit", async () => {
    await using simulator = await startCodecovSimulator();
    simulator.faults.add({ path: "users", skip: 1, times: 2, fault: { kind: "answer", status: 503 } });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) {
      statuses.push((await callSimulator(simulator, "/github/acme/")).status);
      statuses.push((await callUsers(simulator)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 503, 200, 503, 200, 200, 200, 200]);
  });

  it("can be limited to large pages", async () => {
    await using simulator = await startCodecovSimulator();
    simulator.faults.add({ pageSizeOver: 100, times: null, fault: { kind: "answer", status: 504 } });
    const statuses = ["", "?page_size=100", "?page_size=101"].map(
      async (query) => (await callUsers(simulator, query)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 504]);
  });

  it.each([
    [rateLimited(7), "7"],
    [rateLimited(new Date(0)), "Thu, 01 Jan 1970 00:00:00 GMT"],
    [rateLimited(), null],
  ])("429 with Retry-After in both forms and without", async (fault, retryAfter) => {
    await using simulator = await startCodecovSimulator();
    simulator.faults.add({ fault });
    const { status, headers } = await callUsers(simulator);
    expect([status, headers.get("retry-after")]).toEqual([429, retryAfter]);
  });

  it("an HTML page of a proxy, and a redirect", async () => {
    await using simulator = await startCodecovSimulator();
    simulator.faults.add({ fault: htmlErrorPage(502) }, { fault: redirectTo("http://elsewhere.example/") });
    const page = await callUsers(simulator);
    expect([page.status, page.headers.get("content-type")]).toEqual([502, "text/html"]);
    const redirect = await callUsers(simulator);
    expect([redirect.status, redirect.headers.get("location")]).toEqual([302, "http://elsewhere.example/"]);
  });

  it.each(["request", "answer", "headers", "body"] as const)("a reset at the %s", async (at) => {
    await using simulator = await startCodecovSimulator();
    simulator.faults.add({ fault: { kind: "reset", at } });
    await expect(callUsers(simulator).then((response) => response.text())).rejects.toThrow(
      /fetch failed|terminated/,
    );
    expect((await callUsers(simulator)).status).toBe(200);
  });

  it("a body that ends before its declared length", async () => {
    await using simulator = await startCodecovSimulator();
    simulator.faults.add({ fault: { kind: "truncate", share: 0.5, declare: "whole" } });
    const response = await callUsers(simulator);
    await expect(response.text()).rejects.toThrow("terminated");
  });

  it("a body that is cut in the middle of its JSON", async () => {
    await using simulator = await startCodecovSimulator();
    simulator.faults.add({ fault: { kind: "truncate", share: 0.5, declare: "part" } });
    const response = await callUsers(simulator);
    await expect(response.json()).rejects.toThrow(SyntaxError);
  });

  it("a slow body arrives whole", async () => {
    const waits: number[] = [];
    const clock = { ...systemClock, sleep: async (ms: number) => void waits.push(ms) };
    await using simulator = await startCodecovSimulator({ clock });
    simulator.faults.add({ fault: { kind: "slow", bytes: 100, everyMs: 30 } });
    const text = await (await callUsers(simulator)).text();
    expect(JSON.parse(text)).toMatchObject({ count: 52 });
    expect(waits).toEqual(Array(Math.ceil(text.length / 100) - 1).fill(30));
  });

  it("a value of another type, or a missing one", async () => {
    await using simulator = await startCodecovSimulator();
    simulator.faults.add(
      { fault: { kind: "edit", path: ["results", 1, "username"], value: 5 } },
      { fault: { kind: "edit", path: ["results"] } },
    );
    expect((await callSimulator(simulator, USERS)).body.results[1]?.username).toBe(5);
    expect(Object.keys((await callSimulator(simulator, USERS)).body)).not.toContain("results");
  });

  it.each([true, false])("no answer at all, the work done or not: %s", async (processed) => {
    await using simulator = await startCodecovSimulator({ state: "free-seats" });
    simulator.faults.add({ method: "PATCH", fault: { kind: "stall", processed } });
    const headers = {
      authorization: `Bearer ${simulator.tokens["admin-token"]}`,
      "content-type": "application/json",
    };
    const giveUp = new AbortController();
    const target = `${simulator.baseUrl}/github/roomy/users/dan`;
    const options = { method: "PATCH", headers, body: '{"activated":false}', signal: giveUp.signal };
    const answer = fetch(target, options).catch((error: unknown) => error);
    await expect.poll(() => simulator.counters.byMethod["PATCH"]).toBe(1);
    const isSeated = async (): Promise<boolean> =>
      (await callSimulator<UserRow>(simulator, "/github/roomy/users/dan")).body.activated;
    await expect.poll(isSeated).toBe(!processed);
    giveUp.abort();
    expect(await answer).toMatchObject({ name: "AbortError" });
    expect(simulator.requests[0]?.status).toBeUndefined();
  });

  it("latency goes through the clock", async () => {
    const waits: number[] = [];
    const clock = { ...systemClock, sleep: async (ms: number) => void waits.push(ms) };
    await using simulator = await startCodecovSimulator({ clock, latencyMs: 50 });
    simulator.faults.add({ fault: { kind: "delay", ms: 7 } });
    await callUsers(simulator);
    simulator.setLatency(0);
    await callUsers(simulator);
    expect(waits).toEqual([50, 7]);
  });
});

it("a drift script changes the roster after the n-th request", async () => {
  await using simulator = await startCodecovSimulator({ state: "drift-6" });
  const leave = { op: "leave", org: "drift", ownerid: 120 } as const;
  simulator.faults.add({ path: "/users/", skip: 1, fault: { kind: "change", changes: [leave] } });
  const counts: number[] = [];
  for (let i = 0; i < 3; i++)
    counts.push((await callSimulator(simulator, "/github/drift/users/")).body.count);
  expect(counts).toEqual([6, 6, 5]);
});

describe("damaged answers", () => {
  /** Reads a page of users as a careful client does: anything unexpected is an error. */
  async function readStrictly(response: Response): Promise<void> {
    const bytes = await response.arrayBuffer();
    const page: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    expect(page).toMatchObject({ count: expect.any(Number), results: expect.any(Array) });
    const { count, next, results } = page as { count: number; next: unknown; results: unknown[] };
    expect(results.length > 0).toBe(count > 0);
    expect(typeof next === "string" || next === null).toBe(true);
    for (const row of results) {
      expect(row).toMatchObject({
        service: expect.any(String),
        activated: expect.any(Boolean),
        is_admin: expect.any(Boolean),
      });
      const { username, name, email } = row as Record<string, unknown>;
      for (const text of [username, name, email])
        expect(typeof text === "string" || text === null).toBe(true);
    }
  }

  it("are noticed by a strict reader, all 1,000 of them", async () => {
    await using simulator = await startCodecovSimulator({ seed: 42 });
    await readStrictly(await callUsers(simulator, "?page_size=100"));
    simulator.faults.add({ times: null, fault: { kind: "fuzz" } });
    let unnoticed = 0;
    for (let i = 0; i < 1000; i++) {
      await callUsers(simulator, "?page_size=5")
        .then(readStrictly)
        .then(
          () => unnoticed++,
          () => undefined,
        );
    }
    expect(unnoticed).toBe(0);
  });
});
