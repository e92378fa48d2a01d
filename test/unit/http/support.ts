import { createServer, type RequestListener } from "node:http";
import type { Server, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { HttpClient, type HttpClientOptions } from "#http/http-client.ts";
import { systemClock } from "#kernel/clock.ts";
import type { CallContext } from "#kernel/context.ts";
import { silentLogger } from "#kernel/logger.ts";

export const context: CallContext = {
  signal: new AbortController().signal,
  log: silentLogger,
  clock: systemClock,
};

/** Lets a server listen on a free port of this machine until the test ends; gives the port. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

/** Starts a plain HTTP server for the test; gives its origin. */
export async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
}

/** A client with small bounds and an empty environment, closed when the test ends. */
export function makeClient(origin: string, options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({
    upstream: "Acme",
    origin,
    userAgent: "test",
    allowWrites: false,
    totalTimeoutMs: 5_000,
    maxBodyBytes: 10_000,
    environment: {},
    redact: (text) => text,
    ...options,
  });
  onTestFinished(async () => client.close());
  return client;
}
