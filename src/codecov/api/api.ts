import type { Redact } from "#http/error-text.ts";
import { type HttpAnswer, HttpClient, type HttpRequest, nameRequest } from "#http/http-client.ts";
import { RateGate } from "#http/rate-limit.ts";
import { WaitBudget, withRetries } from "#http/request-retries.ts";
import type { CallContext } from "#kernel/context.ts";
import type { Secret } from "#kernel/secret.ts";
import {
  type RosterAnswer,
  type RosterQuery,
  readInternalMembers,
  readMember,
  readRoster,
} from "./members.ts";
import { readOwner, readOwnersOfToken } from "./owners.ts";
import { Requests, type Sender, type Target, UPSTREAM } from "./request.ts";
import type { InternalPage, Member, Owner, OwnerPage } from "./schemas.ts";
import { type SeatAnswer, setActivated } from "./seat-request.ts";
import { readSessions, type SessionAnswer } from "./sessions.ts";
import type { TokenSource } from "./token.ts";

/** Longest time one call spends waiting for a busy Codecov; longer waits are the host's. */
const MAX_WAIT_MS = 30_000;

/** Largest answer that is read: some 60,000 ordinary members. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

export interface CodecovApiOptions {
  readonly target: Target;
  readonly token: TokenSource;
  readonly allowWrites: boolean;
  readonly httpTimeoutMs: number;
  /** Takes secrets out of what Codecov says. */
  readonly redact: Redact;
}

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

/** One method per endpoint, each one request and its repetitions; what they do is said at the functions they call. */
export class CodecovCall {
  readonly target: Target;
  readonly #requests: Requests;

  constructor(target: Target, sender: Sender) {
    this.target = target;
    this.#requests = new Requests(target, sender);
  }

  /** See {@link readRoster}. */
  roster(query: RosterQuery): Promise<RosterAnswer> {
    return readRoster(this.#requests, query);
  }

  /** See {@link readMember}. */
  member(address: string, attempts?: number): Promise<Member | undefined> {
    return readMember(this.#requests, address, attempts);
  }

  /** See {@link readInternalMembers}. */
  internalMembers(search: string, pageSize: number): Promise<InternalPage | undefined> {
    return readInternalMembers(this.#requests, search, pageSize);
  }

  /** See {@link readOwner}. */
  owner(): Promise<Owner | undefined> {
    return readOwner(this.#requests);
  }

  /** See {@link readOwnersOfToken}. */
  ownersOfToken(): Promise<OwnerPage | undefined> {
    return readOwnersOfToken(this.#requests);
  }

  /** See {@link readSessions}. */
  userSessions(pageSize: number): Promise<SessionAnswer> {
    return readSessions(this.#requests, pageSize);
  }

  /** See {@link setActivated}. */
  setActivated(address: string, activated: boolean): Promise<SeatAnswer> {
    return setActivated(this.#requests, address, activated);
  }
}

function withToken(request: HttpRequest, token: Secret): HttpRequest {
  return {
    ...request,
    headers: { accept: "application/json", ...request.headers, authorization: `Bearer ${token.reveal()}` },
  };
}
