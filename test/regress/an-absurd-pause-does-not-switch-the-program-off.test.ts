import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { RateGate, readRateLimit } from "#http/rate-limit.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { fromWireStatus, toWireStatus } from "#model/status.ts";
import { runProgram, startProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { codecovAt, listen, temporaryDirectory } from "./network.ts";

const HOUR_MS = 3_600_000;

/** Statuses and headers with which a server switched the program off, for years or for good. */
const ABSURD: readonly (readonly [string, number, Readonly<Record<string, string>>])[] = [
  ["ten years", 429, { "retry-after": "315360000" }],
  ["the year 2099", 503, { "retry-after": "Fri, 01 May 2099 00:00:00 GMT" }],
  ["more seconds than there are", 429, { "retry-after": "99999999999999999999999999" }],
  ["more digits than a number holds", 503, { "retry-after": "9".repeat(400) }],
  [
    "a quota without an end",
    429,
    { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999999999999" },
  ],
  ["a quota without a bound", 429, { "x-ratelimit-limit": "9".repeat(30), "retry-after": "20000000000" }],
];

describe.each(ABSURD)("a pause of %s", (_what, status, headers) => {
  test("is announced as an hour, and travels to the host and back", () => {
    const now = Date.now();
    const limit = readRateLimit(status, headers, now);
    expect(limit?.resetAt).toBe(now + HOUR_MS);
    const error = new BatonError(Code.Unavailable, "later", { rateLimit: limit ?? {} });
    const received = fromWireStatus(toWireStatus(error, String)).rateLimit;
    expect(received?.resetAt).toBeCloseTo(now + HOUR_MS, -1);
  });
});

test.each(ABSURD.slice(0, 3))(
  "a sync that is told to wait for %s ends with 14 at once",
  async (_what, status, headers) => {
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? "");
      response.writeHead(status, { "content-type": "application/json", ...headers }).end("{}");
    });
    const env = codecovAt(`http://127.0.0.1:${await listen(server)}`);
    const file = join(await temporaryDirectory(), "x.c1z");
    const { code, stderr } = await runProgram(["-f", file, "--max-wait=20m"], { env });
    expect(code).toBe(14);
    expect(stderr).toContain(String(status));
    expect(paths).toEqual([...new Set(paths)]);
  },
);

test("a long-lived process shows the pause in its health, an hour at most", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(429, { "retry-after": "315360000" }).end();
  });
  const program = startProgram(
    ["serve", "--plaintext", "--listen=127.0.0.1:0", "--health-check", "--health-check-port=0"],
    {
      env: codecovAt(`http://127.0.0.1:${await listen(server)}`),
    },
  );
  onTestFinished(() => {
    program.process.kill("SIGKILL");
  });
  let port: string | undefined;
  while (port === undefined) {
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
    port = /"port":(\d+)/.exec(program.stderr())?.[1];
  }
  for (let asked = 0; asked < 2; asked += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    expect(response.status).toBe(503);
    const { details }: { details: { paused_until: string } } = JSON.parse(await response.text());
    const left = Date.parse(details.paused_until) - Date.now();
    expect(left).toBeGreaterThan(HOUR_MS - 60_000);
    expect(left).toBeLessThanOrEqual(HOUR_MS);
  }
});

test("a gate opens again when the clock has been set back meanwhile", () => {
  const gate = new RateGate();
  const now = Date.now();
  gate.closeUntil(now + HOUR_MS);
  expect(gate.closedUntil(now)).toBe(now + HOUR_MS);
  expect(gate.closedUntil(now + HOUR_MS)).toBeUndefined();
  expect(gate.closedUntil(now - 24 * HOUR_MS)).toBeUndefined();
});

describe("a sync that has begun", () => {
  let simulator: CodecovSimulator;
  beforeEach(async () => {
    simulator = await startCodecovSimulator({ selfHosted: true, siteAdmins: ["github/admin"] });
  });
  afterEach(() => simulator.close());

  async function sync(...args: string[]) {
    const file = join(await temporaryDirectory(), "x.c1z");
    const token = { BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "" };
    return await runProgram(["-f", file, ...args], { env: { ...codecovAt(simulator.baseUrl), ...token } });
  }

  test("ends with 14 at once when a pause is announced that lasts longer than --max-wait", async () => {
    const headers = { "retry-after": "600" };
    simulator.faults.add({
      path: "/users/\\?page=\\d+&page_size=\\d+$",
      times: null,
      fault: { kind: "answer", status: 429, headers },
    });
    const startedAt = Date.now();
    const { code, stderr } = await sync("--max-wait=5m");
    expect(code).toBe(14);
    expect(stderr).toContain("is rate limiting");
    expect(Date.now() - startedAt).toBeLessThan(25_000);
  });

  test.each(["-271821-04-20T00:00:00Z", "+275760-09-13T00:00:00Z", "9".repeat(40)])(
    "takes the end of a sign-in at %s for unknown",
    async (value) => {
      const fault = { kind: "edit" as const, path: ["results", 0, "expiry_date"], value };
      simulator.faults.add({ path: "/user-sessions/", times: null, fault });
      const { code } = await sync("--codecov-session-info");
      expect(simulator.requests.some(({ path }) => path.includes("/user-sessions/"))).toBe(true);
      expect(code).toBe(0);
    },
  );
});
