import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "#kernel/logger.ts";
import type { Span } from "#kernel/trace.ts";
import { type LaunchedConnector, launchConnector } from "#launch/launch.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { type CollectedSpan, type OtelCollector, startOtelCollector } from "../fakes/otel-collector.ts";
import { CODECOV, runProgram } from "./program.ts";
import { ServiceScene } from "./service-scene.ts";

const SERVICE = "baton-codecov-server";

let simulator: CodecovSimulator;
let token: string;
let cwd: string;
let collector: OtelCollector;

beforeAll(async () => {
  simulator = await startCodecovSimulator();
  token = simulator.tokens["admin-token"] ?? "";
});
afterAll(() => simulator.close());
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-otel-"));
  collector = await startOtelCollector({ tls: false });
});
afterEach(async () => {
  await collector[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true });
});

function settings(changes: Record<string, string> = {}): Record<string, string> {
  return {
    BATON_CODECOV_API_TOKEN: token,
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    BATON_LOG_LEVEL: "debug",
    BATON_OTEL_COLLECTOR_ENDPOINT: `http://127.0.0.1:${collector.port}`,
    ...changes,
  };
}

/** The quickest thing that both processes take part in. */
const QUICK = ["--list-action-schemas"];

/** The span and everything above it, outermost last. */
function lineage(span: CollectedSpan, spans: readonly CollectedSpan[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentId);
  return [span.name, ...(parent === undefined ? [] : lineage(parent, spans))];
}

test("a sync is one trace and one log, over both processes and down to each HTTP request", async () => {
  const before = simulator.requests.length;
  const { code, stderr } = await runProgram([], { cwd, env: settings() });
  expect(code).toBe(0);
  const written = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expectOneTrace(simulator.requests.length - before);
  expectLinkedLogs(written);
  for (const bytes of collector.received) expect(bytes).not.toContain(token);
});

function expectOneTrace(requestCount: number): void {
  const { spans } = collector;
  for (const { resource } of spans) {
    expect(resource).toMatchObject({ codecov_owner: "acme", codecov_service: "github" });
  }
  const requests = spans.filter(({ name }) => name === "GET");
  expect(requests).toHaveLength(requestCount);
  const userPages = requests.filter(({ attributes }) => String(attributes["url.full"]).includes("/users"));
  const call = "c1.connector.v2.ResourcesService/ListResources";
  expect(userPages.map((span) => lineage(span, spans))).toContainEqual([
    "GET",
    "builder.ListResources",
    call,
    call,
    "sync",
  ]);
  expect(userPages[0]).toMatchObject({
    kind: 3,
    attributes: {
      "http.request.method": "GET",
      "http.response.status_code": 200,
      "server.address": "127.0.0.1",
      "server.port": Number(new URL(simulator.url).port),
      "baton.attempt": 1,
    },
    failure: undefined,
    service: SERVICE,
  });
  // Both processes: the call as the host made it, and as the connector process got it.
  expect(new Set(spans.filter(({ name }) => name === call).map(({ kind }) => kind))).toEqual(new Set([2, 3]));
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
}

function expectLinkedLogs(written: readonly Record<string, string>[]): void {
  const { logs, spans } = collector;
  expect(logs).toHaveLength(written.length);
  expect(new Set(logs.map(({ body }) => body))).toEqual(new Set(written.map(({ msg }) => msg)));

  const summary = logs.find(({ body }) => body === "Sync summary.");
  expect(summary).toMatchObject({
    severity: "info",
    service: SERVICE,
    attributes: { members: 52, seats: 30, codecov_owner: "acme", codecov_service: "github" },
  });
  expect(summary?.spanId).toBe(spans.find(({ name }) => name === "sync")?.spanId);
  const answers = logs.filter(({ body }) => body === "upstream responded");
  const handlers = spans.filter(({ name }) => name.startsWith("builder.")).map(({ spanId }) => spanId);
  expect(answers.length).toBeGreaterThan(0);
  for (const { spanId } of answers) expect(handlers).toContain(spanId);

  const access = written.find(({ msg }) => msg === "finished unary call with code OK");
  expect(BigInt(access?.["dd.span_id"] ?? "")).toBe(BigInt(`0x${access?.["span_id"]}`));
}

