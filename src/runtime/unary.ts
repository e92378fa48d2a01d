/**
 * The one way from a gRPC call to a handler and back. A handler is an async function of a request and a
 * {@link CallContext}; here its request is decoded and checked, its signal tied to the call, and here every
 * promise and every error of it ends. Nothing that a handler does can leave a call without an answer.
 */

import { type EventEmitter, once } from "node:events";
import type { handleServerStreamingCall, handleUnaryCall, Metadata } from "@grpc/grpc-js";
import type { Clock } from "#kernel/clock.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Redactor } from "#kernel/secret.ts";
import { type Span, type Tracer, traceFields } from "#kernel/trace.ts";
import { logCall } from "./access-log.ts";
import type { CallTracker } from "./call-tracker.ts";
import { requestTypeOf } from "./request-type.ts";
import { classifyFailure, toWireStatus } from "./status.ts";
import { validateRequest } from "./validate-request.ts";

/**
 * Largest answer. A receiver refuses messages above 4 MiB (the default of gRPC, which the Go host keeps), and
 * a row that came in an answer goes back as a slightly larger request; hence the slack of 64 KiB.
 */
export const MAX_RESPONSE_BYTES = 4 * 1024 * 1024 - 64 * 1024;

/** How long a caller may leave a stream unread; somebody may be looking at it in a pager. */
const UNREAD_MS = 5 * 60_000;

const STATUS_DETAILS_KEY = "grpc-status-details-bin";

/** What all calls of a server have in common. */
export interface CallEnvironment {
  readonly log: Logger;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly tracker: CallTracker;
  readonly createMetadata: () => Metadata;
  /** Shows each call in the trace of its caller. */
  readonly tracer?: Tracer | undefined;
  /** Facts that go with each successful answer as trailing metadata; hosts that do not know them ignore them. */
  readonly trailers?: () => Readonly<Record<string, string>>;
}

/** A method as generated code describes it. */
interface Method<Request, Response> {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (response: Response) => Buffer;
}

/** A method with its handler, ready to be registered with a server. Messages travel as bytes. */
export type Endpoint =
  | {
      readonly kind: "unary";
      readonly path: string;
      readonly bind: (environment: CallEnvironment) => handleUnaryCall<Buffer, Buffer>;
    }
  | {
      readonly kind: "stream";
      readonly path: string;
      readonly bind: (environment: CallEnvironment) => handleServerStreamingCall<Buffer, Buffer>;
    };

/** What is wrong with a decoded request, or undefined. */
export type RequestCheck<Request> = (request: Request) => BatonError | undefined;

/** Serves a method that answers once. A method outside the connector contract brings its own check. */
export function unary<Request extends object, Response>(
  method: Method<Request, Response>,
  handle: (request: Request, ctx: CallContext) => Promise<Response>,
  check: RequestCheck<Request> = contractCheck(method.path),
): Endpoint {
  return {
    kind: "unary",
    path: method.path,
    bind: (environment) => (call, respond) => {
      const scope = new CallScope("unary", method.path, call, environment);
      const answer = async (): Promise<Buffer> => {
        const request = readRequest(method, check, call.request);
        return handle(request, scope.context).then((response) => encodeResponse(method, response));
      };
      answer()
        .then(
          (bytes) => {
            scope.end(undefined);
            respond(null, bytes, scope.trailers());
          },
          (thrown: unknown) => respond(scope.fail(thrown)),
        )
        .catch((error: unknown) => scope.reportUnsent(error));
    },
  };
}

/** Serves a method that answers with a stream; the handler is asked for no more than the caller reads. */
export function serverStream<Request extends object, Response>(
  method: Method<Request, Response>,
  handle: (request: Request, ctx: CallContext) => AsyncIterable<Response>,
  check: RequestCheck<Request> = contractCheck(method.path),
): Endpoint {
  return {
    kind: "stream",
    path: method.path,
    bind: (environment) => (call) => {
      const scope = new CallScope("stream", method.path, call, environment);
      const answer = async (): Promise<void> => {
        const request = readRequest(method, check, call.request);
        const { signal } = scope.context;
        for await (const response of handle(request, scope.context)) {
          signal.throwIfAborted();
          if (!call.write(encodeResponse(method, response))) await untilRead(call, scope.context);
        }
      };
      answer()
        .then(
          () => {
            scope.end(undefined);
            call.end(scope.trailers());
          },
          (thrown: unknown) => call.emit("error", scope.fail(thrown)),
        )
        .catch((error: unknown) => scope.reportUnsent(error));
    },
  };
}

