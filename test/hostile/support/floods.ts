import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { connect as connectTls } from "node:tls";

/** Connections of an attacker; they stay open until {@link Flood.end} or until the other side closes them. */
export class Flood {
  readonly #sockets: Socket[] = [];

  /** Opens connections and sends `bytes` on each, and nothing more. */
  async open(count: number, where: NetConnectOpts, bytes?: Uint8Array): Promise<void> {
    // The backlog of a listener is 511 connections long: more at a time are turned away by the system.
    for (let done = 0; done < count; done += 256) {
      await Promise.all(Array.from({ length: Math.min(256, count - done) }, () => this.#dial(where, bytes)));
    }
  }

  /** How many of the connections are still open. */
  get alive(): number {
    return this.#sockets.filter((socket) => !socket.closed).length;
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #dial(where: NetConnectOpts, bytes: Uint8Array | undefined): Promise<void> {
    const socket = connect(where);
    this.#sockets.push(socket);
    // Being closed is what an attacker has to expect; it shows only to those who read.
    socket.on("error", () => undefined).resume();
    await once(socket, "connect").catch(() => undefined);
    if (bytes !== undefined) socket.write(bytes);
  }
}

/** The first message of a TLS handshake, as Node sends it. */
export async function makeClientHello(): Promise<Buffer> {
  const [near, far] = duplexPair();
  const client = connectTls({ socket: near, ALPNProtocols: ["h2"] });
  client.on("error", () => undefined);
  const [hello] = await once(far, "data");
  client.destroy();
  return hello;
}
