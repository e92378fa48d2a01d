import { createServer, type Server, type Socket } from "node:net";
import { BatonError, Code } from "#kernel/errors.ts";
import { LOOPBACK } from "#kernel/loopback.ts";
import { LISTENER_FD_VARIABLE } from "#wire/names.ts";

export interface ListenOptions {
  /** Port that the host announced. */
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  /** `process.platform`: on Windows there is nothing to inherit and the port is opened here. */
  readonly platform: NodeJS.Platform;
  readonly onConnection: (socket: Socket) => void;
}

/**
 * Starts accepting connections: on the listener that the host opened and passed on, or on Windows at the
 * announced port of `127.0.0.1`. Throws `Unknown` if there is no such listener or it has another port.
 */
export async function listen(options: ListenOptions): Promise<Server> {
  const { port, env, platform, onConnection } = options;
  const server = createServer(onConnection);
  if (platform === "win32") {
    await start(server, { host: LOOPBACK, port, exclusive: true }, `${LOOPBACK}:${port}`);
    return server;
  }
  const fd = parseDescriptor(env[LISTENER_FD_VARIABLE]);
  await start(server, { fd }, `the inherited descriptor ${fd}`);
  const address = server.address();
  const actual = address === null || typeof address === "string" ? undefined : address.port;
  if (actual === port) return server;
  server.close();
  throw failure(
    actual === undefined
      ? `the inherited descriptor ${fd} is not a TCP listener`
      : `the inherited listener has port ${actual}, the host announced ${port}`,
  );
}

function parseDescriptor(text: string | undefined): number {
  if (text === undefined || text === "") {
    throw failure(`${LISTENER_FD_VARIABLE} is not set; a connector host sets it when it starts this program`);
  }
  if (!/^\d{1,9}$/.test(text)) throw failure(`${LISTENER_FD_VARIABLE} is not a descriptor number: "${text}"`);
  return Number(text);
}

function start(
  server: Server,
  where: { readonly fd: number } | { readonly host: string; readonly port: number; readonly exclusive: true },
  name: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => reject(failure(`cannot listen on ${name}: ${error.message}`, error));
    server.once("error", refuse);
    server.listen(where, () => {
      server.off("error", refuse);
      resolve();
    });
  });
}

function failure(message: string, cause?: Error): BatonError {
  return new BatonError(Code.Unknown, message, {
    kind: "configuration",
    ...(cause === undefined ? {} : { cause }),
  });
}
