import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { BatonError, Code } from "#kernel/errors.ts";
import { LOOPBACK } from "#kernel/loopback.ts";

/** A loopback TCP port on which a child process is going to serve. */
export interface ChildListener {
  readonly port: number;
  /** Descriptor of the listening socket to hand over, or undefined where none can be inherited (Windows). */
  readonly descriptor: number | undefined;
  /** Lets go of this process's copy. Call it as soon as the child has been spawned. */
  close(): Promise<void>;
}

/**
 * Opens the socket on which the connector will serve, so that the port is known and accepting before the
 * child exists.
 *
 * On Unix the child inherits the listening socket itself: `descriptor` goes into the `stdio` array of
 * `spawn`, which duplicates it. Node accepts connections on every socket that it listens on, so the copy in
 * this process must be closed right after the spawn; a connection that came in between is dropped. Once
 * closed, the port dies with the child, and a dial to a dead child is refused at once.
 *
 * On Windows sockets are not inherited: the port is picked, freed, and only its number is passed on.
 */
export async function openChildListener(
  platform: NodeJS.Platform = process.platform,
): Promise<ChildListener> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ port: 0, host: LOOPBACK, exclusive: true });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new BatonError(Code.Internal, `the listener on ${LOOPBACK} has no port`);
  }
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  if (platform !== "win32") return { port: address.port, descriptor: descriptorOf(server), close };
  await close();
  return { port: address.port, descriptor: undefined, close };
}

/**
 * Node has no public way from a listening server to its descriptor, and `spawn` takes no server object
 * (checked with Node 24.21 and 26.10). The handle's `fd` has been there since the handles exist, and a test
 * of this module fails if a Node release takes it away.
 */
function descriptorOf(server: Server): number {
  const handle: unknown = Reflect.get(server, "_handle");
  const descriptor: unknown =
    typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined;
  if (typeof descriptor !== "number" || descriptor < 0) {
    throw new BatonError(
      Code.Internal,
      `Node ${process.version} does not reveal the descriptor of a listening socket; use a supported version`,
    );
  }
  return descriptor;
}
