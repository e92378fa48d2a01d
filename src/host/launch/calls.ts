import { BatonError, Code } from "#kernel/errors.ts";
import { patienceHeaders } from "#kernel/patience.ts";
import { endWith, placeAttributes, placeHeaders, placeOf, type Span } from "#kernel/trace.ts";
import { requestAttributes } from "#model/request-facts.ts";

/** A call as every layer above makes it: one request, one response, cancelled through the signal. */
export type UnaryCall<Request, Response> = (request: Request, signal: AbortSignal) => Promise<Response>;

/** What a call needs of a method's description. */
export interface Method<Request, Response> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** Makes functions of methods. */
export interface UnaryCaller {
  /** The method as an async function. Its errors are {@link BatonError}s with the connector's code. */
  unary<Request extends object, Response>(method: Method<Request, Response>): UnaryCall<Request, Response>;
}

/** Starts one call over some transport. The headers let the peer continue a trace, and say how long the response is waited for. */
export type StartCall = <Request extends object, Response>(
  method: Method<Request, Response>,
  request: Request,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Response>;

/** The transport as a caller; with a span, each call is shown in its trace as a part of it. */
export function createCaller(start: StartCall, span?: Span): UnaryCaller {
  if (span === undefined)
    return {
      unary: (method) => (request, signal) => start(method, request, patienceHeaders(signal), signal),
    };
  return {
    unary: (method) => (request, signal) => {
      const [, service = "", name = ""] = method.path.split("/");
      const place = placeOf(signal);
      const attributes = {
        "rpc.system": "grpc",
        "rpc.service": service,
        "rpc.method": name,
        ...requestAttributes(request),
        ...placeAttributes(place),
      };
      const call = span.startChild(`${service}/${name}`, { kind: "client", attributes });
      const headers = { ...call.toHeaders(), ...placeHeaders(place), ...patienceHeaders(signal) };
      return endWith(call, start(method, request, headers, signal));
    },
  };
}

type Reject = (reason: BatonError) => void;

/** The calls under way on a connection, so that all of them end when it does. */
export class PendingCalls {
  readonly #pending = new Set<Reject>();
  #failure: BatonError | undefined;

  /** Why the connection is of no use any more; undefined while it is. */
  get failure(): BatonError | undefined {
    return this.#failure;
  }

  /** Ends every call in flight and every later one with `reason`. Returns whether this was the first end. */
  fail(reason: BatonError): boolean {
    if (this.#failure !== undefined) return false;
    this.#failure = reason;
    for (const reject of this.#pending) reject(reason);
    return true;
  }

  /** Runs `start`, which returns how to cancel it, until it settles, the signal aborts or {@link fail} is called. */
  async run<T>(
    signal: AbortSignal,
    start: (resolve: (value: T) => void, reject: Reject) => () => void,
  ): Promise<T> {
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    this.#pending.add(reject);
    const cancel = start(resolve, reject);
    try {
      return await promise;
    } catch (error) {
      cancel();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
      this.#pending.delete(reject);
    }
  }
}

/** The end that the host itself has brought about. */
export function connectionClosed(): BatonError {
  return new BatonError(Code.Canceled, "the connection to the connector was closed");
}

/**
 * The error for a connector that ended without being asked to. Its exit code is a gRPC code, which is passed on.
 *
 * @param reason why, unless it has explained itself on standard error
 */
export function endedByItself(who: string, exitCode: number, reason?: string): BatonError {
  const passedOn = Object.values(Code).find((known) => known === exitCode && known > Code.Canceled);
  const why = reason ?? "see the log lines above";
  return new BatonError(
    passedOn ?? Code.Internal,
    `${who} exited unexpectedly with code ${exitCode}; ${why}`,
  );
}