test("spans say resource type, page and attempt, on both sides of a call", async () => {
  await using large = await startCodecovSimulator({ generated: { members: 25_000, owner: "acme" } });
  const { code } = await runProgram([], {
    cwd,
    env: settings({
      BATON_CODECOV_API_TOKEN: large.tokens["admin-token"] ?? "",
      BATON_CODECOV_BASE_URL: large.baseUrl,
      BATON_LOG_LEVEL: "info",
    }),
  });
  expect(code).toBe(0);
  const places = (name: string, kind: number) =>
    collector.spans
      .filter((span) => span.name === name && span.kind === kind)
      .filter(({ attributes }) => attributes["baton.resource_type"] === "user")
      .map(({ attributes }) => [attributes["baton.page"], attributes["baton.attempt"]]);
  const pages = places("c1.connector.v2.ResourcesService/ListResources", 3);
  expect(pages.length).toBeGreaterThan(2);
  expect(pages).toEqual(pages.map((_, index) => [index + 1, 1]));
  expect(places("c1.connector.v2.ResourcesService/ListResources", 2)).toEqual(pages);
  expect(places("builder.ListResources", 1)).toEqual(pages);
  const grants = collector.spans.filter(({ name }) => name === "builder.ListGrants");
  expect(grants.map(({ attributes }) => attributes["baton.resource_type"])).toContain("license");
});

test("opening, expansion, saving and compaction have spans of their own", async () => {
  await runProgram([], { cwd, env: settings() });
  const found = collector.spans.map((span) => lineage(span, collector.spans).join(" < "));
  expect(found).toEqual(
    expect.arrayContaining([
      "open < sync",
      "expansion < sync",
      "remove older syncs < sync",
      "save < sync",
      "compact < save < sync",
      "compress < save < sync",
    ]),
  );
});

describe("waiting", () => {
  afterEach(() => simulator.faults.clear());

  test("is one line of the log, one span and one retry, with cause, attempt and time", async () => {
    simulator.faults.add({ path: "/github/acme/$", times: 2, fault: { kind: "answer", status: 503 } });
    const { code, stderr } = await runProgram([], { cwd, env: settings({ BATON_LOG_LEVEL: "info" }) });
    expect(code).toBe(0);
    const lines = stderr
      .split("\n")
      .filter((line) => line.includes("waiting before the next attempt"))
      .map((line) => JSON.parse(line));
    const what = "GET /api/v2/github/acme/";
    const error = expect.stringContaining("503");
    expect(lines).toMatchObject(
      [1, 2].map((attempt) => ({ level: "warn", what, attempt, code: "Unavailable", error })),
    );
    for (const { ts, wait_ms, until } of lines) {
      expect(wait_ms).toBeGreaterThan(0);
      expect(Math.abs(Date.parse(until) - (ts * 1_000 + wait_ms))).toBeLessThan(200);
    }
    const waits = collector.spans.filter(({ name }) => name === "wait");
    expect(waits.map((span) => [span.attributes["baton.attempt"], span.attributes["baton.what"]])).toEqual([
      [1, what],
      [2, what],
    ]);
    expect(lineage(waits[0] as CollectedSpan, collector.spans)[1]).toMatch(/^builder\./);
    const attempts = collector.spans
      .filter(
        ({ name, attributes }) => name === "GET" && attributes["http.request.resend_count"] !== undefined,
      )
      .map(({ attributes }) => [attributes["baton.attempt"], attributes["http.request.resend_count"]]);
    expect(attempts).toEqual([
      [2, 1],
      [3, 2],
    ]);
    expect(collector.latest("baton.retries", { layer: "request" })).toBe(2);
    expect(collector.latest("baton.upstream.requests", { status: "503", method: "GET" })).toBe(2);
  });
});

