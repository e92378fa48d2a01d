/**
 * The one way from a call to a handler and back, whatever transport brings it. A handler is an async function of
 * a request and a {@link CallContext}; here its request is decoded and checked, its signal tied to the call, and
 * here every promise and every error of it ends. Nothing that a handler does can leave a call without a response.
 */

import { type EventEmitter, once } from "node:events";
import type { Clock } from "#kernel/clock.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Metrics } from "#kernel/metrics.ts";
import { PATIENCE_HEADER, readPatience, usablePatience } from "#kernel/patience.ts";
import type { Redactor } from "#kernel/secret.ts";
import {
  type FindHeader,
  placeAttributes,
  readPlace,
  type Span,
  type Tracer,
  traceFields,
} from "#kernel/trace.ts";
import { endsWithin } from "#kernel/waiting.ts";
import { decodeLean } from "#model/lean-decode.ts";
import { requestAttributes } from "#model/request-facts.ts";
import { toWireStatus, type WireStatus } from "#model/status.ts";
import { logCall } from "./access-log.ts";
import { classifyFailure } from "./call-errors.ts";
import type { CallTracker } from "./call-tracker.ts";
import { requestTypeOf } from "./request-type.ts";
import { validateRequest } from "./validate-request.ts";

/**
 * Largest response. A receiver refuses messages above 4 MiB (the default of gRPC, which the Go host keeps), and
 * a row that came in a response goes back as a slightly larger request; hence the slack of 64 KiB.
 */
export const MAX_RESPONSE_BYTES = 4 * 1024 * 1024 - 64 * 1024;

/** How long a caller may leave a stream unread; somebody may be looking at it in a pager. */
const UNREAD_MS = 5 * 60_000;

/** What all calls of a server have in common. */
export interface CallEnvironment {
  readonly log: Logger;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly tracker: CallTracker;
  /** How many fields a request may have, see `decodeLean`; any number if absent. */
  readonly maxRequestFields?: number | undefined;
  /** Shows each call in the trace of its caller. */
  readonly tracer?: Tracer | undefined;
  /** Where handlers count. */
  readonly metrics?: Metrics | undefined;
  /** Whether the host shows each failure to the reader of the log, see {@link logCall}. */
  readonly hostTellsFailures?: boolean | undefined;
  /** Facts that go with each response, successful or not, as trailing metadata; hosts that do not know them ignore them. */
  readonly trailers?: () => Trailers;
}

/** A method as generated code describes it. */
interface Method<Request, Response> {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (response: Response) => Buffer;
}

/** Facts beside a response, by lower-case name. */
export type Trailers = Readonly<Record<string, string>>;

/** A call as its transport hands it over. */
export interface IncomingCall {
  readonly request: Buffer;
  /** Who calls, for the access log. */
  readonly peer: string;
  /** Whom the caller's certificate names, for the access log; absent if it is of no interest. */
  readonly subject?: string | undefined;
  /** Epoch milliseconds; undefined if the caller set none. */
  readonly deadline: number | undefined;
  readonly findHeader: FindHeader;
  /** Calls back, at once or later, when nobody waits for the response any more; may also do so after the end. */
  onCancelled(listener: () => void): void;
}

/** How a call ends well. */
export interface Answer {
  readonly bytes: Buffer;
  readonly trailers: Trailers;
}

/** Where the messages of a streamed response go: like a stream's, `write` tells whether to wait for `drain`. */
export interface MessageSink extends EventEmitter {
  write(bytes: Buffer): boolean;
}

/** Answers one call; a failure is returned as well. Never rejects. */
export type UnaryHandler = (call: IncomingCall) => Promise<Answer | WireStatus>;

/** As {@link UnaryHandler}, with any number of messages before the end. */
export type StreamHandler = (call: IncomingCall, sink: MessageSink) => Promise<Trailers | WireStatus>;

/** A method with its handler, ready to be served. Messages travel as bytes. */
export type Endpoint =
  | {
      readonly kind: "unary";
      readonly path: string;
      readonly bind: (environment: CallEnvironment) => UnaryHandler;
    }
  | {
      readonly kind: "stream";
      readonly path: string;
      readonly bind: (environment: CallEnvironment) => StreamHandler;
    };

/** What is wrong with a decoded request, or undefined. */
export type RequestCheck<Request> = (request: Request) => BatonError | undefined;

