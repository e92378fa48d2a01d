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
import type { Logger } from "#kernel/logger.ts";
import type { WireStatus } from "#runtime/status.ts";
import type {
  CallEnvironment,
  Endpoint,
  IncomingCall,
  StreamHandler,
  Trailers,
  UnaryHandler,
} from "#runtime/unary.ts";
import { TlsEntrance, type TlsFiles } from "./tls-entrance.ts";
import type { WaitingRoomOptions } from "./waiting-room.ts";

/** Largest request, as in Go connectors (the default of gRPC). */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

/** Trailer with the facts of an error, a serialized `google.rpc.Status`, as every gRPC implementation names it. */
const STATUS_DETAILS_KEY = "grpc-status-details-bin";

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
}

/** A gRPC server that is fed with accepted sockets, because gRPC cannot adopt an inherited listener itself. */
export class GrpcServer {
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  /** Absent without TLS. */
  readonly #entrance: TlsEntrance | undefined;
  readonly #environment: CallEnvironment;

  /**
   * @param tls undefined for connections that need none
   * @throws BatonError Unknown if the certificates are unusable
   */
  constructor(
    endpoints: readonly Endpoint[],
    tls: TlsFiles | undefined,
    environment: CallEnvironment,
    { bidiMethods = [], limits = {}, handshakes = HANDSHAKES }: ServerExtras = {},
  ) {
    this.#environment = environment;
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
    this.#entrance = tls === undefined ? undefined : this.#openEntrance(tls, handshakes, environment.log);
  }

  /** Serves one accepted connection. Whatever the peer does on it concerns this connection alone. */
  accept(socket: Socket): void {
    this.#logErrors(socket);
    socket.setNoDelay(true);
    if (this.#entrance === undefined) this.#injector.injectConnection(socket);
    else this.#entrance.accept(socket);
  }

  #openEntrance(tls: TlsFiles, handshakes: WaitingRoomOptions, log: Logger): TlsEntrance {
    const onProven = (connection: Socket) => {
      this.#logErrors(connection);
      this.#injector.injectConnection(connection);
    };
    try {
      return new TlsEntrance({ tls, log, handshakes, onProven });
    } catch (error) {
      throw new BatonError(Code.Unknown, "the certificates of the start-up line cannot be used", {
        kind: "configuration",
        cause: error,
      });
    }
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
      this.#environment.log.error("an answer could not be sent", { path: endpoint.path, error });
    };
    if (endpoint.kind === "unary") {
      this.#add(endpoint.path, toUnaryCall(endpoint.bind(this.#environment), unsent), "unary");
    } else {
      this.#add(endpoint.path, toStreamingCall(endpoint.bind(this.#environment), unsent), "serverStream");
    }
  }

  #add(path: string, handler: Handler, type: "unary" | "serverStream" | "bidi"): void {
    const same = (bytes: Buffer) => bytes;
    if (this.#server.register(path, handler, same, same, type)) return;
    throw new BatonError(Code.Internal, `the method ${path} is registered twice`);
  }
}

function toUnaryCall(
  handle: UnaryHandler,
  unsent: (error: unknown) => void,
): handleUnaryCall<Buffer, Buffer> {
  return (call, respond) => {
    handle(toIncomingCall(call))
      .then((end) => {
        if ("bytes" in end) respond(null, end.bytes, toMetadata(end.trailers));
        else respond(toStatus(end));
      })
      .catch(unsent);
  };
}

function toStreamingCall(
  handle: StreamHandler,
  unsent: (error: unknown) => void,
): handleServerStreamingCall<Buffer, Buffer> {
  return (call) => {
    handle(toIncomingCall(call), call)
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

function toIncomingCall(call: GrpcCall): IncomingCall {
  const deadline = Number(call.getDeadline());
  return {
    request: call.request,
    peer: call.getPeer(),
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

function toStatus({ code, message, details }: WireStatus) {
  const metadata = new Metadata();
  if (details !== undefined) metadata.set(STATUS_DETAILS_KEY, details);
  return { code, details: message, metadata };
}

function toMetadata(trailers: Trailers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return metadata;
}
