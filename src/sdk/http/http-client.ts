import type { Dispatcher } from "undici";
import { type CallContext, timeLeft } from "#kernel/context.ts";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import type { Metric } from "#kernel/metrics.ts";
import { PROVISIONING_OFF } from "#kernel/provisioning-off.ts";
import { placeAttributes, type SpanAttributes } from "#kernel/trace.ts";
import { readBody } from "./body.ts";
import { openDispatcher } from "./dispatcher.ts";
import type { Redact } from "./error-text.ts";
import { beginningError, networkError, type RequestName, redirectError } from "./http-error.ts";
import type { NetworkEnvironment } from "./network-environment.ts";
import type { ResponseHeaders } from "./rate-limit.ts";

/** Requests to the upstream system by how they ended: the status of the response, or `none`. */
const REQUESTS: Metric = {
  name: "baton.upstream.requests",
  help: "Requests sent to the upstream system, by the status of the response",
  kind: "counter",
};

export interface HttpClientOptions {
  /** Name of the upstream system in messages. */
  readonly upstream: string;
  /** Scheme, host and port; the only place this client ever connects to, apart from a proxy. */
  readonly origin: string;
  readonly userAgent: string;
  /** Whether requests that may change something may leave this process, see {@link isRead}. */
  readonly allowWrites: boolean;
  /** Bound for one whole exchange. */
  readonly totalTimeoutMs: number;
  /** Bound until a connection is made; default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Bound from the request to the response's first byte; default 60 s, as in baton-sdk v0.25.0. */
  readonly headersTimeoutMs?: number;
  /** Largest body that is accepted, in bytes. */
  readonly maxBodyBytes: number;
  /** Takes secrets out of what a response says. */
  readonly redact: Redact;
  /** Variables for proxies and certificates; default those of the process. */
  readonly environment?: NetworkEnvironment;
}

/** The methods of HTTP but for those that concern the connection itself (`CONNECT`, `TRACE`). */
export type HttpMethod = "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Methods that change nothing by their definition. */
const READING_METHODS: ReadonlySet<HttpMethod> = new Set(["GET", "HEAD"]);

export interface HttpRequest {
  readonly method: HttpMethod;
  /** Path and query, encoded, beginning with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The request changes nothing, whatever its method says: a search or a GraphQL query by POST. */
  readonly reads?: boolean;
}

/** Whether a request may be sent where nothing may be changed: GET and HEAD, and what is declared a read. */
export function isRead({ method, reads = false }: Pick<HttpRequest, "method" | "reads">): boolean {
  return reads || READING_METHODS.has(method);
}

/** A request in messages, without what it asks for in particular: `GET /users/`. */
export function nameRequest({ method, path }: Pick<HttpRequest, "method" | "path">): string {
  return `${method} ${path.replace(/\?.*$/s, "")}`;
}

/** A complete response of any status but a redirect. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Uint8Array;
  /** For texts out of the body that go into a message. */
  readonly redact: Redact;
}