/** Waits for the caller to read on. One that does not for long is given up, with what is held for it. */
async function untilRead(call: EventEmitter, { signal, clock }: CallContext): Promise<void> {
  const over = new AbortController();
  const waiting = { signal: AbortSignal.any([signal, over.signal]) };
  const expired = clock.sleep(UNREAD_MS, waiting.signal).then(() => {
    throw new BatonError(
      Code.DeadlineExceeded,
      `the caller has read nothing for ${UNREAD_MS / 60_000} minutes`,
    );
  });
  try {
    await Promise.race([once(call, "drain", waiting), expired]);
  } finally {
    over.abort();
  }
}

/** What the calls of all kinds have in common. */
interface ServerCall {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
  on(event: "cancelled", listener: () => void): unknown;
}

/** One call from its arrival to its line in the access log. */
class CallScope {
  readonly context: CallContext;
  readonly #environment: CallEnvironment;
  readonly #controller: AbortController;
  readonly #kind: "unary" | "stream";
  readonly #path: string;
  readonly #peer: string;
  readonly #deadline: number | undefined;
  readonly #startedAt: number;
  readonly #started: number;
  readonly #span: Span | undefined;
  #ended = false;

  constructor(kind: "unary" | "stream", path: string, call: ServerCall, environment: CallEnvironment) {
    this.#environment = environment;
    this.#kind = kind;
    this.#path = path;
    this.#peer = call.getPeer();
    this.#deadline = epochMs(call.getDeadline());
    this.#startedAt = environment.clock.now();
    this.#started = environment.clock.monotonic();
    this.#controller = environment.tracker.open();
    const [, service = "", method = ""] = path.split("/");
    this.#span = startSpan(environment.tracer, service, method, call.metadata);
    // Go connectors name the spans of their handlers like this.
    const span = this.#span?.startChild(`builder.${method}`);
    this.context = {
      signal: this.#controller.signal,
      log: environment.log.with({ "grpc.service": service, "grpc.method": method, ...traceFields(span) }),
      clock: environment.clock,
      span,
    };
    // gRPC emits the same event when the caller cancels, when the deadline passes and after a normal end.
    call.on("cancelled", () => this.#cancel());
    if (call.cancelled) this.#cancel();
  }

  /** Trailing metadata of a successful answer. */
  trailers(): Metadata {
    const metadata = this.#environment.createMetadata();
    for (const [key, value] of Object.entries(this.#environment.trailers?.() ?? {})) metadata.set(key, value);
    return metadata;
  }

  /** Ends the call with whatever was thrown and gives the form of it that gRPC sends. */
  fail(thrown: unknown): { code: number; details: string; metadata: Metadata } {
    const error = classifyFailure(thrown, this.context.signal);
    if (error.code === Code.Internal && error !== thrown) {
      const stack = thrown instanceof Error ? thrown.stack : undefined;
      this.context.log.error("a handler failed unexpectedly", { error: thrown, stack });
    }
    const status = toWireStatus(error, (text) => this.#environment.redactor.redact(text));
    this.end({ code: status.code, message: status.message });
    const metadata = this.#environment.createMetadata();
    if (status.details !== undefined) metadata.set(STATUS_DETAILS_KEY, status.details);
    return { code: status.code, details: status.message, metadata };
  }

  end(failure: { readonly code: number; readonly message: string } | undefined): void {
    this.#ended = true;
    this.#environment.tracker.close(this.#controller);
    const code = failure?.code ?? Code.Ok;
    this.context.span?.end(failure?.message);
    this.#span?.set({ "rpc.grpc.status_code": code });
    this.#span?.end(failure?.message);
    logCall(this.#environment.log, {
      kind: this.#kind,
      path: this.#path,
      code,
      span: this.#span,
      startedAt: this.#startedAt,
      deadline: this.#deadline,
      durationMs: this.#environment.clock.monotonic() - this.#started,
      peer: this.#peer,
      ...(failure === undefined ? {} : { error: failure.message }),
    });
  }

  reportUnsent(error: unknown): void {
    this.context.log.error("an answer could not be sent", { error });
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
  metadata: Metadata,
): Span | undefined {
  const attributes = { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method };
  return tracer?.start(`${service}/${method}`, { kind: "server", attributes }, (name) => {
    const [value] = metadata.get(name);
    return typeof value === "string" ? value : undefined;
  });
}

function epochMs(deadline: Date | number): number | undefined {
  const value = Number(deadline);
  return Number.isFinite(value) ? value : undefined;
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
): Request {
  const request = decode(requestDeserialize, bytes);
  const problem = check(request);
  if (problem !== undefined) throw problem;
  return request;
}

function decode<Request>(deserialize: (bytes: Buffer) => Request, bytes: Buffer): Request {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw new BatonError(Code.Internal, "the request is not the message that the method takes", {
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
    `the answer of ${method.path} has ${bytes.length} bytes, at most ${MAX_RESPONSE_BYTES} can be received: ` +
      "the connector has to return smaller pages",
    { kind: "internal" },
  );
}
