/**
 * Serving a connector by itself, for sidecars and for debugging: no host has started this process, so it
 * listens on a configured address, serves unknown peers, and ends by a signal.
 */

import { createServer, type Server, type Socket } from "node:net";
import type { ServerOptions } from "@grpc/grpc-js";
import { type Clock, systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Metrics } from "#kernel/metrics.ts";
import type { Redactor } from "#kernel/secret.ts";
import type { Tracer } from "#kernel/trace.ts";
import type { Connector } from "#runtime/connector.ts";
import type { ServiceGates } from "#runtime/endpoints.ts";
import { resourceStreamEndpoints } from "#runtime/services/resource-stream.ts";
import { type ListenAddress, listenError, removeStaleSocket } from "#web/listen-address.ts";
import type { WaitingRoomOptions } from "#web/waiting-room.ts";
import { limitCalls } from "./call-gate.ts";
import type { ClientName } from "./client-names.ts";
import { ConnectorServer } from "./connector-server.ts";
import { limitFirstMessage } from "./first-message.ts";
import { Health } from "./health.ts";
import { reflectionMethods } from "./reflection.ts";
import { limitPieces } from "./request-pieces.ts";
import type { TlsFileSet } from "./tls-files.ts";

/** How long calls may go on after a signal; orchestrators wait 10 s (Docker) or 30 s (Kubernetes) by default. */
const DRAIN_MS = 8_000;

/** How long the last responses may take to leave. */
const FLUSH_MS = 50;

/**
 * Connections at a time; further ones are closed at once. An idle one without TLS costs about 15 KiB, so many keep
 * nobody out; with TLS only those with a certificate last, apart from {@link HANDSHAKES}.
 */
const MAX_CONNECTIONS = 4096;

/** Clients that are about to show their certificate: enough for all replicas of a large installation at once. */
const HANDSHAKES: WaitingRoomOptions = { places: 256, placesPerAddress: 64 };

/** A peer that has connected has this long to say anything at all. */
const FIRST_BYTE_MS = 10_000;

/** A caller that has opened a call has this long to send its request. */
const FIRST_MESSAGE_MS = 30_000;

/**
 * Calls that are served at a time. With the bounds of a request and of a response, 4 MiB each, they take 300 MiB at the very
 * most, and usually a tenth of it.
 */
const MAX_CALLS = 32;

/** Fields of a request. The largest that make sense, a resource with its profile, have some hundred. */
const MAX_REQUEST_FIELDS = 50_000;

/** The owner and the group of the process may connect. */
const SOCKET_MODE = 0o660;
const ALL_MODES = 0o777;

/** Bounds what one peer can hold. Clients reconnect by themselves. */
const LIMITS: ServerOptions = {
  "grpc.max_concurrent_streams": 64,
  "grpc.max_connection_idle_ms": 5 * 60_000,
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 20_000,
};

/** Mutual TLS, with files that may change while it serves. */
export interface ServeTls {
  readonly files: Pick<TlsFileSet, "files" | "watch">;
  /** Who of the authority's clients may connect; all if empty. */
  readonly allowed: readonly ClientName[];
}

export interface ServeOptions {
  readonly connector: Connector;
  readonly gates: ServiceGates;
  readonly address: ListenAddress;
  /** Undefined for addresses that only this machine can reach. */
  readonly tls: ServeTls | undefined;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** Where the calls count. */
  readonly metrics?: Metrics | undefined;
  readonly tracer?: Tracer | undefined;
  readonly clock?: Clock;
  /** Ends serving: no more connections, calls in flight go on for a while, then everything is closed. */
  readonly signal: AbortSignal;
  /** Called once connections are accepted, with the chosen port if it was left open. */
  readonly onListening?: (address: ListenAddress) => void;
}

