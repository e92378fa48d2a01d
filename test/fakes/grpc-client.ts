import { Client, Metadata, type MethodDefinition, type ServiceError } from "@grpc/grpc-js";
import { Status } from "#gen/google/rpc/status.ts";
import type { Credential } from "#server/server-config.ts";
import { createClientTls } from "#server/tls.ts";

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

/** A plain gRPC client with the credentials of a host. */
export class TestClient {
  readonly #client: Client;

  constructor(port: number, credential: Credential) {
    const { credentials, options } = createClientTls(credential);
    this.#client = new Client(`127.0.0.1:${port}`, credentials, { ...options, "grpc.enable_retries": 0 });
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
