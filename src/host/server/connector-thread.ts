import { once } from "node:events";
import type { MessagePort } from "node:worker_threads";
import { systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Connector } from "#runtime/connector.ts";
import type { IncomingCall, UnaryHandler } from "#runtime/unary.ts";
import { type ConnectorMessage, type HostMessage, ownBytes } from "#wire/thread-messages.ts";
import { ConnectorCore, type ConnectorCoreOptions } from "./connector-core.ts";
import { reportUnhandledRejections } from "./process.ts";

export interface ConnectorThreadOptions extends Omit<ConnectorCoreOptions, "connector" | "clock"> {
  /** Makes the connector; does no I/O. */
  readonly createConnector: () => Connector | Promise<Connector>;
  readonly port: MessagePort;
}

/**
 * Serves a connector to the host in whose process this thread runs, until the host closes the connection. Resolves
 * with the exit code of the thread. What a call and its response look like is the same as over gRPC; only the
 * connection, its encryption and its certificates are not needed between threads.
 */
export async function runConnectorThread(options: ConnectorThreadOptions): Promise<number> {
  const reportForgotten = reportUnhandledRejections(options.log);
  process.on("unhandledRejection", reportForgotten);
  try {
    return await serve(options);
  } finally {
    process.off("unhandledRejection", reportForgotten);
  }
}

async function serve(options: ConnectorThreadOptions): Promise<number> {
  const { createConnector, port } = options;
  const connector = await createConnector();
  const core = new ConnectorCore({ ...options, connector, clock: systemClock });
  const closed = once(port, "close");
  const calls = new ThreadCalls(core, port);
  port.on("message", (message: HostMessage) => calls.receive(message));
  port.postMessage({ kind: "ready" } satisfies ConnectorMessage);
  void core.prepare();
  await closed;
  await core.end(new BatonError(Code.Canceled, "the host is gone"), 0);
  return Code.Ok;
}

/** The calls of the host. */
class ThreadCalls {
  readonly #port: MessagePort;
  readonly #handlers: ReadonlyMap<string, UnaryHandler>;
  /** Aborts a call in flight that nobody waits for any more. */
  readonly #cancel = new Map<number, () => void>();

  constructor({ endpoints, environment }: ConnectorCore, port: MessagePort) {
    this.#port = port;
    const handlers = new Map<string, UnaryHandler>();
    for (const endpoint of endpoints) {
      if (endpoint.kind === "unary") handlers.set(endpoint.path, endpoint.bind(environment));
    }
    this.#handlers = handlers;
  }

  receive(message: HostMessage): void {
    if (message.kind === "cancel") this.#cancel.get(message.id)?.();
    else void this.#serve(message);
  }

  async #serve({ id, path, request, headers }: Extract<HostMessage, { kind: "call" }>): Promise<void> {
    const call: IncomingCall = {
      request: Buffer.from(request.buffer, request.byteOffset, request.byteLength),
      peer: "host",
      deadline: undefined,
      findHeader: (name) => headers[name],
      onCancelled: (listener) => this.#cancel.set(id, listener),
    };
    const handle = this.#handlers.get(path);
    const end =
      handle === undefined
        ? { code: Code.Unimplemented, message: `there is no method ${path}`, details: undefined }
        : await handle(call);
    this.#cancel.delete(id);
    if ("bytes" in end) {
      const bytes = ownBytes(end.bytes);
      this.#port.postMessage(
        { kind: "answer", id, bytes, trailers: end.trailers } satisfies ConnectorMessage,
        [bytes.buffer],
      );
    } else {
      this.#port.postMessage({ kind: "failure", id, ...end } satisfies ConnectorMessage);
    }
  }
}
