/** Apart from `launch-thread.ts`, so that a sync from the shell does not load what starts a connector process. */

import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { Span } from "#kernel/trace.ts";
import {
  type ChildExit,
  type ConnectorChild,
  type ConnectorCommand,
  spawnConnector,
  spawnFailure,
  unexpectedExit,
} from "./child.ts";
import type { LaunchedConnector } from "./launched.ts";
import { openChildListener } from "./listener.ts";

export type { LaunchedConnector } from "./launched.ts";

export interface LaunchOptions {
  readonly log: Logger;
  /** Gives up starting; ends no connector that has started. */
  readonly signal: AbortSignal;
  /** How long the process may take until it serves, in milliseconds. */
  readonly startTimeoutMs?: number;
  /** Sees what the process writes to standard error; without it, that goes to our own standard error. */
  readonly onStderr?: (chunk: Buffer) => void;
  /** What traces show the calls as a part of; calls are not traced without it. */
  readonly span?: Span | undefined;
}

/** Go connectors are there within milliseconds, a Node program on a busy machine within seconds. */
const START_TIMEOUT_MS = 60_000;

/**
 * Starts a connector process the way a connector host does and connects to it.
 *
 * The process is spawned before anything else is loaded; gRPC and the certificates are made ready while it
 * starts. Await {@link LaunchedConnector} as late as possible and load what else is needed meanwhile.
 *
 * @throws BatonError if the process cannot be started, ends before it serves or does not serve in time; it
 *   is then gone.
 */
export async function launchConnector(
  command: ConnectorCommand,
  options: LaunchOptions,
): Promise<LaunchedConnector> {
  options.signal.throwIfAborted();
  const listener = await openChildListener();
  let child: ConnectorChild;
  try {
    child = spawnConnector(command, listener, options.onStderr !== undefined);
  } catch (error) {
    throw spawnFailure(command, error);
  } finally {
    await listener.close();
  }
  if (options.onStderr !== undefined) child.onStderr(options.onStderr);
  const gone = child.exited.then(
    (exit: ChildExit) =>
      child.closing ? new BatonError(Code.Canceled, "the connector process was ended") : unexpectedExit(exit),
    (error: unknown) => spawnFailure(command, error),
  );
  try {
    return await connect(child, listener.port, gone, options);
  } catch (error) {
    // What never served has nothing to finish.
    await child.close(0);
    throw error;
  }
}

async function connect(
  child: ConnectorChild,
  port: number,
  gone: Promise<BatonError>,
  options: LaunchOptions,
): Promise<LaunchedConnector> {
  const [{ ConnectorChannel }, { toLaunchedConnector }, { createLocalCredentials }, { encodeStartupLine }] =
    await Promise.all([
      import("./channel.ts"),
      import("./launched.ts"),
      import("./certs.ts"),
      import("#wire/server-config.ts"),
    ]);
  const { server, client } = createLocalCredentials(Date.now());
  child.sendLine(encodeStartupLine({ credential: server, listenPort: port, sessionStorePort: 0 }));

  const channel = new ConnectorChannel(port, client);
  void gone.then((reason) => {
    if (!child.closing) options.log.error("the connector process is gone", { error: reason });
    channel.fail(reason);
  });
  const startTimeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(startTimeoutMs);
  try {
    await channel.ready(AbortSignal.any([options.signal, timeout]));
  } catch (error) {
    channel.close();
    if (!timeout.aborted || options.signal.aborted) throw error;
    throw new BatonError(
      Code.DeadlineExceeded,
      `the connector process did not accept a connection within ${startTimeoutMs / 1000} s`,
    );
  }
  const close = async (): Promise<void> => {
    channel.close();
    await child.close();
  };
  return toLaunchedConnector(channel, { pid: child.pid, gone, close }, options.span);
}