describe("metrics", () => {
  test("tell of a sync its duration, its rows, its requests by status and its age", async () => {
    const before = simulator.requests.length;
    const startedAt = Date.now();
    await runProgram([], { cwd, env: settings() });
    const seconds = (Date.now() - startedAt) / 1_000;
    const { points } = collector;
    for (const { resource } of points) {
      expect(resource).toMatchObject({ codecov_owner: "acme", codecov_service: "github" });
      expect(resource["service.name"]).toBe(SERVICE);
    }
    expect(collector.latest("baton.syncs", { outcome: "succeeded" })).toBe(1);
    expect(collector.latest("baton.sync.rows", { kind: "resources" })).toBe(54);
    expect(collector.latest("baton.sync.duration", { outcome: "succeeded" })).toBeGreaterThan(0);
    expect(collector.latest("baton.sync.duration", { outcome: "succeeded" })).toBeLessThan(seconds);
    expect(collector.latest("baton.sync.age")).toBeLessThan(seconds);
    expect(collector.latest("baton.upstream.requests", { status: "200", method: "GET" })).toBe(
      simulator.requests.length - before,
    );
    expect(points.find(({ metric }) => metric === "baton.sync.age")).toMatchObject({
      unit: "s",
      kind: "gauge",
    });
    expect(points.find(({ metric }) => metric === "baton.syncs")).toMatchObject({ kind: "counter" });
  });

  test("tell of a sync that failed how old the last one is, and no rows", async () => {
    const without = settings({ BATON_OTEL_COLLECTOR_ENDPOINT: "" });
    expect((await runProgram([], { cwd, env: without })).code).toBe(0);
    const { code } = await runProgram([], { cwd, env: settings({ BATON_CODECOV_API_TOKEN: "wr0ng" }) });
    expect(code).toBe(16);
    expect(collector.latest("baton.syncs", { outcome: "failed" })).toBe(1);
    expect(collector.latest("baton.sync.rows")).toBeUndefined();
    expect(collector.latest("baton.sync.age")).toBeGreaterThan(0);
    expect(collector.latest("baton.upstream.requests", { status: "401" })).toBeGreaterThan(0);
  });

  test("tell how many seats were changed", async () => {
    await using seats = await startCodecovSimulator({ state: "free-seats" });
    const env = settings({
      BATON_CODECOV_API_TOKEN: seats.tokens["admin-token"] ?? "",
      BATON_CODECOV_OWNER: "roomy",
      BATON_CODECOV_BASE_URL: seats.baseUrl,
    });
    expect((await runProgram([], { cwd, env })).code).toBe(0);
    const revoke = ["--revoke-grant=license:roomy:assigned:user:bob"];
    expect((await runProgram(revoke, { cwd, env })).code).toBe(0);
    expect(collector.latest("codecov.seats.changed", { change: "taken" })).toBe(1);
    collector.points.length = 0;
    // There is nothing to take any more.
    expect((await runProgram(revoke, { cwd, env })).code).toBe(0);
    expect(collector.latest("codecov.seats.changed")).toBeUndefined();
  });

  test("that a collector refuses cost a warning and no row", async () => {
    await using refusing = await startOtelCollector({ tls: false, refusesMetrics: true });
    const { code, stderr } = await runProgram([], {
      cwd,
      env: settings({ BATON_OTEL_COLLECTOR_ENDPOINT: `http://127.0.0.1:${refusing.port}` }),
    });
    expect(code).toBe(0);
    expect(stderr).toContain('"members":52');
    expect(stderr).toContain("could not be sent to the OpenTelemetry collector");
    expect(refusing.spans).not.toEqual([]);
  });
});