/**
 * Serves until the signal is aborted.
 *
 * @throws BatonError FailedPrecondition if the address cannot be had
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { connector, gates, address, tls, log, metrics, redactor, tracer, signal } = options;
  const clock = options.clock ?? systemClock;
  const services = () => server.services;
  const connections = new Map<string, Socket>();
  const callGate = limitCalls({
    places: MAX_CALLS,
    clock,
    // Who watches the health stays, streams of resources have a bound of their own, and the rest is nothing to keep.
    keepsPlace: (path) => path.startsWith("/c1."),
    sentTo: (peer) => connections.get(peer)?.bytesWritten ?? 0,
    disconnect: (peer) => connections.get(peer)?.destroy(),
  });
  const interceptors = [limitPieces(), callGate, limitFirstMessage(FIRST_MESSAGE_MS, clock)];
  const limits = { ...LIMITS, interceptors };
  const health = new Health(services);
  const server: ConnectorServer = new ConnectorServer({
    connector,
    gates,
    tls: tls?.files.files,
    log,
    clock,
    redactor,
    tracer,
    metrics,
    moreEndpoints: (registry) => [...resourceStreamEndpoints(registry), ...health.endpoints],
    maxRequestFields: MAX_REQUEST_FIELDS,
    extras: { bidiMethods: reflectionMethods(services), limits, handshakes: HANDSHAKES, clients: tls },
  });
  let accepted = 0;
  const listener = createServer((socket) => {
    accepted += 1;
    if (address.kind === "unix")
      Object.defineProperty(socket, "remoteAddress", { value: `unix-${accepted}` });
    const peer = nameOf(socket);
    connections.set(peer, socket);
    const closed = new AbortController();
    socket.once("close", () => {
      closed.abort();
      connections.delete(peer);
    });
    clock.sleep(FIRST_BYTE_MS, closed.signal).then(
      () => dropSilent(socket),
      () => undefined,
    );
    server.accept(socket);
  });
  listener.maxConnections = MAX_CONNECTIONS;
  try {
    await startListening(listener, address);
    void server.prepare();
    void tls?.files.watch({ clock, log, signal, onChange: (files) => server.renew(files) });
    options.onListening?.(boundAddress(listener, address));
    await untilEnd(listener, signal);
  } finally {
    listener.close();
    health.stop();
    server.drain(DRAIN_MS);
    await server.end(new BatonError(Code.Unavailable, "the server is shutting down"), DRAIN_MS, FLUSH_MS);
    for (const socket of connections.values()) socket.destroy();
  }
}

/** As gRPC names the peer of a call. Connections to a Unix socket have no address, so they are given one. */
function nameOf({ remoteAddress = "", remotePort }: Socket): string {
  return remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
}

function dropSilent(socket: Socket): void {
  if (socket.bytesRead === 0) socket.destroy();
}

async function startListening(listener: Server, address: ListenAddress): Promise<void> {
  if (address.kind === "unix") await removeStaleSocket(address.path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  listener.once("error", reject);
  if (address.kind === "unix") listenPrivately(listener, address.path, resolve);
  else listener.listen(address.port, address.host, resolve);
  try {
    await promise;
  } catch (cause) {
    throw listenError(address, cause, "--listen");
  } finally {
    listener.off("error", reject);
  }
}

/**
 * The socket never has another mode than {@link SOCKET_MODE}, not even until it could be changed: binding, which `listen`
 * does before it returns, takes the mode from the umask.
 */
function listenPrivately(listener: Server, path: string, onListening: () => void): void {
  const umask = process.umask(ALL_MODES & ~SOCKET_MODE);
  try {
    listener.listen(path, onListening);
  } finally {
    process.umask(umask);
  }
}

function boundAddress(listener: Server, address: ListenAddress): ListenAddress {
  const bound = listener.address();
  if (address.kind === "unix" || bound === null || typeof bound === "string") return address;
  return { ...address, port: bound.port };
}

/** Resolves when serving is to end, and fails if the listener does. */
async function untilEnd(listener: Server, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  listener.once("error", reject);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await promise;
}
