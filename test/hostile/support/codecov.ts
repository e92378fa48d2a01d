import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** A request as far as a hostile server looks at it. */
export interface Asked {
  /** With the query. */
  readonly path: string;
  /** How many requests came before it. */
  readonly index: number;
}

/** Writes what it likes on a connection, in answer to a request. */
export type Reply = (socket: Socket, asked: Asked) => void | Promise<void>;

export interface HostileCodecov extends AsyncDisposable {
  readonly origin: string;
  /** The beginnings of all requests. */
  readonly requests: string[];
}

/** A server that answers in its own way; the program takes it for Codecov. */
export async function startHostileCodecov(reply: Reply): Promise<HostileCodecov> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    let unread = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      unread += text;
      for (let end = unread.indexOf("\r\n\r\n"); end >= 0; end = unread.indexOf("\r\n\r\n")) {
        const head = unread.slice(0, end);
        unread = unread.slice(end + 4);
        void reply(socket, { path: head.split(" ")[1] ?? "", index: requests.push(head) - 1 });
      }
    });
  });
  return {
    origin: await listenOnLoopback(server),
    requests,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function listenOnLoopback(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}

/** An answer as a server should write it. */
export function answer(
  body: string | Uint8Array,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const fields = { "content-type": "application/json", "content-length": String(bytes.length), ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} Some Reason\r\n${lines.join("")}\r\n`, "latin1"),
    bytes,
  ]);
}

/** The same bytes to whoever asks; the connection stays open unless it is to end. */
export function always(bytes: string | Uint8Array, then: "keep" | "end" = "keep"): Reply {
  return (socket) => {
    if (then === "end") socket.end(bytes);
    else socket.write(bytes);
  };
}

/** Writes `first`, and then `more` again and again for as long as it is read. */
export function endlessly(first: string, more: string | Uint8Array): Reply {
  const chunk = Buffer.from(more);
  return (socket) => {
    const pump = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", pump);
    socket.write(first);
    pump();
  };
}

/** A row of the roster. */
export function member(index: number, more: object = {}) {
  return {
    service: "github",
    username: `member-${index}`,
    name: `Member ${index}`,
    email: `member-${index}@example.com`,
    activated: true,
    is_admin: index === 0,
    ...more,
  };
}

/** A page of a list as Codecov gives it. */
export function page(rows: readonly unknown[], count = rows.length, next: string | null = null): string {
  return JSON.stringify({ count, next, previous: null, results: rows, total_pages: 1 });
}

/** Answers everything but pages of the roster as an honest Codecov with one admin; those are up to `roster`. */
export function honestBut(roster: (page: number, size: number, socket: Socket) => string | undefined): Reply {
  return (socket, { path }) => {
    const { pathname, searchParams } = new URL(path, "http://localhost");
    if (!pathname.endsWith("/acme/users/") || searchParams.has("is_admin")) {
      const isList = /\/(?:users|user-sessions|github)\/$/.test(pathname);
      const owner = { service: "github", username: "acme", name: "Acme" };
      socket.write(
        answer(
          isList
            ? page([member(0, { has_active_session: false, expiry_date: null })])
            : JSON.stringify(owner),
        ),
      );
      return;
    }
    const body = roster(Number(searchParams.get("page")), Number(searchParams.get("page_size")), socket);
    if (body !== undefined) socket.write(answer(body));
  };
}
