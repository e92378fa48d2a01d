import type * as z from "zod";
import type { HttpResponse } from "#http/http-client.ts";
import { type RequestName, statusLine, withAdvice } from "#http/http-error.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import {
  type CommitPage,
  type Comparison,
  commitPageSchema,
  comparisonSchema,
  type Impacted,
  impactedSchema,
  type PullPage,
  type PullRow,
  pullCursorPageSchema,
  pullPageSchema,
  pullSchema,
  type ReportTotals,
  type RepositoryPage,
  reportTotalsSchema,
  repositoryPageSchema,
  type TrendPage,
  trendPageSchema,
} from "./coverage-schemas.ts";
import { pathSegment } from "./owner.ts";
import { noSuchRoute, readDetail } from "./refusal.ts";
import { DEFAULT_ATTEMPTS, type Requests } from "./request.ts";

/*
 * Everything that the connector asks about coverage. `repos/{name}/` alone is never requested, as it asks the git service
 * and can create the repository, and never `config/`, which shows upload tokens. Anything below a *private* repository
 * gives the token's owner a seat if they have none, even if the request then fails: see `reading/seat.ts`.
 */

/** How often a 500 is asked again by itself; a caller that can ask for less gives up sooner. */
const SERVER_ERROR_ATTEMPTS = 3;

export interface PageSelector {
  readonly page: number;
  /** Rows; Codecov sets no upper limit. */
  readonly pageSize: number;
}

/** What a list can come to, apart from errors. */
export type ListResponse<Page> =
  | { readonly kind: "page"; readonly page: Page }
  /** The list has fewer rows than would reach this page. */
  | { readonly kind: "beyond-end" }
  /** Codecov fails on this page (500), which can come from a single row. */
  | { readonly kind: "failed"; readonly error: BatonError }
  /** The token's owner may not read it, or it is no longer there. */
  | Refused;

export interface Refused {
  readonly kind: "refused";
  readonly reason: string;
}

/** What one object can come to, apart from errors. */
export type ObjectResponse<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "failed"; readonly error: BatonError }
  | Refused;

/**
 * `GET /{service}/{owner}/repos/`: the repositories that the token's owner was once seen to read, newest first, with
 * their totals. Never takes a seat, asks the git service or changes anything.
 *
 * @param names only these, in any case; those that do not exist or cannot be seen are silently missing
 * @throws BatonError FailedPrecondition if Codecov knows no such organization
 */
export async function readRepositories(
  requests: Requests,
  { page, pageSize, names = [] }: PageSelector & { readonly names?: readonly string[] },
): Promise<Exclude<ListResponse<RepositoryPage>, Refused>> {
  const { service, owner } = requests.target;
  const filter = names.map((name) => `&names=${encodeURIComponent(name)}`).join("");
  const path = `/${service}/${pathSegment(owner)}/repos/?page=${page}&page_size=${pageSize}${filter}`;
  const response = await readList(requests, path, repositoryPageSchema, attemptsFor(pageSize));
  if (response.kind !== "refused") return response;
  const advice = `there is no organization ${owner} on ${service}; check --codecov-owner and --codecov-service`;
  throw new BatonError(
    Code.FailedPrecondition,
    `Codecov does not list the repositories of ${owner}${withAdvice(response.reason, advice)}`,
    { kind: "configuration" },
  );
}

/**
 * `GET …/coverage/?interval=1d`: the days of the default branch from `from` on, ascending, and **one older row** in
 * front of them if there is any.
 *
 * @param from a day such as `2026-11-27`: from midnight UTC, so that no day is cut
 */
export async function readTrend(
  requests: Requests,
  repository: string,
  { page, pageSize, from }: PageSelector & { readonly from: string },
): Promise<ListResponse<TrendPage>> {
  const query = `?interval=1d&start_date=${from}&page=${page}&page_size=${pageSize}`;
  return await readList(requests, below(requests, repository, `coverage/${query}`), trendPageSchema);
}

/** `GET …/commits/`, newest first. @param branch only of this one, exactly as spelled */
export async function readCommits(
  requests: Requests,
  repository: string,
  { page, pageSize, branch }: PageSelector & { readonly branch?: string },
): Promise<ListResponse<CommitPage>> {
  const filter = branch === undefined ? "" : `&branch=${encodeURIComponent(branch)}`;
  const path = below(requests, repository, `commits/?page=${page}&page_size=${pageSize}${filter}`);
  return await readList(requests, path, commitPageSchema, attemptsFor(pageSize));
}

/** Open pull requests from a position on, and the position after them; undefined if there are no more. */
export interface PullsFrom {
  readonly pulls: readonly PullRow[];
  readonly cursor: string | undefined;
}

/**
 * `GET …/pulls/?state=open&cursor=`: highest number first. A cursor is a position, so that pull requests which are
 * opened or merged meanwhile shift nothing.
 *
 * @param cursor empty at the beginning
 */
