/** What a host and a connector in a thread of the same process say to each other. */

import { type MessagePort, parentPort, workerData } from "node:worker_threads";

/** Recognises a connector thread by its `workerData`. */
export const CONNECTOR_THREAD = "connector";

/** The first message to the thread, and the only one that does not go over `connectorPort`. */
export interface ThreadStart {
  /** Arguments of the program; they end in the hidden subcommand. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The connector's end of the connection. */
  readonly connectorPort: MessagePort;
  /** Whether log lines go through the host instead of straight to standard error. */
  readonly relayLog: boolean;
}

/** From the host. Once its end of the connection closes, the connector ends. */
export type HostMessage =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly path: string;
      readonly request: Uint8Array;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "cancel"; readonly id: number };

/** From the connector. Calls are served once it has said `ready`. */
export type ConnectorMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "log"; readonly line: string }
  | {
      readonly kind: "answer";
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly trailers: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "failure";
      readonly id: number;
      readonly code: number;
      readonly message: string;
      /** A serialized `google.rpc.Status`, if the error carries facts. */
      readonly details: Uint8Array | undefined;
      readonly trailers?: Readonly<Record<string, string>>;
    };

/** What the host starts this thread with; undefined in a thread that is not a connector's. */
export function receiveThreadStart(): Promise<ThreadStart> | undefined {
  if (parentPort === null || workerData !== CONNECTOR_THREAD) return undefined;
  const { promise, resolve } = Promise.withResolvers<ThreadStart>();
  parentPort.once("message", resolve);
  return promise;
}

/**
 * The bytes in memory of their own, so that they can be handed over instead of copied: a view of something larger
 * would take the whole of it along.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isOwn ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
