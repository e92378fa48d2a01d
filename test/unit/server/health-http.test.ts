import { once } from "node:events";
import { get } from "node:http";
import { afterEach, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { type HealthServer, type HealthSource, startHealthServer } from "#web/health-http.ts";

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function start(source: Partial<HealthSource> = {}): Promise<void> {
  server = await startHealthServer({
    port: 0,
    address: "127.0.0.1",
    toLine: (text) => text.replaceAll("hunter2", "[redacted]"),
    metrics: () => "things 3\n",
    source: { isReady: () => true, validate: async () => undefined, ...source },
  });
}

async function ask(path: string, method = "GET") {
  const response = await fetch(`http://127.0.0.1:${server?.port}${path}`, { method });
  const text = await response.text();
  return { code: response.status, type: response.headers.get("content-type"), text };
}

test.each([
  ["/live", "alive"],
  ["/ready", "ready"],
  ["/health", "healthy"],
])("%s of a program that is well answers %s, whatever the method", async (path, status) => {
  await start();
  const answer = await ask(path);
  expect(answer).toMatchObject({ code: 200, type: "application/json" });
  expect(JSON.parse(answer.text)).toEqual({
    status,
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  expect((await ask(path, "POST")).code).toBe(200);
});

test("without a connector it is alive, but neither ready nor healthy", async () => {
  await start({ isReady: () => false });
  const details = { error: "failed to get connector client" };
  expect((await ask("/live")).code).toBe(200);
  const ready = await ask("/ready");
  expect([ready.code, JSON.parse(ready.text)]).toMatchObject([503, { status: "not_ready", details }]);
  const health = await ask("/health");
  expect([health.code, JSON.parse(health.text)]).toMatchObject([503, { status: "unhealthy", details }]);
});

test("what keeps work away makes it not ready, with a reason that holds no secret, and nothing else", async () => {
  let obstacle: string | undefined = "C1 refused hunter2";
  await start({ findObstacle: () => obstacle });
  const ready = await ask("/ready");
  const details = { error: "C1 refused [redacted]" };
  expect([ready.code, JSON.parse(ready.text)]).toMatchObject([503, { status: "not_ready", details }]);
  expect((await ask("/live")).code).toBe(200);
  expect((await ask("/health")).code).toBe(200);
  obstacle = undefined;
  expect((await ask("/ready")).code).toBe(200);
});

test("a connector that does not work is unhealthy, with a reason that holds no secret", async () => {
  await start({ validate: () => Promise.reject(new Error("token hunter2 was refused")) });
  const { code, text } = await ask("/health");
  expect([code, JSON.parse(text)]).toMatchObject([
    503,
    {
      details: {
        error: "connector validation failed",
        validation_error: "token [redacted] was refused",
      },
    },
  ]);
  expect((await ask("/ready")).code).toBe(200);
});

test("facts are shown everywhere and change nothing", async () => {
  await start({ facts: () => ({ last_successful_poll: "2026-01-31T08:00:00Z", other: undefined }) });
  for (const path of ["/live", "/ready", "/health"]) {
    const { code, text } = await ask(path);
    expect(code).toBe(200);
    expect(JSON.parse(text).details).toEqual({ last_successful_poll: "2026-01-31T08:00:00Z" });
  }
});

test("other paths do not exist", async () => {
  await start();
  expect((await ask("/")).code).toBe(404);
  expect((await ask("/healthy")).code).toBe(404);
  expect((await ask("/live?verbose=1")).code).toBe(200);
});

test("probes that come together are one question to the connector", async () => {
  let questions = 0;
  const release = Promise.withResolvers<void>();
  await start({
    validate: async () => {
      questions += 1;
      await release.promise;
    },
  });
  const answers = [ask("/health"), ask("/health"), ask("/health")];
  await expect.poll(() => questions).toBe(1);
  await ask("/live");
  release.resolve();
  for (const answer of answers) expect((await answer).code).toBe(200);
  expect(questions).toBe(1);
});

test("the end does not wait for a connector that does not answer", async () => {
  const seen = Promise.withResolvers<AbortSignal>();
  await start({
    validate: (signal) => {
      seen.resolve(signal);
      return once(signal, "abort").then(() => signal.throwIfAborted());
    },
  });
  const request = get(`http://127.0.0.1:${server?.port}/health`);
  request.on("error", () => undefined);
  const signal = await seen.promise;
  await server?.close();
  expect(signal.aborted).toBe(true);
  server = undefined;
});

test("a port that is taken is said in one sentence", async () => {
  await start();
  const port = server?.port ?? 0;
  const second = startHealthServer({
    port,
    address: "127.0.0.1",
    toLine: String,
    metrics: () => "",
    source: { isReady: () => true, validate: async () => undefined },
  });
  await expect(second).rejects.toMatchObject({
    code: Code.FailedPrecondition,
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
});
