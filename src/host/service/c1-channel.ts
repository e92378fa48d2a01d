import type { EventEmitter } from "node:events";
import { createSecureContext } from "node:tls";
import {
  ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientWritableStream,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { fromServiceError } from "#launch/service-error.ts";
import { SDK_VERSION } from "#model/sdk-version.ts";
import type { ChannelRoute } from "./c1-route.ts";
import type { AccessToken, C1Tokens } from "./c1-tokens.ts";

export interface C1ChannelOptions {
  /** `host:port`, for messages. */
  readonly address: string;
  readonly route: ChannelRoute;
  /** Certificate authorities to trust, PEM; those of Node if undefined. */
  readonly authorities: readonly string[] | undefined;
  /** Comes first in the user agent. */
  readonly clientName: string;
  readonly tokens: C1Tokens;
}

const CHANNEL_OPTIONS: ChannelOptions = {
  // Every caller here has a back-off of its own.
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_channelz": 0,
  "grpc.initial_reconnect_backoff_ms": 500,
  "grpc.max_reconnect_backoff_ms": 5_000,
  "grpc.max_send_message_length": -1,
  // A request without a deadline must notice that the other side is gone. Servers take more frequent pings
  // than one in five minutes for abuse.
  "grpc.keepalive_time_ms": 300_000,
  "grpc.keepalive_timeout_ms": 20_000,
};

/** TLS with checks, whatever `NODE_TLS_REJECT_UNAUTHORIZED`, `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` and others say. */
function createCredentials(authorities: readonly string[] | undefined): ChannelCredentials {
  const context = createSecureContext(authorities === undefined ? {} : { ca: [...authorities] });
  return ChannelCredentials.createFromSecureContext(context, { rejectUnauthorized: true });
}

/** Starts a call, which can be canceled through what is returned. */
type Send<Response> = (
  metadata: Metadata,
  done: (error: Error | null, response?: Response) => void,
) => { cancel(): void };

/**
 * The connection to C1: always TLS, always with an access token. One connection serves all calls. Errors are
 * {@link BatonError}s that say which call failed and where.
 */
export class C1Channel {
  readonly #client: Client;
  readonly #address: string;
  readonly #tokens: C1Tokens;
  /** Whether C1 has taken any token of ours: one that it refuses has then ended early, and a new one may do. */
  #accepted = false;

  constructor({ address, route, authorities, clientName, tokens }: C1ChannelOptions) {
    this.#client = new Client(route.target, createCredentials(authorities), {
      ...CHANNEL_OPTIONS,
      ...route.options,
      "grpc.primary_user_agent": `${clientName} baton-sdk/${SDK_VERSION}`,
    });
    this.#address = address;
    this.#tokens = tokens;
  }

  /** Makes one call with one response. */
  unary<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    signal: AbortSignal,
  ): Promise<Response> {
    const { path, requestSerialize, responseDeserialize } = method;
    return this.#call<Response>(method, signal, (metadata, done) =>
      this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, done),
    );
  }

  /** Sends a stream of messages, no faster than they are taken, and gets one response, which may come early. */
  stream<Request, Response>(
    method: MethodDefinition<Request, Response>,
    requests: () => AsyncIterable<Request>,
    signal: AbortSignal,
  ): Promise<Response> {
    const { path, requestSerialize, responseDeserialize } = method;
    return this.#call<Response>(method, signal, (metadata, done) => {
      const answered = new AbortController();
      let failure: BatonError | undefined;
      const stream = this.#client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        metadata,
        (error, response) => {
          answered.abort();
          done(failure ?? error, response);
        },
      );
      pump(requests(), stream, answered.signal).catch((error: unknown) => {
        failure = toBatonError(error);
        stream.cancel();
      });
      return stream;
    });
  }

  close(): void {
    this.#client.close();
  }

  async #call<Response>(
    method: { readonly path: string },
    signal: AbortSignal,
    send: Send<Response>,
  ): Promise<Response> {
    try {
      const token = await this.#tokens.get(signal);
      try {
        return await this.#send(token, signal, send);
      } catch (error) {
        if (toBatonError(error).code !== Code.Unauthenticated) throw error;
        this.#tokens.drop(token);
        if (!this.#accepted) throw error;
        return await this.#send(await this.#tokens.get(signal), signal, send);
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw toBatonError(error).prefixed(`${nameOf(method.path)} at ${this.#address}`);
    }
  }

  async #send<Response>(token: AccessToken, signal: AbortSignal, send: Send<Response>): Promise<Response> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const metadata = new Metadata();
    metadata.set("authorization", token.authorization);
    const call = send(metadata, (error, response) => {
      if (error !== null) reject(isServiceError(error) ? fromServiceError(error) : error);
      else if (response === undefined) reject(new BatonError(Code.Internal, "the response was empty"));
      else resolve(response);
    });
    const abort = (): void => {
      reject(signal.reason);
      call.cancel();
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      const response = await promise;
      this.#accepted = true;
      return response;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

/** Writes everything that comes, waiting whenever the other side is not ready for more, until it has answered. */
async function pump<Request>(
  requests: AsyncIterable<Request>,
  stream: ClientWritableStream<Request>,
  answered: AbortSignal,
): Promise<void> {
  // The call itself reports failures; an error event without a listener would end the process.
  stream.on("error", () => undefined);
  for await (const request of requests) {
    if (answered.aborted) return;
    if (!stream.write(request)) await onceDrained(stream, answered);
  }
  stream.end();
}

function onceDrained(stream: EventEmitter, answered: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      answered.removeEventListener("abort", done);
      resolve();
    };
    stream.once("drain", done);
    answered.addEventListener("abort", done, { once: true });
    if (answered.aborted) done();
  });
}

function isServiceError(error: Error): error is ServiceError {
  return "code" in error && "details" in error;
}

/** `Hello` of `/c1.connectorapi.baton.v1.BatonService/Hello`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
