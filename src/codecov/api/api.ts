import type { Redact } from "#http/error-text.ts";
import { JsonApi } from "#http/json-api.ts";
import { WaitBudget } from "#http/request-retries.ts";
import type { CallContext } from "#kernel/context.ts";
import type { SecretSource } from "#kernel/secret-source.ts";
import { baseUrlOptions } from "./api-address.ts";
import type { ListResponse, ObjectResponse, PageSelector, PullsFrom, Refused } from "./coverage-requests.ts";
import type {
  CommitPage,
  Comparison,
  Impacted,
  PullPage,
  PullRow,
  ReportTotals,
  RepositoryPage,
  TrendPage,
} from "./coverage-schemas.ts";
import {
  type RosterQuery,
  type RosterResponse,
  readInternalMembers,
  readMember,
  readRoster,
} from "./members.ts";
import { readOwner, readOwnersOfToken } from "./owners.ts";
import { Requests, type Sender, type Target, UPSTREAM } from "./request.ts";
import type { InternalPage, Member, Owner, OwnerPage } from "./schemas.ts";
import { type SeatResponse, setActivated } from "./seat-request.ts";
import type { Health } from "./server-health.ts";
import { readSessions, type SessionResponse } from "./sessions.ts";

/** Longest time one call spends waiting for a busy Codecov; longer waits are the host's. */
const MAX_WAIT_MS = 30_000;

/** Largest response that is read: some 60,000 ordinary members. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

export interface CodecovApiOptions {
  readonly target: Target;
  /** Whether the target may be plain HTTP on another machine. */
  readonly allowHttp: boolean;
  readonly token: SecretSource;
  readonly allowWrites: boolean;
  readonly httpTimeoutMs: number;
  /** Takes secrets out of what Codecov says. */
  readonly redact: Redact;
}

/** Codecov's API v2 for one organization: its connections, its token and its pauses. */
export class CodecovApi {
  readonly #target: Target;
  readonly #http: JsonApi;

  /** @throws BatonError InvalidArgument for an unusable address */
  constructor({ target, allowHttp, token, ...options }: CodecovApiOptions) {
    this.#target = target;
    this.#http = new JsonApi({
      upstream: UPSTREAM,
      baseUrl: target.origin + target.apiPath,
      baseUrlOptions: baseUrlOptions(allowHttp),
      credentials: { bearer: token },
      userAgent: "baton-codecov",
      maxBodyBytes: MAX_BODY_BYTES,
      ...options,
    });
  }

  get requestCount(): number {
    return this.#http.requestCount;
  }

  /** The API for one call of the host: all its requests share one signal and one budget for waiting. */
  forCall(ctx: CallContext, maxWaitMs = MAX_WAIT_MS): CodecovCall {
    const budget = new WaitBudget(Math.min(maxWaitMs, ctx.maxWaitMs ?? maxWaitMs));
    return new CodecovCall(this.#target, {
      now: () => ctx.clock.now(),
      send: (request, patience, read) => this.#http.exchange(request, read, ctx, { ...patience, budget }),
    });
  }

  /** Prepares to send. */
  async prepare(): Promise<void> {
    await this.#http.prepare();
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}

/** Loaded when coverage is first asked for, which most runs do not. */
const loadCoverage = () => import("./coverage-requests.ts");

/** One method per endpoint, each one request and its repetitions; what they do is said at the functions they call. */
export class CodecovCall {
  readonly target: Target;
  readonly #requests: Requests;

  constructor(target: Target, sender: Sender) {
    this.target = target;
    this.#requests = new Requests(target, sender);
  }

  /** See {@link readRoster}. */
  roster(query: RosterQuery): Promise<RosterResponse> {
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
  userSessions(pageSize: number): Promise<SessionResponse> {
    return readSessions(this.#requests, pageSize);
  }

  /** See {@link setActivated}. */
  setActivated(address: string, activated: boolean): Promise<SeatResponse> {
    return setActivated(this.#requests, address, activated);
  }

  /** See `readRepositories`. */
  async repositories(
    query: PageSelector & { readonly names?: readonly string[] },
  ): Promise<Exclude<ListResponse<RepositoryPage>, Refused>> {
    return (await loadCoverage()).readRepositories(this.#requests, query);
  }

  /** See `readTrend`. */
  async trend(
    repository: string,
    query: PageSelector & { readonly from: string },
  ): Promise<ListResponse<TrendPage>> {
    return (await loadCoverage()).readTrend(this.#requests, repository, query);
  }

  /** See `readCommits`. */
  async commits(
    repository: string,
    query: PageSelector & { readonly branch?: string },
  ): Promise<ListResponse<CommitPage>> {
    return (await loadCoverage()).readCommits(this.#requests, repository, query);
  }

  /** See `readOpenPullsFrom`. */
  async openPullsFrom(
    repository: string,
    query: { readonly cursor: string; readonly pageSize: number },
  ): Promise<ObjectResponse<PullsFrom>> {
    return (await loadCoverage()).readOpenPullsFrom(this.#requests, repository, query);
  }

  /** See `readOpenPulls`. */
  async openPulls(repository: string, query: PageSelector): Promise<ListResponse<PullPage>> {
    return (await loadCoverage()).readOpenPulls(this.#requests, repository, query);
  }

  /** See `readPullRequest`. */
  async pullRequest(repository: string, number: number): Promise<ObjectResponse<PullRow>> {
    return (await loadCoverage()).readPullRequest(this.#requests, repository, number);
  }

  /** See `readComparison`. */
  async comparison(repository: string, pull: number): Promise<ObjectResponse<Comparison>> {
    return (await loadCoverage()).readComparison(this.#requests, repository, pull);
  }

  /** See `readImpactedFiles`. */
  async impactedFiles(repository: string, pull: number): Promise<ObjectResponse<Impacted>> {
    return (await loadCoverage()).readImpactedFiles(this.#requests, repository, pull);
  }

  /** See `readReportTotals`. */
  async reportTotals(repository: string, branch?: string): Promise<ObjectResponse<ReportTotals>> {
    return (await loadCoverage()).readReportTotals(this.#requests, repository, branch);
  }

  /** See `readHealth`. */
  async health(): Promise<Health> {
    return (await import("./server-health.ts")).readHealth(this.#requests);
  }
}
