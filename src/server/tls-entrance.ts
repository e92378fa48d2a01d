import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import type { Logger } from "#kernel/logger.ts";
import { WaitingRoom, type WaitingRoomOptions } from "./waiting-room.ts";

/** What mutual TLS takes on the side of the server, in PEM. */
export interface TlsFiles {
  /** The authority of the clients' certificates. */
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A client that wants to be served is through in milliseconds, or in a few seconds from the other end of the world. */
const HANDSHAKE_MS = 10_000;

export interface TlsEntranceOptions {
  readonly tls: TlsFiles;
  readonly log: Logger;
  /** Bounds what peers without a certificate can hold: an unfinished handshake costs about 80 KiB. */
  readonly handshakes: WaitingRoomOptions;
  /** Gets each connection whose client has shown a certificate of the authority. */
  readonly onProven: (connection: TLSSocket) => void;
}

/**
 * Lets in who shows a certificate of the authority. gRPC could do the handshakes as well, but would give each two minutes
 * and bound their number only together with that of the connections.
 */
export class TlsEntrance {
  readonly #server: TlsServer;
  readonly #room: WaitingRoom;
  /** Unfinished handshakes by the peer's address and port. TLS tells of the end of a handshake without its socket. */
  readonly #unfinished = new Map<string, Socket>();

  /** Throws what Node finds wrong with certificates and key. */
  constructor({ tls, log, handshakes, onProven }: TlsEntranceOptions) {
    this.#room = new WaitingRoom(handshakes);
    // Node passes over an authority that it cannot read, and then trusts nobody without a word.
    void new X509Certificate(tls.ca);
    this.#server = createServer({
      ...tls,
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ["h2"],
      handshakeTimeout: HANDSHAKE_MS,
    });
    this.#server.on("tlsClientError", (error, connection) => {
      log.debug("a TLS handshake failed", { grpc_log: true, error });
      connection.destroy();
    });
    this.#server.on("secureConnection", (connection) => {
      const peer = peerOf(connection);
      const socket = this.#unfinished.get(peer);
      if (socket !== undefined) this.#room.leave(socket);
      this.#unfinished.delete(peer);
      onProven(connection);
    });
  }

  /**
   * Begins the handshake. On a Unix socket only its time is limited: the mode of the file decides who gets that far.
   */
  accept(socket: Socket): void {
    const peer = peerOf(socket);
    if (peer !== "") {
      this.#unfinished.set(peer, socket);
      socket.once("close", () => this.#unfinished.delete(peer));
      this.#room.enter(socket);
    }
    // Of a flood, all that wait at the listener are accepted in one go. Most lose their places in that moment, and
    // nothing is spent on them.
    setImmediate(() => {
      if (!socket.destroyed) this.#server.emit("connection", socket);
    });
  }

  /** Closes what has not finished its handshake. */
  close(): void {
    this.#room.close();
  }
}

function peerOf({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return remoteAddress === undefined ? "" : `${remoteAddress} ${remotePort}`;
}
