import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import type { Clock } from "#kernel/clock.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Redactor } from "#kernel/secret.ts";
import { WaitingRoom, type WaitingRoomOptions } from "#web/waiting-room.ts";
import type { TlsFiles } from "#wire/tls.ts";
import { BoundedWarnings } from "./bounded-warnings.ts";
import { type ClientName, describeClient, isAllowed } from "./client-names.ts";

/** A client that wants to be served is through in milliseconds, or in a few seconds from the other end of the world. */
const HANDSHAKE_MS = 10_000;

/** Characters of a text that comes from a certificate or an error, in the log. */
const MAX_TEXT = 256;

export interface TlsEntranceOptions {
  readonly tls: TlsFiles;
  readonly log: Logger;
  readonly clock: Clock;
  readonly redactor: Redactor;
  /** Bounds what peers without a certificate can hold: an unfinished handshake costs about 80 KiB. */
  readonly handshakes: WaitingRoomOptions;
  /** Who of the authority's clients may connect; all if empty. */
  readonly allowed: readonly ClientName[];
  /** Gets each connection whose client has shown a certificate of the authority, with that client for the log. */
  readonly onProven: (connection: TLSSocket, client: string) => void;
}

/**
 * Lets in who shows a certificate of the authority. gRPC could do the handshakes as well, but would give each two minutes
 * and bound their number only together with that of the connections.
 */
export class TlsEntrance {
  readonly #options: TlsEntranceOptions;
  readonly #server: TlsServer;
  readonly #room: WaitingRoom;
  readonly #refusedHandshakes: BoundedWarnings;
  readonly #refusedClients: BoundedWarnings;
  /** Unfinished handshakes by the peer's address and port. TLS reports the end of a handshake without its socket. */
  readonly #unfinished = new Map<string, Socket>();

  /** Throws what Node finds wrong with certificates and key. */
  constructor(options: TlsEntranceOptions) {
    const { tls, log, clock, handshakes } = options;
    this.#options = options;
    this.#room = new WaitingRoom(handshakes);
    this.#refusedHandshakes = new BoundedWarnings(log, clock);
    this.#refusedClients = new BoundedWarnings(log, clock);
    // Node skips an authority that it cannot read, and then silently trusts nobody.
    void new X509Certificate(tls.ca);
    this.#server = createServer({
      ...tls,
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ["h2"],
      handshakeTimeout: HANDSHAKE_MS,
    });
    this.#server.on("tlsClientError", (error, connection) => {
      this.#tellRefusal(error, connection);
      connection.destroy();
    });
    this.#server.on("secureConnection", (connection) => {
      const peer = peerOf(connection);
      const socket = this.#unfinished.get(peer);
      if (socket !== undefined) this.#room.leave(socket);
      this.#unfinished.delete(peer);
      this.#admit(connection);
    });
  }

  /**
   * Begins the handshake. On a Unix socket only its time is limited: the mode of the file decides who gets that far.
   */
  accept(socket: Socket): void {
    if (socket.remotePort !== undefined) {
      const peer = peerOf(socket);
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

  /**
   * Has other certificates for handshakes from now on; connections that are there stay. Throws what Node finds wrong with
   * the files, and then nothing has changed.
   */
  renew(files: TlsFiles): void {
    this.#server.setSecureContext({ ...files });
  }

  /** Closes what has not finished its handshake. */
  close(): void {
    this.#room.close();
    this.#refusedHandshakes.close();
    this.#refusedClients.close();
  }

  #admit(connection: TLSSocket): void {
    const { allowed, onProven } = this.#options;
    const raw = rawSocketOf(connection);
    if (connection.remoteAddress === undefined && raw !== undefined) {
      // A connection over a Unix socket: gRPC names it as the listener does.
      Object.defineProperty(connection, "remoteAddress", { value: raw.remoteAddress });
    }
    const certificate = connection.getPeerX509Certificate();
    const client = this.#toLine(certificate === undefined ? "" : describeClient(certificate));
    if (allowed.length === 0 || (certificate !== undefined && isAllowed(certificate, allowed))) {
      onProven(connection, client);
      return;
    }
    this.#refusedClients.warn(
      "a client was refused because its certificate has none of the names in --tls-allowed-sans",
      {
        "peer.address": addressOf(raw ?? connection),
        "peer.subject": client,
        "peer.names": this.#toLine(certificate?.subjectAltName ?? ""),
      },
    );
    connection.destroy();
  }

  /** A client that leaves by itself, such as a probe that only connects, was not refused. */
  #tellRefusal(error: NodeJS.ErrnoException & { reason?: string }, connection: TLSSocket): void {
    // Of a peer that is gone, Node has forgotten the address.
    const fields = { grpc_log: true, "peer.address": addressOf(rawSocketOf(connection) ?? connection) };
    // A certificate that does not do; the error then says only that the connection has ended. Null if there is none.
    const problem: unknown = connection.authorizationError;
    if (error.code === "ECONNRESET" && typeof problem !== "string") {
      this.#options.log.debug("a TLS handshake was not completed", { ...fields, error });
      return;
    }
    const reason = typeof problem === "string" ? problem : (error.reason ?? error.message);
    this.#refusedHandshakes.warn("a TLS handshake was refused", { ...fields, reason: this.#toLine(reason) });
  }

  #toLine(text: string): string {
    return this.#options.redactor.toLine(text, MAX_TEXT);
  }
}

function peerOf({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return remoteAddress === undefined ? "" : `${remoteAddress} ${remotePort}`;
}

/** As gRPC writes it. */
function addressOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? remoteAddress : `${remoteAddress}:${remotePort}`;
}

/** What TLS was put upon. Node does not document the property; all that depends on it is how peers are named. */
function rawSocketOf(connection: TLSSocket): Socket | undefined {
  return "_parent" in connection ? (connection._parent as Socket | undefined) : undefined;
}
