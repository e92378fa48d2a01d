import { MessageChannel, type MessagePort, type Worker } from "node:worker_threads";
import { type BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { describeSystemFault, toFaultError } from "#kernel/system-error.ts";
import { raceAbort } from "#kernel/waiting.ts";
import type { ConnectorMessage, ThreadStart } from "#wire/thread-messages.ts";
import { connectionClosed, endedByItself } from "./calls.ts";
import type { LaunchOptions } from "./launch.ts";
import type { LaunchedConnector } from "./launched.ts";
import { ThreadChannel } from "./thread-channel.ts";

/** A thread that runs this program, and what it gets. The arguments already end in the hidden subcommand. */
export interface ThreadCommand {
  readonly worker: Worker;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A connector leaves when its connection closes; one that does not is stopped. */
const EXIT_GRACE_MS = 2_000;

/**
 * Starts the connector in a thread of this process. It has memory, settings and event loop of its own and is
 * spoken to in the same messages as a connector process, but is there sooner, and answers need no second copy.
 *
 * @throws BatonError if it ends before it serves.
 */
export async function launchConnectorThread(
  { worker, args, env }: ThreadCommand,
  options: Pick<LaunchOptions, "log" | "signal" | "onStderr" | "span">,
): Promise<LaunchedConnector> {
  if (options.signal.aborted) {
    await worker.terminate();
    throw options.signal.reason;
  }
  const { port1: port, port2: connectorPort } = new MessageChannel();
  const { onStderr } = options;
  const start: ThreadStart = { args, env: { ...env }, connectorPort, relayLog: onStderr !== undefined };
  worker.postMessage(start, [connectorPort]);
  const channel = new ThreadChannel(port);
  let closing = false;
  const gone = endOf(worker).then(({ exitCode, error }) => {
    const reason = closing ? connectionClosed() : explainEnd(exitCode, error);
    if (!closing) options.log.error("the connector is gone", { error: reason });
    channel.fail(reason);
    return reason;
  });
  const close = async (): Promise<void> => {
    closing = true;
    channel.close();
    const timer = setTimeout(() => void worker.terminate(), EXIT_GRACE_MS);
    await gone;
    clearTimeout(timer);
  };
  // Loaded while the connector starts.
  const loading = import("./launched.ts");
  try {
    await becomeReady(port, channel, gone, options);
  } catch (error) {
    await close();
    throw error;
  }
  const { toLaunchedConnector } = await loading;
  return toLaunchedConnector(channel, { pid: undefined, gone, close }, options.span);
}

/** How a thread has ended. */
interface ThreadEnd {
  readonly exitCode: number;
  /** What it could not say itself, such as that it is out of memory. */
  readonly error?: unknown;
}

function explainEnd(exitCode: number, error: unknown): BatonError {
  const fault = describeSystemFault(error);
  if (fault !== undefined) return toFaultError(fault, error, "start the connector");
  return endedByItself(
    "the connector",
    exitCode,
    error === undefined ? undefined : toBatonError(error).message,
  );
}

/** Never rejects. */
function endOf(worker: Worker): Promise<ThreadEnd> {
  // A thread that was started long ago may have ended before anybody listened.
  if (worker.threadId < 0) return Promise.resolve({ exitCode: Code.Internal });
  return new Promise((resolve) => {
    let error: unknown;
    worker.on("error", (thrown) => {
      error = thrown;
    });
    worker.once("exit", (exitCode) => resolve({ exitCode, error }));
  });
}

/** Resolves once the connector serves; from then on its responses find their calls. */
async function becomeReady(
  port: MessagePort,
  channel: ThreadChannel,
  gone: Promise<BatonError>,
  { signal, onStderr }: Pick<LaunchOptions, "signal" | "onStderr">,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  port.on("message", (message: ConnectorMessage) => {
    if (message.kind === "ready") resolve();
    else if (message.kind === "log") onStderr?.(Buffer.from(message.line));
    else channel.receive(message);
  });
  void gone.then(reject);
  await raceAbort(promise, signal);
}
