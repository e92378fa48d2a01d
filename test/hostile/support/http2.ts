import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Frame types of RFC 9113, section 6. */
export const Type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
} as const;

export const Flag = { none: 0, end: 1, ack: 1, endHeaders: 4, padded: 8 } as const;

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** A frame, right or wrong. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** One setting. */
export function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

/** A header field in HPACK: not indexed, in plain text (RFC 7541, section 6.2.2). */
export function header(name: string, value: string, first = 0x00): Buffer {
  return Buffer.concat([Buffer.of(first), hpackText(name), hpackText(value)]);
}

function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([hpackLength(bytes.length), bytes]);
}

/** A length with a prefix of seven bits (RFC 7541, section 5.1). */
function hpackLength(length: number): Buffer {
  if (length < 127) return Buffer.of(length);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** The header block of a call. */
export function callHeaders(...more: readonly Buffer[]): Buffer {
  return Buffer.concat([
    header(":method", "POST"),
    header(":scheme", "http"),
    header(":path", "/c1.connector.v2.ConnectorService/Validate"),
    header(":authority", "localhost"),
    header("content-type", "application/grpc"),
    header("te", "trailers"),
    ...more,
  ]);
}

/** A connection over which an attacker writes what he likes. */
export class RawConnection {
  readonly #socket: Socket;
  #closed = false;

  constructor(port: number, reads = true) {
    this.#socket = connect(port, "127.0.0.1").on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#closed = true;
    });
    // Each write that has to wait listens for the end, too.
    this.#socket.setMaxListeners(0);
    if (reads) this.#socket.resume();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Writes, and waits while the other side does not read; false once the connection is closed. */
  async write(bytes: Uint8Array): Promise<boolean> {
    if (this.#closed) return false;
    if (this.#socket.write(bytes)) return true;
    // A server that stops reading holds the attacker up, which is as good as an end.
    return await Promise.race([
      new Promise<boolean>((resolve) => {
        this.#socket.once("drain", () => resolve(true)).once("close", () => resolve(false));
      }),
      sleep(2_000, false),
    ]);
  }

  /** Whether the other side ends the connection within `ms`. */
  async ends(ms: number): Promise<boolean> {
    if (!this.#closed) {
      const closed = new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
      await Promise.race([closed, sleep(ms)]);
    }
    return this.#closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
