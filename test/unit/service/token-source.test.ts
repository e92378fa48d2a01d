import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { Client } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { Redactor, Secret } from "#kernel/secret.ts";
import { parseClientId } from "#service/c1-credentials.ts";
import { C1Tokens } from "#service/c1-tokens.ts";
import { ClientKey } from "#service/client-key.ts";
import { TokenEndpoint } from "../../fakes/c1/token-endpoint.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

let endpoint: TokenEndpoint;
let server: Server;
let dispatcher: Client;
let clock: ManualClock;
let redactor: Redactor;
let source: C1Tokens;
const { signal } = new AbortController();

beforeEach(async () => {
  endpoint = new TokenEndpoint("acme.example");
  server = createServer((request, response) => void endpoint.handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  dispatcher = new Client(origin);
  clock = new ManualClock(Date.now());
  redactor = new Redactor();
  source = new C1Tokens({
    clientId: parseClientId(endpoint.clientId),
    key: new ClientKey({ value: new Secret(endpoint.clientSecret) }, redactor),
    origin,
    dispatcher,
    timeoutMs: 5_000,
    clock,
    log: silentLogger,
    redactor,
  });
});
afterEach(async () => {
  await dispatcher.destroy();
  server.close();
});

test("a token is kept until ten seconds before it expires", async () => {
  endpoint.expiresIn = 60;
  const first = await source.get(signal);
  expect(first.authorization).toBe(`Bearer ${endpoint.tokens[0]}`);
  clock.advance(49_999);
  expect(await source.get(signal)).toBe(first);
  clock.advance(1);
  expect(await source.get(signal)).not.toBe(first);
});

test("a token without a term is good for one call", async () => {
  endpoint.expiresIn = undefined;
  const first = await source.get(signal);
  expect(await source.get(signal)).not.toBe(first);
});

test("calls at the same time share one request", async () => {
  const tokens = await Promise.all([source.get(signal), source.get(signal), source.get(signal)]);
  expect(new Set(tokens).size).toBe(1);
  expect(endpoint.assertions).toHaveLength(1);
});

test("one caller who gives up does not take the token from the others", async () => {
  const given = new AbortController();
  const gone = source.get(given.signal);
  const other = source.get(signal);
  given.abort(new Error("given up"));
  await expect(gone).rejects.toThrow("given up");
  expect((await other).authorization).toContain("Bearer ");
});

test("each assertion is made out to the tenant, and has a number of its own", async () => {
  source.drop(await source.get(signal));
  await source.get(signal);
  const [first, second] = endpoint.assertions;
  expect(first?.header).toEqual({ alg: "EdDSA", nonce: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(second?.header).not.toEqual(first?.header);
  const iat = Math.floor(clock.now() / 1000);
  expect(first?.claims).toEqual({
    iss: endpoint.clientId,
    sub: endpoint.clientId,
    aud: "acme.example",
    iat,
    nbf: iat - 120,
    exp: iat + 120,
  });
});

test.each([
  [500, Code.Unavailable],
  [503, Code.Unavailable],
  [429, Code.Unavailable],
  [400, Code.Unauthenticated],
  [401, Code.Unauthenticated],
  [403, Code.Unauthenticated],
])("status %i is an error of code %i", async (status, code) => {
  endpoint.fault = { status };
  await expect(source.get(signal)).rejects.toMatchObject({ code });
});

test.each([
  ["an empty token", '{"access_token":"","expires_in":60}', Code.Unauthenticated],
  ["a page of a proxy", "<html>Welcome</html>", Code.Unavailable],
  ["an endless answer", "x".repeat(100_000), Code.Unavailable],
])("%s is no token", async (_, body, code) => {
  endpoint.fault = { status: 200, body };
  await expect(source.get(signal)).rejects.toMatchObject({ code });
});

test("a server that nobody reaches is unavailable", async () => {
  server.close();
  server.closeAllConnections();
  await expect(source.get(signal)).rejects.toMatchObject({ code: Code.Unavailable });
});

test("a clock that is wrong is told by how much, when the correction does not help either", async () => {
  endpoint.clockOffsetMs = -10 * 60_000;
  endpoint.fault = { status: 401 };
  await expect(source.get(signal)).rejects.toMatchObject({
    code: Code.Unauthenticated,
    message: expect.stringContaining("10 min ahead"),
  });
});

test("a clock that is wrong is corrected, also for later tokens", async () => {
  endpoint.clockOffsetMs = 10 * 60_000;
  source.drop(await source.get(signal));
  await source.get(signal);
  expect(endpoint.assertions).toHaveLength(3);
});

test("a small difference of the clocks is within the tolerance", async () => {
  endpoint.clockOffsetMs = 100_000;
  await source.get(signal);
  expect(endpoint.assertions).toHaveLength(1);
});

test("the token in use is redacted, those of the past are forgotten", async () => {
  source.drop(await source.get(signal));
  const [old = ""] = endpoint.tokens;
  source.drop(await source.get(signal));
  await source.get(signal);
  expect(redactor.redact(endpoint.tokens.at(-1) ?? "")).toBe("[redacted]");
  expect(redactor.redact(old)).toBe(old);
});
