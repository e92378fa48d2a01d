import type { LogFields } from "./logger.ts";

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  /** Which side of a call the work is; `internal` if not given. */
  readonly kind?: "internal" | "client" | "server";
  readonly attributes?: SpanAttributes;
}

/** Finds a header by its name in what came with a call. */
export type FindHeader = (name: string) => string | undefined;

/**
 * Work that a trace shows, with its beginning and its end. The implementation lives in `telemetry` and is
 * there only when traces are collected: elsewhere there is no span at all, which costs nothing.
 */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Begins a part of this work. */
  startChild(name: string, start?: SpanStart): Span;
  set(attributes: SpanAttributes): void;
  /** Ends the work, with the reason if it failed. */
  end(failure?: string): void;
  /** Headers by which another process continues the trace below this span (W3C Trace Context). */
  toHeaders(): Readonly<Record<string, string>>;
}

export interface Tracer {
  /** Begins work, below the span that the headers of a call name if they name one. */
  start(name: string, start?: SpanStart, headers?: FindHeader): Span;
}

/** Fields by which a log line and a span are found from each other. */
export function traceFields(span: Span | undefined): LogFields {
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

/** Ends the span with the work, in the same way. */
export async function endWith<T>(span: Span | undefined, work: Promise<T>): Promise<T> {
  try {
    const result = await work;
    span?.end();
    return result;
  } catch (error) {
    span?.end(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
