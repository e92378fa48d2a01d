/**
 * The health endpoints that orchestrators ask, over plain HTTP: `/live` says that the process runs, `/ready`
 * that its connector does and that work can come, `/health` that the connector reaches what it reads. Paths, bodies and status codes
 * are those of connectors on baton-sdk v0.25.0; whatever the method. Beside them `/metrics` has numbers for Prometheus.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { METRICS_TYPE } from "#kernel/metrics-text.ts";
import { listenError } from "./listen-address.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** What the endpoints report. */
export interface HealthSource {
  /** Whether there is a connector to ask. */
  isReady(): boolean;
  /** Why it takes no work although there is one, for `/ready` alone; undefined if it does. */
  findObstacle?(): string | undefined;
  /** Asks the connector whether it works; rejects with the reason why not. */
  validate(signal: AbortSignal): Promise<void>;
  /** Facts that are shown with every response and change no status; undefined ones are left out. */
  facts?(): Readonly<Record<string, string | undefined>>;
}

export interface HealthServerOptions {
  readonly port: number;
  readonly address: string;
  readonly source: HealthSource;
  /** Takes secrets out of the reasons that are shown. */
  readonly toLine: (text: string) => string;
  /** The text of `/metrics`. */
  readonly metrics: () => string;
}

export interface HealthServer {
  readonly port: number;
  /** Ends it, open requests included. */
  close(): Promise<void>;
}

interface Health {
  readonly status: "healthy" | "unhealthy" | "ready" | "not_ready" | "alive";
  readonly details?: Readonly<Record<string, string | undefined>>;
}

const OK = 200;
const NOT_FOUND = 404;
const UNAVAILABLE = 503;

const VALIDATE_LIMIT_MS = 30_000;
const REQUEST_LIMIT_MS = 10_000;
/** Connections at a time; the next one takes the place of the oldest. A probe that is answered needs its place for moments. */
const MAX_CONNECTIONS = 100;

/** How often Node looks for requests that take too long. */
const LOOK_MS = 1_000;

const NO_CONNECTOR = { error: "failed to get connector client" };

/**
 * Starts to listen.
 *
 * @throws BatonError FailedPrecondition if the port cannot be had.
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { port, address, source, toLine } = options;
  const closing = new AbortController();
  const check = shareCalls(() =>
    checkHealth(source, toLine, AbortSignal.any([closing.signal, AbortSignal.timeout(VALIDATE_LIMIT_MS)])),
  );
  const server = createServer(
    {
      requestTimeout: REQUEST_LIMIT_MS,
      headersTimeout: REQUEST_LIMIT_MS,
      connectionsCheckingInterval: LOOK_MS,
    },
    (request, response) => void answer(request, response, options, check),
  );
  const room = new WaitingRoom({ places: MAX_CONNECTIONS });
  server.on("connection", (socket) => room.enter(socket));
  await listen(server, port, address);
  // A connection that could not be accepted is one probe less, and no reason to end the work.
  server.on("error", () => undefined);
  const bound: AddressInfo | string | null = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : port,
    close: async () => {
      closing.abort(new BatonError(Code.Canceled, "the program is shutting down"));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number, address: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, address, resolve);
  try {
    await promise;
  } catch (cause) {
    const where = { kind: "tcp", host: address, port } as const;
    throw listenError(where, cause, "--health-check-port").prefixed("health endpoints");
  }
}

async function answer(
  { url = "/" }: IncomingMessage,
  response: ServerResponse,
  { source, toLine, metrics }: HealthServerOptions,
  check: () => Promise<Health>,
): Promise<void> {
  const path = url.replace(/\?.*$/s, "");
  switch (path) {
    case "/live":
      send(response, OK, { status: "alive" }, source);
      break;
    case "/ready": {
      const readiness = checkReadiness(source, toLine);
      send(response, readiness.status === "ready" ? OK : UNAVAILABLE, readiness, source);
      break;
    }
    case "/health": {
      const health = await check();
      send(response, health.status === "healthy" ? OK : UNAVAILABLE, health, source);
      break;
    }
    case "/metrics":
      response.writeHead(OK, { "content-type": METRICS_TYPE }).end(metrics());
      break;
    default:
      response.writeHead(NOT_FOUND, { "content-type": "text/plain; charset=utf-8" }).end("not found\n");
  }
}

function checkReadiness(source: HealthSource, toLine: (text: string) => string): Health {
  if (!source.isReady()) return { status: "not_ready", details: NO_CONNECTOR };
  const obstacle = source.findObstacle?.();
  if (obstacle === undefined) return { status: "ready" };
  return { status: "not_ready", details: { error: toLine(obstacle) } };
}

async function checkHealth(
  source: HealthSource,
  toLine: (text: string) => string,
  signal: AbortSignal,
): Promise<Health> {
  if (!source.isReady()) return { status: "unhealthy", details: NO_CONNECTOR };
  try {
    await source.validate(signal);
    return { status: "healthy" };
  } catch (error) {
    const { message, rateLimit } = toBatonError(error);
    const pausedUntil = rateLimit?.resetAt;
    return {
      status: "unhealthy",
      details: {
        error: "connector validation failed",
        validation_error: toLine(message),
        paused_until: pausedUntil === undefined ? undefined : formatSeconds(pausedUntil),
      },
    };
  }
}

/** Callers that come while a call is under way get its result: many probes are no reason for many checks. */
function shareCalls<T>(call: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () => {
    pending ??= call().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

function send(response: ServerResponse, code: number, health: Health, source: HealthSource): void {
  const details = { ...health.details, ...source.facts?.() };
  const isEmpty = Object.values(details).every((value) => value === undefined);
  const body = {
    status: health.status,
    timestamp: formatSeconds(Date.now()),
    ...(isEmpty ? {} : { details }),
  };
  response.writeHead(code, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

/** RFC 3339 in UTC with whole seconds. */
export function formatSeconds(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d+Z$/, "Z");
}