/** Serves a method that responds once. A method outside the connector contract brings its own check. */
export function unary<Request extends object, Response>(
  method: Method<Request, Response>,
  handle: (request: Request, ctx: CallContext) => Promise<Response>,
  check: RequestCheck<Request> = contractCheck(method.path),
): Endpoint {
  return {
    kind: "unary",
    path: method.path,
    bind: (environment) => async (call) => {
      const scope = new CallScope("unary", method.path, call, environment);
      try {
        const request = readRequest(method, check, call.request, environment);
        scope.describe(request);
        const bytes = encodeResponse(method, await handle(request, scope.context));
        return { bytes, trailers: scope.succeed() };
      } catch (thrown) {
        return scope.fail(thrown);
      }
    },
  };
}

/** Serves a method that responds with a stream; the handler is asked for no more than the caller reads. */
export function serverStream<Request extends object, Response>(
  method: Method<Request, Response>,
  handle: (request: Request, ctx: CallContext) => AsyncIterable<Response>,
  check: RequestCheck<Request> = contractCheck(method.path),
): Endpoint {
  return {
    kind: "stream",
    path: method.path,
    bind: (environment) => async (call, sink) => {
      const scope = new CallScope("stream", method.path, call, environment);
      try {
        const request = readRequest(method, check, call.request, environment);
        scope.describe(request);
        const { signal } = scope.context;
        for await (const response of handle(request, scope.context)) {
          signal.throwIfAborted();
          if (!sink.write(encodeResponse(method, response))) await untilRead(sink, scope.context);
        }
        return scope.succeed();
      } catch (thrown) {
        return scope.fail(thrown);
      }
    },
  };
}

/** Waits for the caller to read on. One that does not for long is given up, with what is held for it. */
async function untilRead(sink: EventEmitter, { signal, clock }: CallContext): Promise<void> {
  const over = new AbortController();
  const drained = once(sink, "drain", { signal: over.signal });
  try {
    if (await endsWithin(drained, UNREAD_MS, clock, signal)) return;
  } finally {
    over.abort();
  }
  throw new BatonError(
    Code.DeadlineExceeded,
    `the caller has not read anything for ${UNREAD_MS / 60_000} minutes`,
  );
}

/** One call from its arrival to its line in the access log. */
class CallScope {
  readonly context: CallContext;
  readonly #environment: CallEnvironment;
  readonly #controller: AbortController;
  readonly #kind: "unary" | "stream";
  readonly #path: string;
  readonly #peer: string;
  readonly #subject: string | undefined;
  readonly #deadline: number | undefined;
  readonly #startedAt: number;
  readonly #started: number;
  readonly #span: Span | undefined;
  #ended = false;

