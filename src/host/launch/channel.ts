import { setTimeout as delay } from "node:timers/promises";
import { Client, Metadata } from "@grpc/grpc-js";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { LOOPBACK } from "#kernel/loopback.ts";
import type { Credential } from "#wire/server-config.ts";
import { createClientTls } from "#wire/tls.ts";
import { connectionClosed, type Method, PendingCalls } from "./calls.ts";
import { fromServiceError } from "./service-error.ts";
import { UpstreamFacts } from "./upstream-facts.ts";

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

/**
 * The host's connection to one connector process, over mutual TLS on loopback.
 *
 * The Go host surrounds each call with two calls to the connector's rate limiter. This one does not: it
 * never configures a limiter, and without a configuration a connector's limiter answers that there is no
 * limit. Answers are limited to 4 MiB as in the Go host (the default of gRPC), so that a page which only
 * this host could read does not go unnoticed.
 */
export class ConnectorChannel {
  readonly #client: Client;
  readonly #calls = new PendingCalls();
  /** What the connector has reported about its upstream so far. */
  readonly facts = new UpstreamFacts();

  constructor(port: number, credential: Credential) {
    const { credentials, options } = createClientTls(credential);
    this.#client = new Client(`${LOOPBACK}:${port}`, credentials, { ...CHANNEL_OPTIONS, ...options });
  }

  /** Resolves once the connection stands, however long that takes: give up through the signal. */
  ready(signal: AbortSignal): Promise<void> {
    return this.#calls.run(signal, (resolve, reject) => {
      this.#client.waitForReady(Number.POSITIVE_INFINITY, (error) => {
        if (error === undefined) resolve();
        else reject(toBatonError(error));
      });
      return () => undefined;
    });
  }

  /** Ends every call in flight and every later one with `reason`: the other side is gone for good. */
  fail(reason: BatonError): void {
    if (this.#calls.fail(reason)) this.#client.close();
  }

  close(): void {
    this.fail(connectionClosed());
  }

  /** One call, see `StartCall`. */
  call<Request extends object, Response>(
    method: Method<Request, Response>,
    request: Request,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    return this.#calls.run(signal, (resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        Metadata.fromHttp2Headers(headers),
        (error, response) => {
          if (error !== null) this.#explain(fromServiceError(error)).then(reject, reject);
          else if (response === undefined)
            reject(new BatonError(Code.Internal, `${method.path} returned nothing`));
          else resolve(response);
        },
      );
      call.on("status", ({ metadata }) => {
        this.facts.note((name) => metadata.get(name)[0]?.toString());
      });
      return () => call.cancel();
    });
  }

  /** A broken connection mostly means a dead process, and the reason of its end is then the better answer. */
  async #explain(error: BatonError): Promise<BatonError> {
    const mayBeBroken = error.code === Code.Unavailable || error.code === Code.Internal;
    if (mayBeBroken && error.rateLimit === undefined && this.#calls.failure === undefined)
      await delay(EXIT_NEWS_MS);
    return this.#calls.failure ?? error;
  }
}
