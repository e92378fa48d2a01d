import { setTimeout as delay } from "node:timers/promises";
import { Client, Metadata, type MethodDefinition } from "@grpc/grpc-js";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { endWith, type Span } from "#kernel/trace.ts";
import type { Credential } from "#server/server-config.ts";
import { createClientTls } from "#server/tls.ts";
import { fromServiceError } from "./call-error.ts";

/** A call as every layer above makes it: one request, one response, cancelled through the signal. */
export type UnaryCall<Request, Response> = (request: Request, signal: AbortSignal) => Promise<Response>;

/** Makes functions of methods. */
export interface UnaryCaller {
  /** The method as an async function. Its errors are {@link BatonError}s with the connector's code. */
  unary<Request, Response>(method: Method<Request, Response>): UnaryCall<Request, Response>;
}

/** With each answer our own connector process says how many requests it has sent upstream so far. */
const REQUESTS_TRAILER = "baton-upstream-requests";

/** Between a broken connection and the news of the process's end lie a few milliseconds. */
const EXIT_NEWS_MS = 250;

const CHANNEL_OPTIONS = {
  // The syncer retries, with the announced waits; a second layer below it would only multiply them.
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_channelz": 0,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 1_000,
  // Requests carry stored resources back and may be a little larger than the page they came in.
  "grpc.max_send_message_length": -1,
  // The connector can send a whole answer, at most 4 MiB, while this side is busy storing the one before.
  "grpc-node.flow_control_window": 8 * 1024 * 1024,
} as const;

/** What a call needs of a method's description. */
type Method<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  "path" | "requestSerialize" | "responseDeserialize"
>;

type Reject = (reason: BatonError) => void;

/**
 * The host's connection to one connector process, over mutual TLS on loopback.
 *
 * The Go host surrounds each call with two calls to the connector's rate limiter. This one does not: it
 * never configures a limiter, and without a configuration a connector's limiter answers that there is no
 * limit. Answers are limited to 4 MiB as in the Go host (the default of gRPC), so that a page which only
 * this host could read does not go unnoticed.
 */
export class ConnectorChannel implements UnaryCaller {
  readonly #client: Client;
  readonly #pending = new Set<Reject>();
  #failure: BatonError | undefined;
  #upstreamRequests: number | undefined;

  constructor(port: number, credential: Credential) {
    const { credentials, options } = createClientTls(credential);
    this.#client = new Client(`127.0.0.1:${port}`, credentials, { ...CHANNEL_OPTIONS, ...options });
  }

  /** Resolves once the connection stands, however long that takes: give up through the signal. */
  ready(signal: AbortSignal): Promise<void> {
    return this.#run(signal, (resolve, reject) => {
      this.#client.waitForReady(Number.POSITIVE_INFINITY, (error) => {
        if (error === undefined) resolve();
        else reject(toBatonError(error));
      });
      return () => undefined;
    });
  }

  unary<Request, Response>(method: Method<Request, Response>): UnaryCall<Request, Response> {
    return (request, signal) => this.#call(method, request, new Metadata(), signal);
  }

  /** The same connection, with each call shown in a trace as a part of `span`. */
  within(span: Span): UnaryCaller {
    return {
      unary: (method) => (request, signal) => {
        const [, service = "", name = ""] = method.path.split("/");
        const attributes = { "rpc.system": "grpc", "rpc.service": service, "rpc.method": name };
        const call = span.startChild(`${service}/${name}`, { kind: "client", attributes });
        const metadata = Metadata.fromHttp2Headers(call.toHeaders());
        return endWith(call, this.#call(method, request, metadata, signal));
      },
    };
  }

  /** Requests that the connector has sent upstream since its start, as far as it has told. */
  get upstreamRequests(): number | undefined {
    return this.#upstreamRequests;
  }

  /** Ends every call in flight and every later one with `reason`: the other side is gone for good. */
  fail(reason: BatonError): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    for (const reject of this.#pending) reject(reason);
    this.#client.close();
  }

  close(): void {
    this.fail(new BatonError(Code.Canceled, "the connection to the connector was closed"));
  }

  #call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    metadata: Metadata,
    signal: AbortSignal,
  ): Promise<Response> {
    return this.#run(signal, (resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        (error, response) => {
          if (error !== null) this.#explain(fromServiceError(error)).then(reject, reject);
          else if (response === undefined)
            reject(new BatonError(Code.Internal, `${method.path} answered nothing`));
          else resolve(response);
        },
      );
      call.on("status", ({ metadata }) => {
        const [requests] = metadata.get(REQUESTS_TRAILER);
        if (requests !== undefined) this.#upstreamRequests = Number(requests);
      });
      return () => call.cancel();
    });
  }

  /** A broken connection mostly means a dead process, and the reason of its end is then the better answer. */
  async #explain(error: BatonError): Promise<BatonError> {
    const mayBeBroken = error.code === Code.Unavailable || error.code === Code.Internal;
    if (mayBeBroken && error.rateLimit === undefined && this.#failure === undefined)
      await delay(EXIT_NEWS_MS);
    return this.#failure ?? error;
  }

  /** Runs `start`, which returns how to cancel it, until it settles, the signal aborts or {@link fail} is called. */
  async #run<T>(
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