  constructor(kind: "unary" | "stream", path: string, call: IncomingCall, environment: CallEnvironment) {
    this.#environment = environment;
    this.#kind = kind;
    this.#path = path;
    this.#peer = call.peer;
    this.#subject = call.subject;
    this.#deadline = call.deadline;
    this.#startedAt = environment.clock.now();
    this.#started = environment.clock.monotonic();
    this.#controller = environment.tracker.open();
    const [, service = "", method = ""] = path.split("/");
    this.#span = startSpan(environment.tracer, service, method, call.findHeader);
    // Go connectors name the spans of their handlers like this.
    const span = this.#span?.startChild(`builder.${method}`, {
      attributes: placeAttributes(readPlace(call.findHeader)),
    });
    this.context = {
      signal: this.#controller.signal,
      log: environment.log.with({
        "grpc.service": service,
        "grpc.method": method,
        // Who gave or took a seat is worth more than the line of a call that went well, which few people see.
        ...(call.subject === undefined ? {} : { "peer.subject": call.subject }),
        ...traceFields(span),
      }),
      clock: environment.clock,
      span,
      metrics: environment.metrics,
      deadline: this.#patienceEnd(call),
    };
    call.onCancelled(() => this.#cancel());
  }

  /** Has the trace say what the call is about. */
  describe(request: object): void {
    if (this.#span === undefined) return;
    const attributes = requestAttributes(request);
    this.#span.set(attributes);
    this.context.span?.set(attributes);
  }

  /** Until when the caller wants a response: it says so itself, as our host does, or its deadline does. */
  #patienceEnd({ findHeader, deadline }: IncomingCall): number | undefined {
    const ends = [readPatience(findHeader(PATIENCE_HEADER)), deadline].filter((end) => end !== undefined);
    if (ends.length === 0) return undefined;
    return this.#started + usablePatience(Math.max(0, Math.min(...ends) - this.#startedAt));
  }

  /** Ends the call successfully and sends what goes with its response. */
  succeed(): Trailers {
    this.#end(undefined);
    return this.#environment.trailers?.() ?? {};
  }

  /** Ends the call with whatever was thrown and gives the form of it that is sent. */
  fail(thrown: unknown): WireStatus {
    const error = classifyFailure(thrown, this.context.signal);
    if (error.code === Code.Internal && error !== thrown) {
      const stack = thrown instanceof Error ? thrown.stack : undefined;
      this.context.log.error("a handler failed unexpectedly", { error: thrown, stack });
    }
    const status = toWireStatus(error, (text) => this.#environment.redactor.redact(text));
    this.#end(status);
    const trailers = this.#environment.trailers?.();
    return trailers === undefined ? status : { ...status, trailers };
  }

  #end(failure: WireStatus | undefined): void {
    this.#ended = true;
    this.#environment.tracker.close(this.#controller);
    const code = failure?.code ?? Code.Ok;
    this.context.span?.end(failure?.message);
    this.#span?.set({ "rpc.grpc.status_code": code });
    this.#span?.end(failure?.message);
    const { clock, log, hostTellsFailures } = this.#environment;
    const call = {
      kind: this.#kind,
      path: this.#path,
      code,
      span: this.#span,
      startedAt: this.#startedAt,
      deadline: this.#deadline,
      durationMs: clock.monotonic() - this.#started,
      peer: this.#peer,
      subject: this.#subject,
      ...(failure === undefined ? {} : { error: failure.message }),
    };
    logCall(log, call, hostTellsFailures);
  }

  #cancel(): void {
    if (this.#ended) return;
    const expired = this.#deadline !== undefined && this.#deadline <= this.#environment.clock.now();
    this.#controller.abort(
      expired
        ? new BatonError(Code.DeadlineExceeded, "the caller's deadline passed")
        : new BatonError(Code.Canceled, "the caller canceled the call"),
    );
  }
}

function startSpan(
  tracer: Tracer | undefined,
  service: string,
  method: string,
  findHeader: FindHeader,
): Span | undefined {
  const attributes = {
    "rpc.system": "grpc",
    "rpc.service": service,
    "rpc.method": method,
    ...placeAttributes(readPlace(findHeader)),
  };
  return tracer?.start(`${service}/${method}`, { kind: "server", attributes }, findHeader);
}

/** The rules that the contract has for the requests of a method. */
function contractCheck(path: string): RequestCheck<object> {
  const typeName = requestTypeOf(path);
  return (request) => validateRequest(typeName, request);
}

/** The decoded request, if it keeps the rules. */
function readRequest<Request extends object>(
  { requestDeserialize }: Pick<Method<Request, never>, "requestDeserialize">,
  check: RequestCheck<Request>,
  bytes: Buffer,
  { maxRequestFields }: CallEnvironment,
): Request {
  const request = decode(requestDeserialize, bytes, maxRequestFields);
  const problem = check(request);
  if (problem !== undefined) throw problem;
  return request;
}

function decode<Request extends object>(
  deserialize: (bytes: Buffer) => Request,
  bytes: Buffer,
  maxFields: number | undefined,
): Request {
  try {
    return decodeLean(deserialize, bytes, maxFields);
  } catch (error) {
    if (error instanceof BatonError) throw error;
    throw new BatonError(Code.Internal, "the request is not a valid message for this method", {
      cause: error,
    });
  }
}

function encodeResponse<Response>(
  method: Pick<Method<never, Response>, "path" | "responseSerialize">,
  response: Response,
): Buffer {
  const bytes = method.responseSerialize(response);
  if (bytes.length <= MAX_RESPONSE_BYTES) return bytes;
  throw new BatonError(
    Code.ResourceExhausted,
    `the response of ${method.path} has ${bytes.length} bytes, but at most ${MAX_RESPONSE_BYTES} can be received: ` +
      "the connector must return smaller pages",
    { kind: "internal" },
  );
}
