import { messageOf } from "./errors.ts";
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

/** Which call of several a span shows. Absent if unknown. */
export interface CallPlace {
  /** Page of a listing, counted from 1 where this run began with it. */
  readonly page?: number | undefined;
  /** How often the call was made with this one, from 1. */
  readonly attempt?: number | undefined;
}

const PAGE = "baton.page";
const ATTEMPT = "baton.attempt";

const places = new WeakMap<AbortSignal, CallPlace>();

/** Makes known which call of several is made with this signal, which is that call's own. */
export function announcePlace(signal: AbortSignal, place: CallPlace): AbortSignal {
  places.set(signal, place);
  return signal;
}

/** What is known of the place of the call that is made with this signal. */
export function placeOf(signal: AbortSignal): CallPlace {
  return places.get(signal) ?? {};
}

/** A place as spans show it. */
export function placeAttributes({ page, attempt }: CallPlace): SpanAttributes {
  return {
    ...(page === undefined ? {} : { [PAGE]: page }),
    ...(attempt === undefined ? {} : { [ATTEMPT]: attempt }),
  };
}

/** A place as headers of a call, for the spans of the other side. */
export function placeHeaders(place: CallPlace): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(placeAttributes(place)).map(([name, value]) => [toHeader(name), String(value)]),
  );
}

/** The place that the headers of a call tell; anything but small numbers is left out. */
export function readPlace(findHeader: FindHeader): CallPlace {
  const read = (name: string): number | undefined => {
    const text = findHeader(toHeader(name));
    return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  return { page: read(PAGE), attempt: read(ATTEMPT) };
}

function toHeader(attribute: string): string {
  return attribute.replace(".", "-");
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
    span?.end(messageOf(error));
    throw error;
  }
}

/** Runs `work` as a part of a span, which is given to it; without one, traces are not collected. */
export async function inSpan<T>(
  parent: Span | undefined,
  name: string,
  work: (part: Span | undefined) => T | Promise<T>,
): Promise<T> {
  const part = parent?.startChild(name);
  return await endWith(part, (async () => await work(part))());
}
