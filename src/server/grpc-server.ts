import type { Socket } from "node:net";
import {
  type ConnectionInjector,
  type handleBidiStreamingCall,
  Metadata,
  Server,
  type ServerCredentials,
  type ServerOptions,
} from "@grpc/grpc-js";
import { BatonError, Code } from "#kernel/errors.ts";
import type { CallEnvironment, Endpoint } from "#runtime/unary.ts";

/** Largest request, as in Go connectors (the default of gRPC). */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

type Handler = ReturnType<Endpoint["bind"]> | BidiMethod["handle"];

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
}

/** A gRPC server that is fed with accepted sockets, because gRPC cannot adopt an inherited listener itself. */
export class GrpcServer {
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  readonly #environment: CallEnvironment;

  /** Throws `Unknown` if the certificates are unusable. */
  constructor(
    endpoints: readonly Endpoint[],
    credentials: ServerCredentials,
    environment: Omit<CallEnvironment, "createMetadata">,
    { bidiMethods = [], limits = {} }: ServerExtras = {},
  ) {
    this.#environment = { ...environment, createMetadata: () => new Metadata() };
    this.#server = new Server({
      // Bookkeeping per call that nothing here reads.
      "grpc.enable_channelz": 0,
      "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
      "grpc.max_send_message_length": -1,
      ...limits,
    });
    for (const endpoint of endpoints) this.#register(endpoint);
    for (const { path, handle } of bidiMethods) this.#add(path, handle, "bidi");
    try {
      this.#injector = this.#server.createConnectionInjector(credentials);
    } catch (error) {
      throw new BatonError(Code.Unknown, "the certificates of the start-up line cannot be used", {
        kind: "configuration",
        cause: error,
      });
    }
  }

  /** Serves one accepted connection. Whatever the peer does on it concerns this connection alone. */
  accept(socket: Socket): void {
    socket.on("error", (error) => {
      this.#environment.log.debug("a connection ended with an error", { grpc_log: true, error });
    });
    socket.setNoDelay(true);
    this.#injector.injectConnection(socket);
  }

  /** Tells clients to go elsewhere with new calls; those in flight may go on for `graceMs` milliseconds. */
  drain(graceMs: number): void {
    this.#injector.drain(graceMs);
  }

  /** Tells clients to go elsewhere, then ends what is left. Call it when no calls are in flight. */
  close(): void {
    this.#injector.drain(DRAIN_GRACE_MS);
    this.#server.forceShutdown();
  }

  #register(endpoint: Endpoint): void {
    const handler = endpoint.bind(this.#environment);
    this.#add(endpoint.path, handler, endpoint.kind === "unary" ? "unary" : "serverStream");
  }

  #add(path: string, handler: Handler, type: "unary" | "serverStream" | "bidi"): void {
    const same = (bytes: Buffer) => bytes;
    if (this.#server.register(path, handler, same, same, type)) return;
    throw new BatonError(Code.Internal, `the method ${path} is registered twice`);
  }
}
