import type { Socket } from "node:net";
import type { BatonError } from "#kernel/errors.ts";
import type { Registry } from "#runtime/registry.ts";
import type { Endpoint } from "#runtime/unary.ts";
import type { TlsFiles } from "#wire/tls.ts";
import { ConnectorCore, type ConnectorCoreOptions } from "./connector-core.ts";
import { GrpcServer, type ServerExtras } from "./grpc-server.ts";

export interface ConnectorServerOptions extends ConnectorCoreOptions {
  /** Undefined for connections that need none. */
  readonly tls: TlsFiles | undefined;
  /** Endpoints beside those of the contract. */
  readonly moreEndpoints?: (registry: Registry) => readonly Endpoint[];
  readonly extras?: ServerExtras;
}

/** A connector served over gRPC, until {@link ConnectorServer.end}. Feed it with sockets. */
export class ConnectorServer {
  /** Full names of the services it has. */
  readonly services: readonly string[];
  readonly #core: ConnectorCore;
  readonly #server: GrpcServer;

  /** @throws BatonError if the connector contradicts itself or the certificates are unusable. */
  constructor({ tls, moreEndpoints, extras, ...options }: ConnectorServerOptions) {
    this.#core = new ConnectorCore(options);
    const { registry, environment } = this.#core;
    const endpoints = [...this.#core.endpoints, ...(moreEndpoints?.(registry) ?? [])];
    const methods = [...endpoints, ...(extras?.bidiMethods ?? [])];
    this.services = [...new Set(methods.map(({ path }) => path.split("/")[1] ?? ""))].toSorted();
    this.#server = new GrpcServer(endpoints, tls, environment, extras);
  }

  /** See {@link ConnectorCore.prepare}. */
  prepare(): Promise<void> {
    return this.#core.prepare();
  }

  /** Serves one accepted connection. */
  accept(socket: Socket): void {
    this.#server.accept(socket);
  }

  /** See {@link GrpcServer.renew}. */
  renew(files: TlsFiles): void {
    this.#server.renew(files);
  }

  /** Takes no new calls on the connections there are, and lets those in flight go on for `graceMs` milliseconds. */
  drain(graceMs: number): void {
    this.#server.drain(graceMs);
  }

  /**
   * Ends calls and connector, see {@link ConnectorCore.end}. The last responses get `flushMs` to leave, since closing
   * a connection cuts off what is still on its way.
   */
  async end(reason: BatonError, drainMs: number, flushMs = 0): Promise<void> {
    await this.#core.end(reason, drainMs);
    if (flushMs > 0) await this.#core.environment.clock.sleep(flushMs);
    this.#server.close();
  }
}
