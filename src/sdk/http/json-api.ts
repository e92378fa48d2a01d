import type * as z from "zod";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type ApiBase, type BaseUrlOptions, resolveBaseUrl } from "./base-url.ts";
import { type Credentials, replaceSecrets, signHeaders } from "./credentials.ts";
import { checkShape, decodeBody, parseBody, shapeError } from "./decode.ts";
import type { Redact } from "./error-text.ts";
import {
  HttpClient,
  type HttpMethod,
  type HttpRequest,
  type HttpResponse,
  isRead,
  nameRequest,
} from "./http-client.ts";
import { type RequestName, statusError } from "./http-error.ts";
import type { NetworkEnvironment } from "./network-environment.ts";
import { findRows, LINK, readToken, toToken } from "./page-token.ts";
import type { PageQuery, Pager, RowPage } from "./paging.ts";
import type { ApiPath, QueryValues } from "./path.ts";
import { RateGate, type ResponseHeaders } from "./rate-limit.ts";
import { type RetryOptions, WaitBudget, withRetries } from "./request-retries.ts";

const DEFAULT_ATTEMPTS = 4;

/** Longest time one call spends waiting for a busy upstream; longer waits are left to the host. */
const MAX_WAIT_MS = 30_000;

const DEFAULT_MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Methods that may be repeated when it is unknown whether the first request arrived: twice has the same effect as once. */
const REPEATABLE: ReadonlySet<HttpMethod> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

export interface JsonApiOptions {
  /** Name of the upstream system in messages. */
  readonly upstream: string;
  /** Address of the API, which paths are relative to. */
  readonly baseUrl: string;
  /** Where that address comes from. */
  readonly baseUrlOptions: BaseUrlOptions;
  /** Absent for a public API. */
  readonly credentials?: Credentials | undefined;
  /** Headers of every request, for example the version of the API. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly userAgent: string;
  /** Whether requests that may change something may leave this process. */
  readonly allowWrites: boolean;
  /** Upper bound in milliseconds for one exchange. */
  readonly httpTimeoutMs: number;
  /** Takes secrets out of what the upstream says. */
  readonly redact: Redact;
  /** Largest response that is read; default 8 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Variables for proxies and certificates; default those of the process. */
  readonly environment?: NetworkEnvironment;
}

type Statuses = readonly number[] | undefined;

/** What a request can have beside method and path. */
export interface RequestOptions<Schema extends z.ZodType | undefined, Already extends Statuses> {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Parameters added to the path. */
  readonly query?: QueryValues;
  readonly headers?: Readonly<Record<string, string>>;
  /** The request changes nothing, so it is sent without `--provisioning` too: a search or a GraphQL query by POST. */
  readonly reads?: boolean;
  /** What the response must look like; without it the body is ignored. */
  readonly schema?: Schema;
  /** Statuses that mean that there is nothing left to do, for example 409 to a PUT; the result is then `"already"`. */
  readonly already?: Already;
}

/** What a request with such options results in. */
type Result<Schema extends z.ZodType | undefined, Already extends Statuses> =
  | (Schema extends z.ZodType ? z.infer<Schema> : undefined)
  | (Already extends readonly number[] ? "already" : never);

/** How often and how long a request is repeated. */
export type Patience = Partial<Pick<RetryOptions, "attempts" | "attemptsAtThisSize" | "budget">>;

/**
 * A JSON API over HTTP: its address, its credentials, its pauses. All requests of one call of the host share one budget
 * for waiting, and none goes to any other origin.
 *
 * Errors have the code that fits the status: `Unauthenticated` (401), `PermissionDenied` (403), `NotFound` (404),
 * `AlreadyExists` (409), `InvalidArgument` (other 4xx), `Unavailable` (429 and 5xx, after repetitions). A response of
 * another shape than the schema's is `FailedPrecondition`.
 *
 * @example
 * const created = await acme.post(path`/users`, { body: { name: "Ada" }, schema: User }, ctx);
 */
export class JsonApi {
  readonly #options: JsonApiOptions;
  readonly #base: ApiBase;
  readonly #http: HttpClient;
  readonly #gate = new RateGate();
  readonly #budgets = new WeakMap<CallContext, WaitBudget>();

