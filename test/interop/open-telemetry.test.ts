import { existsSync } from "node:fs";
import { describe, expect, inject, it } from "vitest";
import { startOtelCollector } from "../fakes/otel-collector.ts";
import { BUNDLE, EXECUTABLE } from "./support/paths.ts";
import { openScene } from "./support/scene.ts";

const CONNECTORS = [
  { title: "the program from its sources", file: undefined, connector: "own" as const },
  { title: "the bundled file", file: BUNDLE, connector: [process.execPath, BUNDLE] },
  { title: "the single executable", file: EXECUTABLE, connector: [EXECUTABLE] },
];

describe.skipIf(!inject("goPrograms").available).each(CONNECTORS)("$title", ({ file: built, connector }) => {
  const isMissing = built !== undefined && !existsSync(built) && process.env["INTEROP_REQUIRED"] !== "1";

  it.skipIf(isMissing)("continues the traces of the Go host", async () => {
    await using scene = await openScene({ generated: { members: 5_000, owner: "acme" }, owner: "acme" });
    await using collector = await startOtelCollector({ tls: false });
    const { code } = await scene.sync({
      host: "go",
      connector,
      file: scene.path("sync.c1z"),
      env: {
        BATON_OTEL_COLLECTOR_ENDPOINT: `127.0.0.1:${collector.port}`,
        BATON_OTEL_COLLECTOR_ENDPOINT_TLS_INSECURE: "true",
      },
    });
    expect(code).toBe(0);
    const { spans } = collector;
    const handlers = spans.filter(({ name }) => name === "builder.ListResources");
    expect(handlers.length).toBeGreaterThan(0);
    for (const { parentId, traceId } of handlers) {
      const call = spans.find(({ spanId }) => spanId === parentId);
      expect(call).toMatchObject({ name: "c1.connector.v2.ResourcesService/ListResources", kind: 2 });
      expect(call?.parentId).not.toBe("");
      // The Go host asks the rate limiter around each call, and both belong to its trace.
      expect(spans.filter((span) => span.traceId === traceId).map(({ name }) => name)).toEqual(
        expect.arrayContaining(["c1.ratelimit.v1.RateLimiterService/Do"]),
      );
    }
  });
});
