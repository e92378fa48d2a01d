import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type Clock, systemClock } from "#kernel/clock.ts";
import type { Answer } from "./answer.ts";
import { answerRequest } from "./application.ts";
import { seededRandom } from "./random.ts";
import { ApiRequest } from "./request.ts";
import { type LoggedRequest, type RequestCounters, RequestLog } from "./request-log.ts";
import type { ServerState } from "./state.ts";
import {
  buildGeneratedState,
  buildState,
  type GeneratedOrganizationOptions,
  type LoadedState,
  readNamedState,
  type StateDescription,
} from "./state-file.ts";
import type { ProviderAnswer, SeatChangePace, ServerSettings } from "./view.ts";

export interface CodecovSimulatorOptions {
  /** A state by its name in the golden file, or a description of one. Default `acme-52`. */
  readonly state?: string | StateDescription;
  /** A generated organization instead of a described state. */
  readonly generated?: GeneratedOrganizationOptions;
  /** Default false: the hosted service. */
  readonly selfHosted?: boolean;
  /** Self-hosted only: the administrators by configuration, as `service/username`. */
  readonly siteAdmins?: readonly string[];
  /** What the git provider answers; default unreachable. */
  readonly provider?: ProviderAnswer;
  /** Time that every answer takes at least, in milliseconds; default 0. */
  readonly latencyMs?: number;
  /** Default 4 ms from load to save, 3 ms from save to read, 4 workers. */
  readonly seatChangePace?: Partial<SeatChangePace>;
  /** Further names that the server accepts in `Host`, beside loopback and `*.codecov.io`. */
  readonly allowedHosts?: readonly string[];
  /** Speaks TLS with this key and certificate (PEM). */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Default: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** For everything random; default 1. */
  readonly seed?: number;
  readonly clock?: Clock;
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
  /** What the server stores; see `changes.ts` for changes by name. */
  readonly state: ServerState;
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
  const loaded = loadState(options);
  const clock = options.clock ?? systemClock;
  const settings: ServerSettings = {
    clock,
    selfHosted: options.selfHosted ?? false,
    siteAdmins: options.siteAdmins ?? [],
    provider: options.provider ?? "unreachable",
    seatChangePace: { ...DEFAULT_PACE, ...options.seatChangePace },
    random: seededRandom(options.seed ?? 1),
  };
  const log = new RequestLog();
  const scheme = options.tls === undefined ? "http" : "https";
  let latencyMs = options.latencyMs ?? 0;

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = "GET", url: target = "/", headers } = incoming;
    const entry = log.begin(method, target, headers, clock.now());
    outgoing.once("close", () => log.end(entry, outgoing.socket?.bytesWritten ?? 0));
    const body = await readBody(incoming);
    const request = new ApiRequest(method, target, headers, scheme, body);
    if (latencyMs > 0) await clock.sleep(latencyMs);
    const answer = await answerRequest(request, loaded.state, settings);
    entry.status = answer.status;
    sendAnswer(outgoing, request, answer);
  };
  const listener: RequestListener = (incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => outgoing.destroy(asError(error)));
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
    tokens: loaded.tokens,
    state: loaded.state,
    requests: log.entries,
    get counters() {
      return log.counters;
    },
    setLatency(ms) {
      latencyMs = ms;
    },
    clearRequests: () => log.clear(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function loadState({ state = "acme-52", generated }: CodecovSimulatorOptions): LoadedState {
  if (generated !== undefined) return buildGeneratedState(generated);
  return buildState(typeof state === "string" ? readNamedState(state) : state);
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sendAnswer(outgoing: ServerResponse, request: ApiRequest, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, { ...headers, "content-length": body.length });
  outgoing.end(request.method === "HEAD" ? undefined : body);
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