  /** Sends nothing. @throws BatonError InvalidArgument for an unusable address */
  constructor(options: JsonApiOptions) {
    this.#options = options;
    this.#base = resolveBaseUrl(options.baseUrl, options.baseUrlOptions);
    this.#http = new HttpClient({
      upstream: options.upstream,
      origin: this.#base.origin,
      userAgent: options.userAgent,
      allowWrites: options.allowWrites,
      totalTimeoutMs: options.httpTimeoutMs,
      maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
      redact: options.redact,
      ...(options.environment === undefined ? {} : { environment: options.environment }),
    });
  }

  /** Requests sent since the start. */
  get requestCount(): number {
    return this.#http.requestCount;
  }

  /** The address that requests go to, without anything that could be a secret. */
  get address(): string {
    return this.#base.origin + this.#base.path;
  }

  /** Reads and checks one object or list. */
  async get<Schema extends z.ZodType>(
    path: ApiPath,
    schema: Schema,
    ctx: CallContext,
  ): Promise<z.infer<Schema>> {
    return await this.exchange(
      this.#request("GET", path),
      (response, endpoint) => {
        this.#requireSuccess(response, endpoint, ctx);
        return decodeBody(response, schema, endpoint, this.#advice);
      },
      ctx,
    );
  }

  /** As {@link get}; undefined if the upstream says that there is no such object (404). */
  async find<Schema extends z.ZodType>(
    path: ApiPath,
    schema: Schema,
    ctx: CallContext,
  ): Promise<z.infer<Schema> | undefined> {
    try {
      return await this.get(path, schema, ctx);
    } catch (error) {
      if (error instanceof BatonError && error.code === Code.NotFound) return undefined;
      throw error;
    }
  }

  /** Requests the headers alone, by lower-case name, for example to see whether something exists. */
  async head(path: ApiPath, ctx: CallContext): Promise<ResponseHeaders> {
    return await this.exchange(
      this.#request("HEAD", path),
      (response, endpoint) => {
        this.#requireSuccess(response, endpoint, ctx);
        return response.headers;
      },
      ctx,
    );
  }

  /** One page of a list. Each row is checked against `schema`; one that does not fit fails the page. */
  async page<Schema extends z.ZodType>(
    path: ApiPath,
    schema: Schema,
    page: PageQuery,
    pager: Pager,
    ctx: CallContext,
  ): Promise<RowPage<z.infer<Schema>>> {
    const { kind, rest } = readToken(page.pageToken);
    const query = { ...page, pageToken: rest };
    const request: HttpRequest =
      kind === LINK ? { method: "GET", path: rest } : this.#request("GET", path.withQuery(pager.ask(query)));
    return await this.exchange(
      request,
      (response, endpoint) => {
        this.#requireSuccess(response, endpoint, ctx);
        const body = parseBody(response, endpoint, this.#advice);
        const fail = (problem: string) => shapeError(endpoint, problem, this.#advice);
        const { place, list } = findRows(body, pager.rows, fail);
        const rows = list.map((row, index) =>
          checkShape(row, schema, endpoint, this.#advice, place === "" ? String(index) : `${place}.${index}`),
        );
        const pageResponse = { body, headers: response.headers, count: rows.length, fail };
        const next = pager.next(query, pageResponse);
        return { rows, next: "link" in next ? this.#readLink(next.link, request, fail) : toToken(next) };
      },
      ctx,
    );
  }

  /** Creates something or sends a query. Not repeated unless it was certainly not carried out, or is declared a read. */
  async post(path: ApiPath, ctx: CallContext): Promise<undefined>;
  async post<Schema extends z.ZodType | undefined = undefined, Already extends Statuses = undefined>(
    path: ApiPath,
    options: RequestOptions<Schema, Already>,
    ctx: CallContext,
  ): Promise<Result<Schema, Already>>;
  async post(path: ApiPath, ...rest: Rest): Promise<unknown> {
    return await this.#write("POST", path, rest);
  }

  /** Creates or replaces. */
  async put(path: ApiPath, ctx: CallContext): Promise<undefined>;
  async put<Schema extends z.ZodType | undefined = undefined, Already extends Statuses = undefined>(
    path: ApiPath,
    options: RequestOptions<Schema, Already>,
    ctx: CallContext,
  ): Promise<Result<Schema, Already>>;
  async put(path: ApiPath, ...rest: Rest): Promise<unknown> {
    return await this.#write("PUT", path, rest);
  }

  /** Changes. Not repeated unless it was certainly not carried out. */
  async patch(path: ApiPath, ctx: CallContext): Promise<undefined>;
  async patch<Schema extends z.ZodType | undefined = undefined, Already extends Statuses = undefined>(
    path: ApiPath,
    options: RequestOptions<Schema, Already>,
    ctx: CallContext,
  ): Promise<Result<Schema, Already>>;
  async patch(path: ApiPath, ...rest: Rest): Promise<unknown> {
    return await this.#write("PATCH", path, rest);
  }

  /** Removes. */
  async delete(path: ApiPath, ctx: CallContext): Promise<undefined>;
  async delete<Schema extends z.ZodType | undefined = undefined, Already extends Statuses = undefined>(
    path: ApiPath,
    options: RequestOptions<Schema, Already>,
    ctx: CallContext,
  ): Promise<Result<Schema, Already>>;
  async delete(path: ApiPath, ...rest: Rest): Promise<unknown> {
    return await this.#write("DELETE", path, rest);
  }

  /**
   * One level below: sends any request, and reads the response whatever its status. Both are repeated after a temporary
   * fault, as far as the method allows it.
   *
   * @param request its path is the whole one, from the root of the server
   */
  async exchange<T>(
    request: HttpRequest,
    read: (response: HttpResponse, endpoint: RequestName) => T,
    ctx: CallContext,
    patience: Patience = {},
  ): Promise<T> {
    const { upstream } = this.#options;
    const endpoint = this.#http.describe(request);
    const isRepeatable = isRead(request) || REPEATABLE.has(request.method);
    const { attempts = isRepeatable ? DEFAULT_ATTEMPTS : 1, budget = this.#budgetOf(ctx) } = patience;
    const what = nameRequest(request);
    const options = { ...patience, attempts, budget, ctx, gate: this.#gate, upstream, what };
    const outcome = await withRetries(options, async (attempt) => {
      const response = await this.#send(request, ctx, attempt);
      // Even an announced pause is no reason to repeat a change that may have been made; 429 says that it was not made.
      if (isRepeatable || response.status === 429) return { value: read(response, endpoint) };
      try {
        return { value: read(response, endpoint) };
      } catch (error) {
        return { error };
      }
    });
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Prepares to send. */
  async prepare(): Promise<void> {
    await this.#http.open();
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#http.close();
  }

  /** What to check when something other than the API responds. */
  get #advice(): string {
    const { upstream, baseUrlOptions } = this.#options;
    return `check that ${baseUrlOptions.setting} is the address of the API of ${upstream} and that no proxy responds in its place`;
  }

  #request(method: HttpMethod, path: ApiPath): HttpRequest {
    return { method, path: this.#base.path + path.toString() };
  }

  async #write(method: HttpMethod, path: ApiPath, rest: Rest): Promise<unknown> {
    const [options, ctx] = rest.length === 1 ? [{}, rest[0]] : rest;
    const { body, query = {}, headers, reads = false, schema, already = [] } = options;
    const request: HttpRequest = {
      ...this.#request(method, path.withQuery(query)),
      reads,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...lowerNames(headers),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return await this.exchange(
      request,
      (response, endpoint) => {
        if (already.includes(response.status)) return "already";
        this.#requireSuccess(response, endpoint, ctx);
        return schema === undefined ? undefined : decodeBody(response, schema, endpoint, this.#advice);
      },
      ctx,
    );
  }

  #requireSuccess(response: HttpResponse, endpoint: RequestName, ctx: CallContext): void {
    if (response.status < 200 || response.status > 299)
      throw statusError(endpoint, response, ctx.clock.now());
  }

  /** One exchange, repeated only if the credentials were refused and their file now holds others. */
  async #send(request: HttpRequest, ctx: CallContext, attempt: number): Promise<HttpResponse> {
    const { credentials, upstream } = this.#options;
    if (credentials === undefined) return await this.#http.send(this.#withHeaders(request, {}), ctx, attempt);
    const signed = await signHeaders(credentials);
    const response = await this.#http.send(this.#withHeaders(request, signed.headers), ctx, attempt);
    if (response.status !== 401 || !(await replaceSecrets(signed))) return response;
    ctx.log.info(`${upstream} rejected the credentials; their file now contains new ones`);
    const { headers } = await signHeaders(credentials);
    return await this.#http.send(this.#withHeaders(request, headers), ctx, attempt);
  }

  #withHeaders(request: HttpRequest, credentials: Readonly<Record<string, string>>): HttpRequest {
    return {
      ...request,
      headers: {
        accept: "application/json",
        ...lowerNames(this.#options.headers),
        ...lowerNames(request.headers),
        ...credentials,
      },
    };
  }

  #budgetOf(ctx: CallContext): WaitBudget {
    let budget = this.#budgets.get(ctx);
    if (budget === undefined) {
      budget = new WaitBudget(Math.min(MAX_WAIT_MS, ctx.maxWaitMs ?? MAX_WAIT_MS));
      this.#budgets.set(ctx, budget);
    }
    return budget;
  }

  /** The page token for a link: its path, as the credentials go to no other origin than the one of the settings. */
  #readLink(link: string, request: HttpRequest, fail: (problem: string) => Error): string {
    const { origin } = this.#base;
    const url = URL.parse(link, origin + request.path);
    // Behind a proxy that ends TLS, servers often give links with http://; they are followed with our scheme.
    if (url === null || url.host !== new URL(origin).host) {
      throw fail(
        `the link to the next page points to another server: ${url?.host ?? "an unreadable address"}`,
      );
    }
    return LINK + url.pathname + url.search;
  }
}

/** The case of a name means nothing to a server, so `Accept` replaces `accept` instead of being sent beside it. */
function lowerNames(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Options, if any, and the context. */
type Rest = [CallContext] | [RequestOptions<z.ZodType | undefined, Statuses>, CallContext];
