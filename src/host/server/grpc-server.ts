import type { Socket } from "node:net";
import {
  type ConnectionInjector,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerOptions,
} from "@grpc/grpc-js";
import { BatonError, Code } from "#kernel/errors.ts";
import type { WireStatus } from "#model/status.ts";
import type {
  CallEnvironment,
  Endpoint,
  IncomingCall,
  StreamHandler,
  Trailers,
  UnaryHandler,
} from "#runtime/unary.ts";
import type { WaitingRoomOptions } from "#web/waiting-room.ts";
import { STATUS_DETAILS_TRAILER } from "#wire/names.ts";
import type { TlsFiles } from "#wire/tls.ts";
import type { ClientName } from "./client-names.ts";
import { TlsEntrance } from "./tls-entrance.ts";

/** Largest request, as in Go connectors (the default of gRPC). */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

type Handler =
  | handleUnaryCall<Buffer, Buffer>
  | handleServerStreamingCall<Buffer, Buffer>
  | BidiMethod["handle"];

/** A connector process has one client, its host, which needs one handshake at a time. */
const HANDSHAKES: WaitingRoomOptions = { places: 16 };

/** How a drained server ends connections that stay open. */
const DRAIN_GRACE_MS = 100;

/** A method whose both sides stream; only the reflection service has one. */
export interface BidiMethod {
  readonly path: string;
  readonly handle: handleBidiStreamingCall<Buffer, Buffer>;
}

/** What a server has beyond that of a connector process. */
export interface ServerExtras {
  readonly bidiMethods?: readonly BidiMethod[];
  /** Limits for peers that are not the host that started this process. */
  readonly limits?: ServerOptions;
  /** How many clients may be about to show their certificate; those of a connector process if absent. */
  readonly handshakes?: WaitingRoomOptions;
  /** For servers with many clients: their subjects go into the log, and only those named may connect, or all if none is. */
  readonly clients?: { readonly allowed: readonly ClientName[] } | undefined;
}

/** A gRPC server that is fed with accepted sockets, because gRPC cannot adopt an inherited listener itself. */
export class GrpcServer {
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  /** Absent without TLS. */
  readonly #entrance: TlsEntrance | undefined;
  readonly #environment: CallEnvironment;
  readonly #clients: ServerExtras["clients"];
  /** Connections with TLS, and whose they are, by the name that gRPC gives to the peer of a call. */
  readonly #proven = new Map<string, { readonly connection: Socket; readonly client: string }>();