test("a failure is told in the spans of the call and of the request, without the token", async () => {
  const wrong = "wr0ng-t0ken-of-somebody";
  const { code } = await runProgram([], { cwd, env: settings({ BATON_CODECOV_API_TOKEN: wrong }) });
  expect(code).not.toBe(0);
  const failed = collector.spans.filter(({ failure }) => failure !== undefined);
  expect(failed.find(({ name }) => name === "GET")).toMatchObject({
    failure: "HTTP status 401",
    attributes: { "http.response.status_code": 401 },
  });
  expect(failed.map(({ name }) => name)).toEqual(expect.arrayContaining(["sync", "builder.Validate"]));
  for (const bytes of collector.received) expect(bytes).not.toContain(wrong);
});

test("in service mode each task is a trace of its own, with its failure", async () => {
  await using scene = await ServiceScene.open();
  scene.start({ BATON_OTEL_COLLECTOR_ENDPOINT: `http://127.0.0.1:${collector.port}` });
  const principal = { id: { resourceType: "user", resource: "1" } };
  const entitlement = {
    id: "license:o:assigned",
    resource: { id: { resourceType: "license", resource: "o" } },
  };
  const refused = scene.c1.enqueue({ $case: "grant", value: { entitlement, principal } });
  const done = scene.c1.enqueue({ $case: "listEventFeeds", value: {} });
  await Promise.all([scene.finish(refused), scene.finish(done)]);
  await scene.stop();

  const { spans } = collector;
  const grant = spans.find(({ name }) => name === "task grant");
  expect(grant).toMatchObject({
    parentId: "",
    attributes: { task_id: refused },
    failure: expect.stringContaining("provisioning is not enabled"),
  });
  const feeds = spans.find(({ name }) => name === "task listEventFeeds");
  expect(feeds).toMatchObject({ parentId: "", failure: undefined });
  const handler = spans.find(({ name }) => name === "builder.ListEventFeeds");
  expect(handler?.traceId).toBe(feeds?.traceId);
  expect(grant?.traceId).not.toBe(feeds?.traceId);
});

