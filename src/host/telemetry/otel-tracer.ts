import {
  type Context,
  type Span as OtelSpan,
  type Tracer as OtelTracerApi,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import type { Redactor } from "#kernel/secret.ts";
import type { FindHeader, Span, SpanAttributes, SpanStart, Tracer } from "#kernel/trace.ts";

const KINDS = { internal: SpanKind.INTERNAL, client: SpanKind.CLIENT, server: SpanKind.SERVER };

const propagator = new W3CTraceContextPropagator();

/** What all spans of a tracer have in common. */
interface Maker {
  readonly tracer: OtelTracerApi;
  readonly redactor: Redactor;
}

/** Spans made by the OpenTelemetry SDK, free of known secrets. */
export class OtelTracer implements Tracer {
  readonly #maker: Maker;

  constructor(tracer: OtelTracerApi, redactor: Redactor) {
    this.#maker = { tracer, redactor };
  }

  start(name: string, start?: SpanStart, headers?: FindHeader): Span {
    const parent =
      headers === undefined
        ? ROOT_CONTEXT
        : propagator.extract(ROOT_CONTEXT, headers, { get: (find, header) => find(header), keys: () => [] });
    return startSpan(this.#maker, name, start, parent);
  }
}

function startSpan(maker: Maker, name: string, { kind, attributes }: SpanStart = {}, parent: Context): Span {
  const span = maker.tracer.startSpan(
    name,
    { kind: KINDS[kind ?? "internal"], attributes: redact(maker, attributes ?? {}) },
    parent,
  );
  return new SdkSpan(maker, span, trace.setSpan(parent, span));
}

class SdkSpan implements Span {
  readonly #maker: Maker;
  readonly #span: OtelSpan;
  readonly #context: Context;

  constructor(maker: Maker, span: OtelSpan, context: Context) {
    this.#maker = maker;
    this.#span = span;
    this.#context = context;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get spanId(): string {
    return this.#span.spanContext().spanId;
  }

  startChild(name: string, start?: SpanStart): Span {
    return startSpan(this.#maker, name, start, this.#context);
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(redact(this.#maker, attributes));
  }

  end(failure?: string): void {
    if (failure !== undefined) {
      const message = this.#maker.redactor.redact(failure);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    this.#span.end();
  }

  toHeaders(): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    propagator.inject(this.#context, headers, {
      set: (carrier, name, value) => {
        carrier[name] = value;
      },
    });
    return headers;
  }
}

function redact({ redactor }: Maker, attributes: SpanAttributes): SpanAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "string" ? redactor.redact(value) : value,
    ]),
  );
}
