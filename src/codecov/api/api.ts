import type * as z from "zod";
import { type HttpAnswer, HttpClient, type HttpRequest, nameRequest } from "#http/client.ts";
import type { Redact } from "#http/error-text.ts";
import { type Endpoint, statusError, statusLine, withAdvice } from "#http/http-error.ts";
import { RateGate } from "#http/rate-limit.ts";
import { type RetryOptions, WaitBudget, withRetries } from "#http/retry.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Secret } from "#kernel/secret.ts";
import { API_PATH } from "./base-url.ts";
import { decodeAnswer } from "./decode.ts";
import { pathSegment, type Service } from "./owner.ts";
import { noSuchRoute, readDetail } from "./refusal.ts";
import {
  type InternalPage,
  internalPageSchema,
  type Member,
  memberSchema,
  type Owner,
  type OwnerPage,
  ownerPageSchema,
  ownerSchema,
  type RosterPage,
  rosterPageSchema,
  type SessionPage,
  sessionPageSchema,
} from "./schemas.ts";
import type { TokenSource } from "./token.ts";

const UPSTREAM = "Codecov";

const DEFAULT_ATTEMPTS = 4;

/** Longest time one call spends waiting for a busy Codecov; longer waits are the host's. */
const MAX_WAIT_MS = 30_000;

/** Largest answer that is read: some 60,000 ordinary members. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Accounts asked for with one request for the token's own; nobody is in as many organizations. */
const MAX_OWNERS = 1_000;

/** The organization that is read, and where. */
export interface Target {
  /** The only origin that ever receives the token. */
  readonly origin: string;
  /** Root path of the API without a slash at the end. */
  readonly apiPath: string;
  readonly service: Service;
  readonly owner: string;
}

export interface CodecovApiOptions {
  readonly target: Target;
  readonly token: TokenSource;
  readonly allowWrites: boolean;
  readonly httpTimeoutMs: number;
  /** Takes secrets out of what Codecov says. */
  readonly redact: Redact;
}

/** Where to look in a list. */
export interface PageQuery {
  readonly page: number | "last";
  /** Rows; Codecov sets no upper limit. */
  readonly pageSize: number;
  /** Attempts in all when the answer fails in a way that can pass; default 4. */
  readonly attempts?: number;
  /** As `attempts`, for failures that can come from the size of the page; default `attempts`. */
  readonly attemptsAtThisSize?: number;
}

/**
 * Which rows of the roster are wanted; pages and `count` are those of the matching rows. Of all spellings of a
 * truth value Codecov takes few, and ignores a filter in any other.
 */
export type RosterFilter =
  | { readonly activated: true }
  | { readonly is_admin: true }
  /** Text that name, user name or e-mail contains, in any case. Blanks, commas and quotes have a meaning in it. */
  | { readonly search: string };

export interface RosterQuery extends PageQuery {
  readonly filter?: RosterFilter;
}

/** What asking for a page of the roster can come to, apart from errors. */
export type RosterAnswer =
  | { readonly kind: "page"; readonly page: RosterPage }
  /** The roster has fewer rows than would reach this page. */
  | { readonly kind: "beyond-end" }
  /** There is no such roster for this token. */
  | { readonly kind: "refused"; readonly error: BatonError };

/** Answers to a question for sessions that say: not with this token. A 401 among them is the git service's. */
const SESSION_REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 500]);

/** Failures of a change after which it may have been made or may still be. */
const LEAVES_OPEN: ReadonlySet<number> = new Set([Code.Unavailable, Code.DeadlineExceeded]);

/** What asking for sign-in sessions can come to, apart from errors. */
export type SessionAnswer =
  | { readonly kind: "page"; readonly page: SessionPage }
  /** The token's owner may not see them, or the git service could not be asked whether. */
  | { readonly kind: "refused"; readonly reason: string };

/** What asking for a change of a seat can come to. Nothing but `refused` says that nothing has changed. */
export type SeatAnswer =
  /** The member as it stands after the change, if nobody else has changed the organization meanwhile. */
  | { readonly kind: "member"; readonly member: Member }
  /** Nobody of that name is on the roster, or not any more. */
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly reason: string }
  /** No answer, or none that tells what happened; `what` says in a few words what came instead. */
  | { readonly kind: "unknown"; readonly error: BatonError; readonly what: string };

/** Codecov's API v2 for one organization: its connections, its token and its pauses. */
export class CodecovApi {
  readonly #options: CodecovApiOptions;
  readonly #http: HttpClient;
  readonly #gate = new RateGate();