describe("what a host sends", () => {
  const TRACE = "0af7651916cd43dd8448eb211c80319c";
  const PARENT = "b7ad6b7169203331";

  /** Calls Validate as a host would that sends these headers. */
  async function validate(headers: Record<string, string>): Promise<CollectedSpan[]> {
    const span: Span = {
      traceId: TRACE,
      spanId: PARENT,
      startChild: () => span,
      set() {},
      end() {},
      toHeaders: () => headers,
    };
    const connector: LaunchedConnector = await launchConnector(
      { command: process.execPath, args: [CODECOV, "_connector-service"], env: settings() },
      { log: silentLogger, signal: new AbortController().signal, span, onStderr: () => undefined },
    );
    try {
      await connector.client.validate({}, new AbortController().signal);
    } finally {
      await connector.close();
    }
    return collector.spans;
  }

  test("its trace is continued, sampled there or not", async () => {
    const spans = await validate({ traceparent: `00-${TRACE}-${PARENT}-00`, tracestate: "vendor=1" });
    const call = spans.find(({ name }) => name === "c1.connector.v2.ConnectorService/Validate");
    expect(call).toMatchObject({
      traceId: TRACE,
      parentId: PARENT,
      attributes: { "rpc.grpc.status_code": 0 },
    });
    for (const { traceId } of spans) expect(traceId).toBe(TRACE);
  });

  test("a malformed or missing context begins a trace of its own", async () => {
    const spans = await validate({ traceparent: "00-nonsense-01" });
    const call = spans.find(({ name }) => name === "c1.connector.v2.ConnectorService/Validate");
    expect(call).toMatchObject({ parentId: "", traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });
});

/**
 * Tells on standard error when OpenTelemetry is loaded, which then asks for symbols that are named for it. Inside
 * the bundle there are no modules whose loading could be watched.
 */
const WATCH_LOADING = `
  const symbolFor = Symbol.for;
  Symbol.for = (name) => {
    if (/opentelemetry/i.test(name)) process.stderr.write("loads OpenTelemetry");
    return symbolFor(name);
  };
`;

describe("the settings of the collector", () => {
  test.each([
    ["without a collector nothing of OpenTelemetry is loaded", "", false],
    ["with one it is", "http://127.0.0.1:1", true],
  ])("%s", async (_what, endpoint, isLoaded) => {
    const { code, stderr } = await runProgram(QUICK, {
      cwd,
      env: settings({
        BATON_OTEL_COLLECTOR_ENDPOINT: endpoint,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WATCH_LOADING)}`,
      }),
    });
    expect(code).toBe(0);
    expect(stderr.includes("loads OpenTelemetry")).toBe(isLoaded);
  });

  test.each([
    ["BATON_OTEL_TRACING_DISABLED", "spans"],
    ["BATON_OTEL_LOGGING_DISABLED", "logs"],
    ["BATON_OTEL_METRICS_DISABLED", "points"],
  ] as const)("%s works by itself", async (variable, missing) => {
    await runProgram([], { cwd, env: settings({ [variable]: "true" }) });
    const { spans, logs, points } = collector;
    const got = Object.entries({ spans, logs, points }).filter(([, items]) => items.length > 0);
    expect(got.map(([name]) => name)).toEqual(["spans", "logs", "points"].filter((name) => name !== missing));
  });

  test.each([
    [
      "file",
      async (pem: string) => {
        await writeFile(join(cwd, "ca.pem"), pem);
        return { BATON_OTEL_COLLECTOR_ENDPOINT_TLS_CERT_PATH: "ca.pem" };
      },
    ],
    [
      "PEM in base64url",
      async (pem: string) => ({
        BATON_OTEL_COLLECTOR_ENDPOINT_TLS_CERT: Buffer.from(pem).toString("base64url"),
      }),
    ],
  ])("TLS is used unless told otherwise; the authority comes as %s", async (_form, give) => {
    await using secure = await startOtelCollector({ tls: true });
    const endpoint = { BATON_OTEL_COLLECTOR_ENDPOINT: `localhost:${secure.port}` };
    const { code } = await runProgram(QUICK, {
      cwd,
      env: settings({ ...endpoint, ...(await give(secure.certificate)) }),
    });
    expect(code).toBe(0);
    expect(secure.spans.map(({ name }) => name)).toContain("builder.ListActionSchemas");
  });

  test("a collector that is away costs a warning and no row", async () => {
    const { port } = collector;
    await collector[Symbol.asyncDispose]();
    const { code, stderr } = await runProgram([], {
      cwd,
      env: settings({ BATON_OTEL_COLLECTOR_ENDPOINT: `127.0.0.1:${port}`, BATON_LOG_LEVEL: "info" }),
    });
    expect(code).toBe(0);
    expect(stderr).toContain('"members":52');
    expect(stderr).toContain("could not be sent to the OpenTelemetry collector");
  });

  test("a variable of OpenTelemetry that makes no sense costs a warning, which does not repeat it", async () => {
    const { code, stdout, stderr } = await runProgram(QUICK, {
      cwd,
      env: settings({ OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=gehäim" }),
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(stderr).toContain("check OTEL_EXPORTER_OTLP_HEADERS");
    expect(stderr).not.toContain("häim");
  });

  test("settings that cannot be used end the program before anything is read", async () => {
    const { code, stderr } = await runProgram(QUICK, {
      cwd,
      env: settings({ BATON_OTEL_COLLECTOR_ENDPOINT: "collector:4317/v1/traces" }),
    });
    expect(code).toBe(2);
    expect(stderr).toBe(
      '--otel-collector-endpoint has to be host:port or a URL such as "https://collector:4317" without a path\n',
    );
  });
});