/** Sends requests to one origin over one pool of connections. Bodies are read to their end and bounded. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #host: string;
  /** What all spans of requests say. */
  readonly #server: SpanAttributes;
  #dispatcher: Promise<Dispatcher> | undefined;
  #sent = 0;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    const { host, hostname, port, protocol } = new URL(options.origin);
    this.#host = host;
    this.#server = {
      "server.address": hostname.replace(/^\[(.*)\]$/, "$1"),
      "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    };
  }

  /** Requests sent since the start. */
  get requestCount(): number {
    return this.#sent;
  }

  /** What messages about `request` begin with. */
  describe(request: HttpRequest): RequestName {
    return { upstream: this.#options.upstream, name: `${request.method} ${request.path}` };
  }

  /**
   * One exchange, never repeated.
   *
   * @param attempt how often this request was sent with this one, for traces
   * @throws BatonError for a fault of the network, a redirect, a body above the bound (`ResourceExhausted`),
   * a write that is not allowed, and the end of `ctx`.
   */
  async send(request: HttpRequest, ctx: CallContext, attempt = 1): Promise<HttpResponse> {
    const { allowWrites, totalTimeoutMs } = this.#options;
    if (!allowWrites && !isRead(request)) {
      throw new BatonError(Code.FailedPrecondition, `${request.method} refused: ${PROVISIONING_OFF}`);
    }
    const dispatcher = await this.#open();
    const startedAt = ctx.clock.monotonic();
    const span = ctx.span?.startChild(request.method, {
      kind: "client",
      attributes: {
        "http.request.method": request.method,
        ...this.#server,
        "url.full": `${this.#options.origin}${request.path}`,
        ...placeAttributes({ attempt }),
        // As OpenTelemetry names it.
        ...(attempt > 1 ? { "http.request.resend_count": attempt - 1 } : {}),
      },
    });
    const left = timeLeft(ctx);
    const timeout = AbortSignal.timeout(Math.max(0, Math.ceil(Math.min(totalTimeoutMs, left))));
    const signal = AbortSignal.any([ctx.signal, timeout]);
    const endpoint = this.describe(request);
    /** Undefined until it is sent. */
    let outcome: number | "none" | undefined;
    try {
      signal.throwIfAborted();
      this.#sent += 1;
      outcome = "none";
      const response = await this.#exchange(dispatcher, request, endpoint, signal, (status) => {
        outcome = status;
        span?.set({ "http.response.status_code": status });
      });
      span?.end(response.status < 400 ? undefined : `HTTP status ${response.status}`);
      ctx.log.debug("upstream responded", {
        endpoint: endpoint.name,
        status: response.status,
        bytes: response.body.byteLength,
        ms: Math.round(ctx.clock.monotonic() - startedAt),
      });
      return response;
    } catch (thrown) {
      if (ctx.signal.aborted) {
        span?.end("canceled");
        throw toBatonError(ctx.signal.reason);
      }
      const error = timeout.aborted ? this.#totalTimeout(endpoint, left) : this.#translate(endpoint, thrown);
      span?.end(error.message);
      ctx.log.debug("upstream did not respond", { endpoint: endpoint.name, error: error.message });
      throw error;
    } finally {
      if (outcome !== undefined) {
        ctx.metrics?.add(REQUESTS, { method: request.method, status: String(outcome) });
      }
    }
  }

  /** Loads what the first request needs; without it, that request does. */
  async open(): Promise<void> {
    await this.#open();
  }

  /** Ends all connections, those in use as well. */
  async close(): Promise<void> {
    const dispatcher = await this.#dispatcher?.catch(() => undefined);
    this.#dispatcher = undefined;
    await dispatcher?.destroy();
  }

  async #open(): Promise<Dispatcher> {
    this.#dispatcher ??= openDispatcher({
      origin: this.#options.origin,
      connectTimeoutMs: this.#options.connectTimeoutMs ?? 10_000,
      environment: this.#options.environment ?? process.env,
    });
    return await this.#dispatcher;
  }

  async #exchange(
    dispatcher: Dispatcher,
    request: HttpRequest,
    endpoint: RequestName,
    signal: AbortSignal,
    onStatus: (status: number) => void,
  ): Promise<HttpResponse> {
    const { origin, userAgent, headersTimeoutMs = 60_000, totalTimeoutMs, maxBodyBytes } = this.#options;
    const asking = dispatcher.request({
      origin,
      method: request.method,
      path: request.path,
      // A compressed body could be small on the wire and beyond all bounds in memory.
      headers: { "user-agent": userAgent, "accept-encoding": "identity", ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      headersTimeout: Math.min(headersTimeoutMs, totalTimeoutMs),
      bodyTimeout: Math.min(headersTimeoutMs, totalTimeoutMs),
      signal,
    });
    const response = await asking.catch((error: unknown) => {
      throw beginningError(endpoint, this.#host, error);
    });
    const { statusCode: status } = response;
    onStatus(status);
    const headers = flatten(response.headers);
    const body = await readBounded(response.body, maxBodyBytes, endpoint);
    if (status >= 300 && status < 400) throw redirectError(endpoint, status, headers["location"]);
    const encoding = headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      throw new BatonError(
        Code.FailedPrecondition,
        `${endpoint.upstream} sent a compressed response to ${endpoint.name} (${encoding}) although none was requested; look for a proxy that compresses`,
        { kind: "upstream" },
      );
    }
    return { status, headers, body, redact: this.#options.redact };
  }

  /** @param left milliseconds that the caller still waited when the request was sent */
  #totalTimeout(endpoint: RequestName, left: number): BatonError {
    if (left < this.#options.totalTimeoutMs) {
      const seconds = Math.round(Math.max(0, left) / 100) / 10;
      return new BatonError(
        Code.DeadlineExceeded,
        `${endpoint.name} at ${this.#host} did not complete within the ${seconds} s that the caller waits; allow more time, or try again later`,
        { kind: "upstream" },
      );
    }
    return new BatonError(
      Code.DeadlineExceeded,
      `${endpoint.name} at ${this.#host} took longer than ${this.#options.totalTimeoutMs / 1000} s; try again later`,
      { kind: "upstream", lessMayHelp: true },
    );
  }

  #translate(endpoint: RequestName, thrown: unknown): BatonError {
    return thrown instanceof BatonError ? thrown : networkError(endpoint, this.#host, thrown);
  }
}

async function readBounded(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  endpoint: RequestName,
): Promise<Uint8Array> {
  const bytes = await readBody(body, maxBytes);
  if (bytes !== undefined) return bytes;
  throw new BatonError(
    Code.ResourceExhausted,
    `${endpoint.upstream} responded to ${endpoint.name} with more than ${maxBytes} bytes, the limit for one response`,
    { kind: "upstream", lessMayHelp: true },
  );
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): ResponseHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? joinHeader(name, value) : value,
    ]),
  );
}

/** Links may come as several headers that belong together; of any other header the first one counts. */
function joinHeader(name: string, values: readonly string[]): string | undefined {
  return name === "link" ? values.join(", ") : values[0];
}