  constructor(options: CodecovApiOptions) {
    this.#options = options;
    this.#http = new HttpClient({
      upstream: UPSTREAM,
      origin: options.target.origin,
      userAgent: "baton-codecov",
      allowWrites: options.allowWrites,
      totalTimeoutMs: options.httpTimeoutMs,
      maxBodyBytes: MAX_BODY_BYTES,
      redact: options.redact,
    });
  }

  get requestCount(): number {
    return this.#http.requestCount;
  }

  /** The API for one call of the host: all its requests share one signal and one budget for waiting. */
  forCall(ctx: CallContext, maxWaitMs = MAX_WAIT_MS): CodecovCall {
    const budget = new WaitBudget(Math.min(maxWaitMs, ctx.maxWaitMs ?? maxWaitMs));
    return new CodecovCall(this.#options.target, {
      now: () => ctx.clock.now(),
      send: async (request, patience, read) =>
        withRetries(
          {
            ctx,
            budget,
            gate: this.#gate,
            upstream: UPSTREAM,
            what: nameRequest(request),
            ...patience,
          },
          async (attempt) => read(await this.#send(request, ctx, attempt)),
        ),
    });
  }

  /** Gets ready to send. */
  async prepare(): Promise<void> {
    await this.#http.open();
  }

  async close(): Promise<void> {
    await this.#http.close();
  }

  /** One exchange, repeated only if the token was refused and its file now holds another. */
  async #send(request: HttpRequest, ctx: CallContext, attempt: number): Promise<HttpAnswer> {
    const { token } = this.#options;
    const used = await token.get();
    const answer = await this.#http.send(withToken(request, used), ctx, attempt);
    if (answer.status !== 401 || !(await token.replace(used))) return answer;
    ctx.log.info("Codecov refused the API token; its file holds another one by now");
    return await this.#http.send(withToken(request, await token.get()), ctx, attempt);
  }
}

/** How often a request is sent in all. */
type Patience = Pick<RetryOptions, "attempts" | "attemptsAtThisSize">;

/** Sends a request and reads its answer, both again if that fails in a way that can pass. */
interface Sender {
  send<T>(request: HttpRequest, patience: Patience, read: (answer: HttpAnswer) => T): Promise<T>;
  now(): number;
}

/** One method per endpoint, each one request and its repetitions. */
export class CodecovCall {
  readonly target: Target;
  readonly #sender: Sender;

  constructor(target: Target, sender: Sender) {
    this.target = target;
    this.#sender = sender;
  }

  /** `GET /{service}/{owner}/users/`. Never fails with `NotFound`, which a host would take for a warning. */
  async roster({
    page,
    pageSize,
    attempts = DEFAULT_ATTEMPTS,
    attemptsAtThisSize,
    filter,
  }: RosterQuery): Promise<RosterAnswer> {
    const { service, owner } = this.target;
    const filters = Object.entries(filter ?? {}).map(
      ([name, value]) => `&${name}=${encodeURIComponent(value)}`,
    );
    return this.#get(
      `/${service}/${pathSegment(owner)}/users/?page=${page}&page_size=${pageSize}${filters.join("")}`,
      { attempts, attemptsAtThisSize },
      (answer, endpoint) => {
        if (answer.status !== 404)
          return { kind: "page", page: this.#decode(answer, rosterPageSchema, endpoint) };
        const said = readDetail(answer);
        if (said === "Invalid page.") return { kind: "beyond-end" };
        if (said === undefined) throw noSuchRoute(endpoint);
        return { kind: "refused", error: this.#refused(endpoint, said) };
      },
    );
  }

  /** `GET /{service}/{owner}/`, which anyone may read; undefined if Codecov knows no such organization or person. */
  async owner(): Promise<Owner | undefined> {
    const { service, owner } = this.target;
    return this.#get(
      `/${service}/${pathSegment(owner)}/`,
      { attempts: DEFAULT_ATTEMPTS },
      (answer, endpoint) => {
        if (answer.status !== 404) return this.#decode(answer, ownerSchema, endpoint);
        if (readDetail(answer) === undefined) throw noSuchRoute(endpoint);
        return undefined;
      },
    );
  }

