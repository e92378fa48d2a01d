import type { MessagePort } from "node:worker_threads";
import { BatonError, Code } from "#kernel/errors.ts";
import { type ConnectorMessage, type HostMessage, ownBytes } from "#wire/thread-messages.ts";
import { connectionClosed, type Method, PendingCalls } from "./calls.ts";
import { UpstreamFacts } from "./upstream-facts.ts";

type Answer = Extract<ConnectorMessage, { kind: "answer" | "failure" }>;

/** The host's connection to a connector in a thread of this process. */
export class ThreadChannel {
  readonly #port: MessagePort;
  readonly #calls = new PendingCalls();
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** What the connector has reported about its upstream so far. */
  readonly facts = new UpstreamFacts();
  #lastId = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** Takes the response to a call. */
  receive(answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer);
  }

  /** Ends every call in flight and every later one with `reason`: the other side is gone for good. */
  fail(reason: BatonError): void {
    if (this.#calls.fail(reason)) this.#port.close();
  }

  close(): void {
    this.fail(connectionClosed());
  }

  /** One call, see `StartCall`. */
  async call<Request, Response>(
    { path, requestSerialize, responseDeserialize }: Method<Request, Response>,
    request: Request,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    this.#lastId += 1;
    const id = this.#lastId;
    try {
      const bytes = await this.#calls.run<Uint8Array>(signal, (resolve, reject) => {
        this.#waiting.set(id, (answer) => {
          this.facts.note((name) => answer.trailers?.[name]);
          if (answer.kind === "failure") {
            // Loaded when it is needed: it knows messages that a sync which goes well has no use for.
            void import("#model/status.ts").then(({ fromWireStatus }) => reject(fromWireStatus(answer)));
            return;
          }
          resolve(answer.bytes);
        });
        this.#send({ kind: "call", id, path, request: ownBytes(requestSerialize(request)), headers });
        return () => this.#send({ kind: "cancel", id });
      });
      return decode(responseDeserialize, path, bytes);
    } finally {
      this.#waiting.delete(id);
    }
  }

  #send(message: HostMessage): void {
    this.#port.postMessage(message);
  }
}

function decode<Response>(
  deserialize: (bytes: Buffer) => Response,
  path: string,
  bytes: Uint8Array,
): Response {
  try {
    return deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    throw new BatonError(Code.Internal, `the response of ${path} is not a valid message of its type`, {
      cause: error,
    });
  }
}
