import { once } from "node:events";
import {
  ChannelCredentials,
  Client,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { Status } from "#gen/google/rpc/status.ts";
import type { Credential } from "#wire/server-config.ts";
import { createClientTls } from "#wire/tls.ts";

/** What a plain gRPC client gets to see of a call. */
export interface Answer<Response> {
  readonly response: Response;
  readonly trailers: Metadata;
}

type Unary<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  "path" | "requestSerialize" | "responseDeserialize"
>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly deadline?: Date;
}

const PLAINTEXT = { credentials: ChannelCredentials.createInsecure(), options: {} };

/** A plain gRPC client. */
export class TestClient {
  readonly #client: Client;

  /**
   * @param where a port of this machine, or an address as gRPC writes it
   * @param credential those of a host; without them there is no TLS
   */
  constructor(where: number | string, credential?: Credential) {
    const address = typeof where === "number" ? `127.0.0.1:${where}` : where;
    const { credentials, options } = credential === undefined ? PLAINTEXT : createClientTls(credential);
    this.#client = new Client(address, credentials, { ...options, "grpc.enable_retries": 0 });
  }

  call<Request, Response>(
    method: Unary<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Answer<Response>> {
    return new Promise((resolve, reject) => {
      let response: Response | undefined;
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new Metadata(),
        options.deadline === undefined ? {} : { deadline: options.deadline },
        (error, message) => {
          if (error === null) response = message;
          else reject(error);
        },
      );
      call.on("status", ({ metadata }) => {
        if (response !== undefined) resolve({ response, trailers: metadata });
      });
      options.signal?.addEventListener("abort", () => call.cancel());
    });
  }

  /** The answer alone. */
  async ask<Request, Response>(method: Unary<Request, Response>, request: Request): Promise<Response> {
    return (await this.call(method, request)).response;
  }

  /** The status with which a call fails. */
  async refused<Request, Response>(
    method: Unary<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Refusal> {
    try {
      await this.call(method, request, options);
    } catch (error) {
      if (isServiceError(error)) return toRefusal(error);
      throw error;
    }
    throw new Error(`${method.path} was expected to fail`);
  }

  /** Every message of a server stream. */
  stream<Request, Response>(method: Unary<Request, Response>, request: Request): Promise<Response[]> {
    return new Promise((resolve, reject) => {
      const messages: Response[] = [];
      this.#client
        .makeServerStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, request)
        .on("data", (message: Response) => messages.push(message))
        .on("error", reject)
        .on("end", () => resolve(messages));
    });
  }

  /** Sends one message after the other, each when the one before was answered; gives the answers. */
  async converse<Request, Response>(
    { path, requestSerialize, responseDeserialize }: Unary<Request, Response>,
    requests: readonly Request[],
  ): Promise<Response[]> {
    const call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const answers: Response[] = [];
    for (const request of requests) {
      call.write(request);
      const [answer] = await once(call, "data");
      answers.push(answer);
    }
    call.end();
    await once(call, "end");
    return answers;
  }

  close(): void {
    this.#client.close();
  }
}

export interface Refusal {
  readonly code: number;
  readonly message: string;
  /** Decoded `grpc-status-details-bin`. */
  readonly status: Status | undefined;
}

function toRefusal({ code, details, metadata }: ServiceError): Refusal {
  const [bytes] = metadata.get("grpc-status-details-bin");
  const status = Buffer.isBuffer(bytes) ? Status.decode(bytes) : undefined;
  return { code, message: details, status };
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}
