import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type Clock, systemClock } from "#kernel/clock.ts";
import { applyChange, type Change } from "./changes.ts";
import { attachCoverage, type CoverageOptions } from "./coverage/attach.ts";
import type { RecordedEffects } from "./coverage/effects.ts";
import { FaultPlan } from "./faults.ts";
import { seededRandom } from "./random.ts";
import { RequestHandler } from "./request-handler.ts";
import { type LoggedRequest, type RequestCounters, RequestLog } from "./request-log.ts";
import { ServerTime } from "./server-time.ts";
import type { ServerState } from "./state.ts";
import {
  buildGeneratedState,
  buildState,
  type GeneratedOrganizationOptions,
  type LoadedState,
  putTokens,
  readNamedState,
  type StateDescription,
} from "./state-file.ts";
import type { ProviderAnswer, SeatChangePace, ServerSettings } from "./view.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface CodecovSimulatorOptions {
  /** A state by its name in the golden file, or a description of one. Default `acme-52`. */
  readonly state?: string | StateDescription;
  /** A generated organization instead of a described state. */
  readonly generated?: GeneratedOrganizationOptions;
  /** Repositories with coverage for the first organization; see {@link attachCoverage} for the tokens it adds. */
  readonly coverage?: CoverageOptions;
  /** Default false: the hosted service. */
  readonly selfHosted?: boolean;
  /** Self-hosted only: the administrators by configuration, as `service/username`. */
  readonly siteAdmins?: readonly string[];
  /** Self-hosted only: the super token of the installation. */
  readonly superToken?: string;
  /** What the git provider answers to everything; default: what the state says of it, else unreachable. */
  readonly provider?: ProviderAnswer;
  /** Time that every answer takes at least, in milliseconds; default 0. */
  readonly latencyMs?: number;
  /** Default 4 ms from load to save, 3 ms from save to read, 4 workers. */
  readonly seatChangePace?: Partial<SeatChangePace>;
  /** Further names that the server accepts in `Host`, beside loopback and `*.codecov.io`. */
  readonly allowedHosts?: readonly string[];
  /** Speaks TLS with this key and certificate (PEM). */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Whether the deployment keeps time series; default false. */
  readonly timeSeries?: boolean;
  /** Default: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** For everything random; default 1. */
  readonly seed?: number;
  readonly clock?: Clock;
  /** What time it is on the server at the start (ISO 8601), from which it runs on; default: that of the clock. */
  readonly now?: string;
}

export interface CodecovSimulator extends AsyncDisposable {
  /** Scheme, host and port. */
  readonly url: string;
  /** The address of the API, without a slash at the end. */
  readonly baseUrl: string;
  /** The tokens of the state by their names. */
  readonly tokens: Readonly<Record<string, string>>;
  /** In order of arrival. */
  readonly requests: readonly LoggedRequest[];
  readonly counters: RequestCounters;
  /** What the server stores. */
  readonly state: ServerState;
  /** What reading changed or caused so far, seats taken among it; what did not happen has no key. */
  readonly effects: RecordedEffects;
  /** What is going to go wrong. */
  readonly faults: FaultPlan;
  /** Changes the state at once, without a request. */
  change(...changes: readonly Change[]): void;
  /** Time that every answer takes at least from now on. */
  setLatency(ms: number): void;
  clearRequests(): void;
  /** Ends the server and every open connection. */
  close(): Promise<void>;
}

const DEFAULT_PACE: SeatChangePace = { loadToSaveMs: 4, saveToReadMs: 3, workers: 4 };

/** Starts a simulated Codecov API server on a real socket. */
export async function startCodecovSimulator(
  options: CodecovSimulatorOptions = {},
): Promise<CodecovSimulator> {
  const { state, tokens } = loadState(options);
  const log = new RequestLog();
  const faults = new FaultPlan();
  const scheme = options.tls === undefined ? "http" : "https";
  const handler = new RequestHandler(readSettings(options, state.time), state, faults, log, {
    scheme,
    latencyMs: options.latencyMs ?? 0,
    allowedHosts: options.allowedHosts ?? [],
  });
  const listener: RequestListener = (incoming, outgoing) => {
    handler.handle(incoming, outgoing).catch((error: unknown) => outgoing.destroy(asError(error)));
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  server.keepAliveTimeout = 60_000;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });

  const url = `${scheme}://${formatAddress(server.address())}`;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url,
    baseUrl: `${url}/api/v2`,
    tokens,
    state,
    faults,
    requests: log.entries,
    get effects() {
      return state.effects.record;
    },
    get counters() {
      return log.counters;
    },
    change(...changes) {
      for (const change of changes) applyChange(state, change);
    },
    setLatency: (ms) => handler.setLatency(ms),
    clearRequests: () => log.clear(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readSettings(options: CodecovSimulatorOptions, clock: Clock): ServerSettings {
  const seatChangePace = { ...DEFAULT_PACE, ...options.seatChangePace };
  return {
    clock,
    selfHosted: options.selfHosted ?? false,
    superToken: options.selfHosted === true ? options.superToken : undefined,
    timeSeries: options.timeSeries ?? false,
    siteAdmins: options.siteAdmins ?? [],
    provider: options.provider,
    seatChangePace,
    workers: new WorkerPool(seatChangePace.workers),
    random: seededRandom(options.seed ?? 1),
  };
}

function loadState(options: CodecovSimulatorOptions): LoadedState {
  const { state, tokens } = buildOrganizations(options);
  state.time = new ServerTime(options.clock ?? systemClock);
  if (options.now !== undefined) state.time.set(Date.parse(options.now));
  if (options.coverage === undefined) return { state, tokens };
  const owners = Object.entries(attachCoverage(state, options.coverage));
  const further = putTokens(state, Object.fromEntries(owners.map(([name, owner]) => [name, { owner }])));
  return { state, tokens: { ...further, ...tokens } };
}

function buildOrganizations({ state = "acme-52", generated }: CodecovSimulatorOptions): LoadedState {
  if (generated !== undefined) return buildGeneratedState(generated);
  return buildState(typeof state === "string" ? readNamedState(state) : state);
}

function formatAddress(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.family === "IPv6"
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
