import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { Redactor, Secret } from "#kernel/secret.ts";
import { OtelTracer } from "#telemetry/otel-tracer.ts";

function makeTracer(secret: string) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const redactor = new Redactor();
  redactor.register(new Secret(secret));
  return { exporter, tracer: new OtelTracer(provider.getTracer("test"), redactor) };
}

test("a span repeats no secret, neither in its attributes nor in its failure", () => {
  const { exporter, tracer } = makeTracer("s3cret-token");
  const span = tracer.start("GET", { attributes: { first: "/?token=s3cret-token" } });
  span.set({ second: "s3cret-token", third: 3 });
  span.end("Codecov said: s3cret-token is unknown");
  const [finished] = exporter.getFinishedSpans();
  expect(finished?.attributes).toEqual({ first: "/?token=[redacted]", second: "[redacted]", third: 3 });
  expect(finished?.status.message).toBe("Codecov said: [redacted] is unknown");
});

test("headers of one span continue its trace in another tracer, vendor state included", () => {
  const near = makeTracer("unused");
  const far = makeTracer("unused");
  const incoming: Record<string, string> = {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
    tracestate: "vendor=1",
  };
  const span = near.tracer.start("call", {}, (name) => incoming[name]);
  const headers = span.toHeaders();
  expect(headers).toEqual({
    traceparent: `00-0af7651916cd43dd8448eb211c80319c-${span.spanId}-01`,
    tracestate: "vendor=1",
  });
  const child = far.tracer.start("call", {}, (name) => headers[name]);
  child.end();
  expect(child.traceId).toBe(span.traceId);
  expect(far.exporter.getFinishedSpans()[0]?.parentSpanContext?.spanId).toBe(span.spanId);
});