  /**
   * @param tls undefined for connections that need none
   * @throws BatonError Unknown if the certificates are unusable
   */
  constructor(
    endpoints: readonly Endpoint[],
    tls: TlsFiles | undefined,
    environment: CallEnvironment,
    { bidiMethods = [], limits = {}, handshakes = HANDSHAKES, clients }: ServerExtras = {},
  ) {
    this.#environment = environment;
    this.#clients = clients;
    this.#server = new Server({
      // Bookkeeping per call that nothing here reads.
      "grpc.enable_channelz": 0,
      "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
      "grpc.max_send_message_length": -1,
      ...limits,
    });
    for (const endpoint of endpoints) this.#register(endpoint);
    for (const { path, handle } of bidiMethods) this.#add(path, handle, "bidi");
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#entrance = tls === undefined ? undefined : this.#openEntrance(tls, handshakes);
  }

  /** Serves one accepted connection. Whatever the peer does on it concerns this connection alone. */
  accept(socket: Socket): void {
    this.#logErrors(socket);
    socket.setNoDelay(true);
    if (this.#entrance === undefined) this.#injector.injectConnection(socket);
    else this.#entrance.accept(socket);
  }

  /** Shows other certificates, and takes those of another authority, on new connections. Throws if they cannot be used. */
  renew(files: TlsFiles): void {
    this.#entrance?.renew(files);
  }

  #openEntrance(tls: TlsFiles, handshakes: WaitingRoomOptions): TlsEntrance {
    const onProven = (connection: Socket, client: string) => {
      this.#logErrors(connection);
      if (this.#clients !== undefined) this.#remember(connection, client);
      this.#injector.injectConnection(connection);
    };
    const { log, clock, redactor } = this.#environment;
    const allowed = this.#clients?.allowed ?? [];
    try {
      return new TlsEntrance({ tls, log, clock, redactor, handshakes, allowed, onProven });
    } catch (error) {
      throw new BatonError(Code.Unknown, "the certificates of the start-up line cannot be used", {
        kind: "configuration",
        cause: error,
      });
    }
  }

  #remember(connection: Socket, client: string): void {
    const { remoteAddress, remotePort } = connection;
    if (remoteAddress === undefined) return;
    const peer = remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
    this.#proven.set(peer, { connection, client });
    connection.once("close", () => {
      if (this.#proven.get(peer)?.connection === connection) this.#proven.delete(peer);
    });
  }

  #logErrors(connection: Socket): void {
    connection.on("error", (error) => {
      this.#environment.log.debug("a connection ended with an error", { grpc_log: true, error });
    });
  }

  /** Tells clients to go elsewhere with new calls; those in flight may go on for `graceMs` milliseconds. */
  drain(graceMs: number): void {
    this.#injector.drain(graceMs);
  }

  /** Tells clients to go elsewhere, then ends what is left. Call it when no calls are in flight. */
  close(): void {
    this.#entrance?.close();
    this.#injector.drain(DRAIN_GRACE_MS);
    this.#server.forceShutdown();
  }

  #register(endpoint: Endpoint): void {
    const unsent = (error: unknown): void => {
      this.#environment.log.error("a response could not be sent", { path: endpoint.path, error });
    };
    const findSubject: FindSubject = (peer) => this.#proven.get(peer)?.client;
    if (endpoint.kind === "unary") {
      this.#add(endpoint.path, toUnaryCall(endpoint.bind(this.#environment), findSubject, unsent), "unary");
    } else {
      this.#add(
        endpoint.path,
        toStreamingCall(endpoint.bind(this.#environment), findSubject, unsent),
        "serverStream",
      );
    }
  }

  #add(path: string, handler: Handler, type: "unary" | "serverStream" | "bidi"): void {
    const same = (bytes: Buffer) => bytes;
    if (this.#server.register(path, handler, same, same, type)) return;
    throw new BatonError(Code.Internal, `the method ${path} is registered twice`);
  }
}

/** The subject of a client by the name that gRPC gives to the peer of a call; undefined if it has shown none. */
type FindSubject = (peer: string) => string | undefined;

function toUnaryCall(
  handle: UnaryHandler,
  findSubject: FindSubject,
  unsent: (error: unknown) => void,
): handleUnaryCall<Buffer, Buffer> {
  return (call, respond) => {
    handle(toIncomingCall(call, findSubject))
      .then((end) => {
        if ("bytes" in end) respond(null, end.bytes, toMetadata(end.trailers));
        else respond(toStatus(end));
      })
      .catch(unsent);
  };
}

function toStreamingCall(
  handle: StreamHandler,
  findSubject: FindSubject,
  unsent: (error: unknown) => void,
): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => {
    handle(toIncomingCall(call, findSubject), call)
      .then((end) => {
        if (isStatus(end)) call.emit("error", toStatus(end));
        else call.end(toMetadata(end));
      })
      .catch(unsent);
  };
}

/** What the calls of all kinds have in common. */
interface GrpcCall {
  readonly request: Buffer;
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  getPeer(): string;
  getDeadline(): Date | number;
  on(event: "cancelled", listener: () => void): unknown;
}

function toIncomingCall(call: GrpcCall, findSubject: FindSubject): IncomingCall {
  const deadline = Number(call.getDeadline());
  const peer = call.getPeer();
  return {
    request: call.request,
    peer,
    subject: findSubject(peer),
    deadline: Number.isFinite(deadline) ? deadline : undefined,
    findHeader: (name) => {
      const [value] = call.metadata.get(name);
      return typeof value === "string" ? value : undefined;
    },
    onCancelled: (listener) => {
      // gRPC emits the same event when the caller cancels, when the deadline passes and after a normal end.
      call.on("cancelled", listener);
      if (call.cancelled) listener();
    },
  };
}

function isStatus(end: Trailers | WireStatus): end is WireStatus {
  return typeof end["code"] === "number";
}

function toStatus({ code, message, details, trailers = {} }: WireStatus) {
  const metadata = toMetadata(trailers);
  if (details !== undefined) metadata.set(STATUS_DETAILS_TRAILER, details);
  return { code, details: message, metadata };
}

function toMetadata(trailers: Trailers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return metadata;
}
