import { type RequestName, withAdvice } from "#http/http-error.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { API_PATH } from "./api-address.ts";
import { pathSegment } from "./owner.ts";
import { noSuchRoute, readDetail } from "./refusal.ts";
import { DEFAULT_ATTEMPTS, type Requests } from "./request.ts";
import {
  type InternalPage,
  internalPageSchema,
  type Member,
  memberSchema,
  type RosterPage,
  rosterPageSchema,
} from "./schemas.ts";

/** Where to look in a list. */
export interface MemberPageQuery {
  readonly page: number | "last";
  /** Rows; Codecov sets no upper limit. */
  readonly pageSize: number;
  /** Attempts in all when the response fails in a way that can pass; default 4. */
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

export interface RosterQuery extends MemberPageQuery {
  readonly filter?: RosterFilter;
}

/** What asking for a page of the roster can come to, apart from errors. */
export type RosterResponse =
  | { readonly kind: "page"; readonly page: RosterPage }
  /** The roster has fewer rows than would reach this page. */
  | { readonly kind: "beyond-end" }
  /** There is no such roster for this token. */
  | { readonly kind: "refused"; readonly error: BatonError };

/** `GET /{service}/{owner}/users/`. Never fails with `NotFound`, which a host would take for a warning. */
export async function readRoster(
  requests: Requests,
  { page, pageSize, attempts = DEFAULT_ATTEMPTS, attemptsAtThisSize, filter }: RosterQuery,
): Promise<RosterResponse> {
  const { service, owner } = requests.target;
  const filters = Object.entries(filter ?? {}).map(
    ([name, value]) => `&${name}=${encodeURIComponent(value)}`,
  );
  return requests.get(
    `/${service}/${pathSegment(owner)}/users/?page=${page}&page_size=${pageSize}${filters.join("")}`,
    { attempts, attemptsAtThisSize },
    (response, endpoint) => {
      if (response.status !== 404)
        return { kind: "page", page: requests.decode(response, rosterPageSchema, endpoint) };
      const said = readDetail(response);
      if (said === "Invalid page.") return { kind: "beyond-end" };
      if (said === undefined) throw noSuchRoute(endpoint);
      return { kind: "refused", error: refuse(requests, endpoint, said) };
    },
  );
}

/**
 * `GET /{service}/{owner}/users/{address}/`; undefined if nobody there is on the roster, or if the token sees no
 * roster. The address is a user name in any case and of any service, or an internal number.
 */
export async function readMember(
  requests: Requests,
  address: string,
  attempts = DEFAULT_ATTEMPTS,
): Promise<Member | undefined> {
  return requests.get(memberPath(requests, address), { attempts }, (response, endpoint) => {
    if (response.status !== 404) return requests.decode(response, memberSchema, endpoint);
    if (readDetail(response) === undefined) throw noSuchRoute(endpoint);
    return undefined;
  });
}

/**
 * `GET /internal/{service}/{owner}/users/`: the list behind Codecov's own pages. Undefined if this server does
 * not offer it to an API token.
 */
export async function readInternalMembers(
  requests: Requests,
  search: string,
  pageSize: number,
): Promise<InternalPage | undefined> {
  const { apiPath, service, owner } = requests.target;
  const root = apiPath.slice(0, -API_PATH.length);
  const path = `${root}/internal/${service}/${pathSegment(owner)}/users/?page_size=${pageSize}&search=${encodeURIComponent(search)}`;
  return requests.send({ method: "GET", path }, { attempts: 2 }, (response, endpoint) =>
    response.status >= 400 && response.status < 500 && response.status !== 429
      ? undefined
      : requests.decode(response, internalPageSchema, endpoint),
  );
}

/** Path of one member below the root of the API. */
export function memberPath(requests: Requests, address: string): string {
  const { service, owner } = requests.target;
  return `/${service}/${pathSegment(owner)}/users/${encodeURIComponent(address)}/`;
}

function refuse(requests: Requests, endpoint: RequestName, said: string): BatonError {
  const { service, owner } = requests.target;
  const advice = `there is no organization ${owner} on ${service}, or the owner of the API token is not a member of it; check both`;
  return new BatonError(
    Code.FailedPrecondition,
    `Codecov returned 404 Not Found for ${endpoint.name}${withAdvice(said, advice)}`,
    { kind: "configuration" },
  );
}