  /**
   * `GET /{service}/`: the token's owner and the organizations it is in, nothing if the token belongs to
   * another service. Undefined if Codecov cannot tell, as for an account that was never synchronized.
   */
  async ownersOfToken(): Promise<OwnerPage | undefined> {
    const path = `/${this.target.service}/?page_size=${MAX_OWNERS}`;
    return this.#get(path, { attempts: 1 }, (answer, endpoint) =>
      answer.status === 500 ? undefined : this.#decode(answer, ownerPageSchema, endpoint),
    );
  }

  /**
   * `GET /{service}/{owner}/user-sessions/`: when the sign-ins of members end, in no order at all, so only a page
   * that holds everything is of use. Who may see them is up to the git service, whose refusals of any kind come
   * through.
   */
  async userSessions(pageSize: number): Promise<SessionAnswer> {
    const { service, owner } = this.target;
    const path = `/${service}/${pathSegment(owner)}/user-sessions/?page_size=${pageSize}`;
    return this.#get(path, { attempts: 2 }, (answer, endpoint) => {
      if (!SESSION_REFUSALS.has(answer.status)) {
        return { kind: "page", page: this.#decode(answer, sessionPageSchema, endpoint) };
      }
      const said = readDetail(answer);
      return {
        kind: "refused",
        reason: `${statusLine(answer.status)}${said === undefined ? "" : `: ${said}`}`,
      };
    });
  }

  /**
   * `GET /{service}/{owner}/users/{address}/`; undefined if nobody there is on the roster, or if the token sees no
   * roster. The address is a user name in any case and of any service, or an internal number.
   */
  async member(address: string, attempts = DEFAULT_ATTEMPTS): Promise<Member | undefined> {
    return this.#get(this.#memberPath(address), { attempts }, (answer, endpoint) => {
      if (answer.status !== 404) return this.#decode(answer, memberSchema, endpoint);
      if (readDetail(answer) === undefined) throw noSuchRoute(endpoint);
      return undefined;
    });
  }

  /**
   * `PATCH /{service}/{owner}/users/{address}/`: gives or takes the member's seat. Sent once; only an answer
   * that it was not looked at (429) leads to a repetition.
   *
   * @throws BatonError for an answer that rules out that anything has changed, such as a refused token.
   */
  async setActivated(address: string, activated: boolean): Promise<SeatAnswer> {
    const request: HttpRequest = {
      method: "PATCH",
      path: this.target.apiPath + this.#memberPath(address),
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ activated }),
    };
    const endpoint = { upstream: UPSTREAM, name: `PATCH ${request.path}` };
    try {
      return await this.#sender.send(request, { attempts: 1 }, (answer) =>
        this.#readSeatAnswer(answer, endpoint),
      );
    } catch (thrown) {
      if (thrown instanceof BatonError && LEAVES_OPEN.has(thrown.code))
        return { kind: "unknown", error: thrown, what: `no response (${thrown.message})` };
      throw thrown;
    }
  }

  /**
   * `GET /internal/{service}/{owner}/users/`: the list behind Codecov's own pages. Undefined if this server does
   * not offer it to an API token.
   */
  async internalMembers(search: string, pageSize: number): Promise<InternalPage | undefined> {
    const { apiPath, service, owner } = this.target;
    const root = apiPath.slice(0, -API_PATH.length);
    const path = `${root}/internal/${service}/${pathSegment(owner)}/users/?page_size=${pageSize}&search=${encodeURIComponent(search)}`;
    return this.#getPath(path, { attempts: 2 }, (answer, endpoint) =>
      answer.status >= 400 && answer.status < 500 && answer.status !== 429
        ? undefined
        : this.#decode(answer, internalPageSchema, endpoint),
    );
  }

  #memberPath(address: string): string {
    const { service, owner } = this.target;
    return `/${service}/${pathSegment(owner)}/users/${encodeURIComponent(address)}/`;
  }

  #readSeatAnswer(answer: HttpAnswer, endpoint: Endpoint): SeatAnswer {
    if (answer.status === 200) return readChangedMember(answer, endpoint);
    const error = statusError(endpoint, answer, this.#sender.now());
    const said = readDetail(answer);
    if (answer.status === 404 && said !== undefined) return { kind: "gone" };
    if (answer.status === 400 && said !== undefined) return { kind: "refused", reason: said };
    // Even an announced pause is no reason to repeat a change that may have been made.
    if (answer.status >= 500) return { kind: "unknown", error, what: statusLine(answer.status) };
    throw error;
  }

  async #get<T>(
    path: string,
    patience: Patience,
    read: (answer: HttpAnswer, endpoint: Endpoint) => T,
  ): Promise<T> {
    return this.#getPath(this.target.apiPath + path, patience, read);
  }

  async #getPath<T>(
    path: string,
    patience: Patience,
    read: (answer: HttpAnswer, endpoint: Endpoint) => T,
  ): Promise<T> {
    const request: HttpRequest = { method: "GET", path };
    const endpoint = { upstream: UPSTREAM, name: `GET ${request.path}` };
    return this.#sender.send(request, patience, (answer) => read(answer, endpoint));
  }

  #decode<Schema extends z.ZodType>(answer: HttpAnswer, schema: Schema, endpoint: Endpoint): z.infer<Schema> {
    if (answer.status !== 200) throw statusError(endpoint, answer, this.#sender.now());
    return decodeAnswer(answer, schema, endpoint);
  }

  #refused(endpoint: Endpoint, said: string): BatonError {
    const { service, owner } = this.target;
    const advice = `there is no organization ${owner} on ${service}, or the owner of the API token is not a member of it; check both`;
    return new BatonError(
      Code.FailedPrecondition,
      `Codecov answered 404 Not Found to ${endpoint.name}${withAdvice(said, advice)}`,
      { kind: "configuration" },
    );
  }
}

/** A success that cannot be read is a success all the same, only of what? */
function readChangedMember(answer: HttpAnswer, endpoint: Endpoint): SeatAnswer {
  try {
    return { kind: "member", member: decodeAnswer(answer, memberSchema, endpoint) };
  } catch (thrown) {
    if (thrown instanceof BatonError)
      return { kind: "unknown", error: thrown, what: `an unreadable success (${thrown.message})` };
    throw thrown;
  }
}

function withToken(request: HttpRequest, token: Secret): HttpRequest {
  return {
    ...request,
    headers: { accept: "application/json", ...request.headers, authorization: `Bearer ${token.reveal()}` },
  };
}