export async function readOpenPullsFrom(
  requests: Requests,
  repository: string,
  { cursor, pageSize }: { readonly cursor: string; readonly pageSize: number },
): Promise<ObjectResponse<PullsFrom>> {
  const query = `?state=open&cursor=${encodeURIComponent(cursor)}&page_size=${pageSize}`;
  const path = below(requests, repository, `pulls/${query}`);
  const response = await readObject(requests, path, pullCursorPageSchema, attemptsFor(pageSize));
  if (response.kind !== "value") return response;
  const { next, results } = response.value;
  // Of the address only the position is used: scheme and host can be wrong.
  const position = next === null ? null : URL.parse(next, requests.target.origin)?.searchParams.get("cursor");
  if (position === undefined || position === "" || position === cursor) {
    throw new BatonError(
      Code.FailedPrecondition,
      `Codecov returned a page of pull requests of ${repository} that does not say where the next one begins`,
      { kind: "upstream" },
    );
  }
  return { kind: "value", value: { pulls: results, cursor: position ?? undefined } };
}

/** `GET …/pulls/?state=open`, highest number first, by pages: for rows that fail. */
export async function readOpenPulls(
  requests: Requests,
  repository: string,
  { page, pageSize }: PageSelector,
): Promise<ListResponse<PullPage>> {
  const path = below(requests, repository, `pulls/?state=open&page=${page}&page_size=${pageSize}`);
  return await readList(requests, path, pullPageSchema, attemptsFor(pageSize));
}

/** `GET …/pulls/{number}/` */
export async function readPullRequest(
  requests: Requests,
  repository: string,
  number: number,
): Promise<ObjectResponse<PullRow>> {
  return await readObject(requests, below(requests, repository, `pulls/${number}/`), pullSchema);
}

/** `GET …/compare/`: which commits are compared. Asks the git service. */
export async function readComparison(
  requests: Requests,
  repository: string,
  pull: number,
): Promise<ObjectResponse<Comparison>> {
  const path = below(requests, repository, `compare/?pullid=${pull}&has_diff=true`);
  return await readObject(requests, path, comparisonSchema);
}

/**
 * `GET …/compare/impacted_files`: the files of a pull request. Asks the git service, and **starts the computation** of
 * the comparison if there is none.
 */
export async function readImpactedFiles(
  requests: Requests,
  repository: string,
  pull: number,
): Promise<ObjectResponse<Impacted>> {
  return await readObject(
    requests,
    below(requests, repository, `compare/impacted_files?pullid=${pull}`),
    impactedSchema,
  );
}

/** `GET …/totals/`: the report of the head of a branch, complete or not, with its files. Default: the default branch. */
export async function readReportTotals(
  requests: Requests,
  repository: string,
  branch?: string,
): Promise<ObjectResponse<ReportTotals>> {
  const query = branch === undefined ? "" : `?branch=${encodeURIComponent(branch)}`;
  return await readObject(requests, below(requests, repository, `totals/${query}`), reportTotalsSchema);
}

function below({ target: { service, owner } }: Requests, repository: string, rest: string): string {
  return `/${service}/${pathSegment(owner)}/repos/${encodeURIComponent(repository)}/${rest}`;
}

/** A page of several rows is rather made smaller. */
function attemptsFor(pageSize: number): number {
  return pageSize > 1 ? 1 : SERVER_ERROR_ATTEMPTS;
}

/** @param path below the root of the API */
async function readList<Schema extends z.ZodType>(
  requests: Requests,
  path: string,
  schema: Schema,
  serverErrorAttempts = SERVER_ERROR_ATTEMPTS,
): Promise<ListResponse<z.infer<Schema>>> {
  return await exchange(requests, path, serverErrorAttempts, (response, endpoint) => {
    if (response.status === 404 && readDetail(response) === "Invalid page.") return { kind: "beyond-end" };
    return (
      readRefusal(response, endpoint) ?? { kind: "page", page: requests.decode(response, schema, endpoint) }
    );
  });
}

async function readObject<Schema extends z.ZodType>(
  requests: Requests,
  path: string,
  schema: Schema,
  serverErrorAttempts = SERVER_ERROR_ATTEMPTS,
): Promise<ObjectResponse<z.infer<Schema>>> {
  return await exchange(
    requests,
    path,
    serverErrorAttempts,
    (response, endpoint) =>
      readRefusal(response, endpoint) ?? {
        kind: "value",
        value: requests.decode(response, schema, endpoint),
      },
  );
}

/**
 * A 401 that names something else than the token is the git service's, which Codecov passes on as a 403 or 404 too.
 */
function readRefusal(response: HttpResponse, endpoint: RequestName): Refused | undefined {
  const { status } = response;
  if (status !== 401 && status !== 403 && status !== 404) return undefined;
  const said = readDetail(response);
  if (said === undefined) {
    if (status === 404) throw noSuchRoute(endpoint);
    return undefined;
  }
  if (status === 401 && /^(Invalid token|Authentication credentials)/.test(said)) return undefined;
  return { kind: "refused", reason: `${statusLine(status)}: ${said}` };
}

/** Sends a GET; a 500 without a word on when to come back is repeated so often only, and is a result then. */
async function exchange<T>(
  requests: Requests,
  path: string,
  serverErrorAttempts: number,
  read: (response: HttpResponse, endpoint: RequestName) => T,
): Promise<T | { readonly kind: "failed"; readonly error: BatonError }> {
  let failures = 0;
  return await requests.get(path, { attempts: DEFAULT_ATTEMPTS }, (response, endpoint) => {
    if (response.status !== 500) return read(response, endpoint);
    const error = requests.statusError(endpoint, response);
    failures += 1;
    if (failures < serverErrorAttempts || error.rateLimit !== undefined) throw error;
    return { kind: "failed", error };
  });
}
