import type * as z from "zod";
import { decodeBody } from "#http/decode.ts";
import type { HttpRequest, HttpResponse } from "#http/http-client.ts";
import { type RequestName, statusError } from "#http/http-error.ts";
import type { RetryOptions } from "#http/request-retries.ts";
import type { BatonError } from "#kernel/errors.ts";
import { BASE_URL_SETTING } from "./api-address.ts";
import type { Service } from "./owner.ts";

/** Name of the upstream system in messages. */
export const UPSTREAM = "Codecov";

/** How often a request that only reads is sent in all, if it fails in a way that can pass. */
export const DEFAULT_ATTEMPTS = 4;

/** The organization that is read, and where. */
export interface Target {
  /** The only origin that ever receives the token. */
  readonly origin: string;
  /** Root path of the API without a slash at the end. */
  readonly apiPath: string;
  readonly service: Service;
  readonly owner: string;
}

/** What to check if something else than Codecov's API responds. */
const ADVICE = `check that ${BASE_URL_SETTING} is the address of a Codecov API and that no proxy responds in its place`;

/** How often a request is sent in all. */
export type Attempts = Pick<RetryOptions, "attempts" | "attemptsAtThisSize">;

/** Sends a request and reads its response, both again if that fails in a way that can pass. */
export interface Sender {
  send<T>(
    request: HttpRequest,
    patience: Attempts,
    read: (response: HttpResponse, endpoint: RequestName) => T,
  ): Promise<T>;
  now(): number;
}

/** Sends requests of one call of the host to the API of one organization, and reads what comes back. */
export class Requests {
  readonly target: Target;
  readonly #sender: Sender;

  constructor(target: Target, sender: Sender) {
    this.target = target;
    this.#sender = sender;
  }

  /** @param path below the root of the API */
  async get<T>(
    path: string,
    patience: Attempts,
    read: (response: HttpResponse, endpoint: RequestName) => T,
  ): Promise<T> {
    return this.send({ method: "GET", path: this.target.apiPath + path }, patience, read);
  }

  /** As {@link get}, with any method, and the whole path. */
  async send<T>(
    request: HttpRequest,
    patience: Attempts,
    read: (response: HttpResponse, endpoint: RequestName) => T,
  ): Promise<T> {
    return this.#sender.send(request, patience, read);
  }

  /** The body of a 200. @throws BatonError for any other status, and as {@link decodeBody} */
  decode<Schema extends z.ZodType>(
    response: HttpResponse,
    schema: Schema,
    endpoint: RequestName,
  ): z.infer<Schema> {
    if (response.status !== 200) throw this.statusError(endpoint, response);
    return decodeBody(response, schema, endpoint, ADVICE);
  }

  /** What a status that is not a success means. */
  statusError(endpoint: RequestName, response: HttpResponse): BatonError {
    return statusError(endpoint, response, this.#sender.now());
  }
}
