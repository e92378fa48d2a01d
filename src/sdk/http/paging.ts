/**
 * How APIs divide their lists into pages. A pager says what to request and where to continue; {@link JsonApi.page} does
 * the rest. Each one errs on the side of one request too many: a list that ends early is a gap that nobody sees.
 */

import { BatonError, Code } from "#kernel/errors.ts";
import type { QueryValues } from "./path.ts";
import type { ResponseHeaders } from "./rate-limit.ts";

/**
 * Which page a host asks for.
 *
 * @example
 * const first: PageQuery = { pageSize: 0, pageToken: "" };
 */
export interface PageQuery {
  /** Rows wanted; 0 leaves the choice to the connector. */
  readonly pageSize: number;
  /** Empty for the first page, otherwise `next` of the previous page. */
  readonly pageToken: string;
}

/**
 * A page of rows.
 *
 * @example
 * const last: RowPage<string> = { rows: ["ada", "grace"], next: "" };
 */
export interface RowPage<Row> {
  readonly rows: readonly Row[];
  /** Token of the next page; empty on the last one. */
  readonly next: string;
}

/** What a pager learns about a response. */
export interface PageResponse {
  readonly body: unknown;
  readonly headers: ResponseHeaders;
  /** How many rows it has. */
  readonly count: number;
  /** The error for a response that lacks what the pager needs. */
  readonly fail: (problem: string) => Error;
}

/** Where a list continues: at a token, empty at the end, or at an address that the upstream gave. */
export type NextPage = { readonly token: string } | { readonly link: string };

/**
 * A custom way of paging.
 *
 * @example
 * const afterLast: Pager = {
 *   ask: ({ pageToken }) => ({ after: pageToken === "" ? undefined : pageToken }),
 *   next: (_page, { body }) => ({ token: readLastId(body) ?? "" }),
 * };
 */
export interface Pager {
  /** Where in the response the rows are; absent if they are the whole response or its only list. */
  readonly rows?: string | undefined;
  /** The parameters that ask for a page. @throws BatonError InvalidArgument for a token that it did not make */
  ask(page: PageQuery): QueryValues;
  next(page: PageQuery, response: PageResponse): NextPage;
}

/** Options of all pagers. */
export interface PagerOptions {
  /** Where in the response the rows are, for example `data.users`; needed if it has several lists, or if they can be null. */
  readonly rows?: string;
  /** Name of the parameter that says which page; each pager has the usual one. */
  readonly param?: string;
  /** Name of the parameter that says how many rows; null sends none. */
  readonly sizeParam?: string | null;
  /** Most rows to ask for at once; default 100. */
  readonly size?: number;
}

const DEFAULT_SIZE = 100;

/**
 * Pages by number: `?page=1&per_page=100`. The list ends with the first empty page, unless the response says where it ends.
 *
 * If rows disappear from earlier pages in the meantime, later ones move up and one of them is missed; prefer any other
 * way of paging if the API has one.
 *
 * @example
 * acme.page(path`/teams`, Team, page, pageNumber({ more: "meta.has_more" }), ctx)
 */
export function pageNumber(
  options: PagerOptions & {
    /** Number of the first page; default 1. */
    readonly first?: number;
    /** Where in the response it says whether there are more pages: true or false. */
    readonly more?: string;
    /** Where in the response it says how many pages there are. */
    readonly pages?: string;
  } = {},
): Pager {
  const { first = 1, param = "page", sizeParam = "per_page", more, pages } = options;
  // The number means nothing without the size, which the host may change from page to page.
  const read = (page: PageQuery) => {
    if (page.pageToken === "") return { page: first, size: sizeOf(page, options) };
    const [, number, size] = /^(\d{1,15})x(\d{1,9})$/.exec(page.pageToken) ?? [];
    if (number === undefined || size === undefined) throw foreignToken();
    return { page: Number(number), size: Number(size) };
  };
  const hasMore = (present: number, response: PageResponse): boolean => {
    if (more !== undefined) return readBoolean(response, more);
    if (pages !== undefined) return present - first + 1 < readNumber(response, pages);
    return response.count > 0;
  };
  return {
    rows: options.rows,
    ask(query) {
      const { page, size } = read(query);
      return { [param]: page, ...sizeQuery(sizeParam, size) };
    },
    next(query, response) {
      const { page, size } = read(query);
      return { token: hasMore(page, response) ? `${page + 1}x${size}` : "" };
    },
  };
}

/**
 * Pages by the number of rows before them: `?offset=200&limit=100`. What {@link pageNumber} says about changes applies.
 *
 * @example
 * acme.page(path`/teams/${team.id}/members`, Member, page, offset({ total: "total" }), ctx)
 */
export function offset(
  options: PagerOptions & {
    /** Where in the response it says how many rows there are in all; without it, the list ends with an empty page. */
    readonly total?: string;
  } = {},
): Pager {
  const { param = "offset", sizeParam = "limit", total } = options;
  const read = ({ pageToken }: PageQuery): number => {
    if (!/^\d{0,15}$/.test(pageToken)) throw foreignToken();
    return Number(pageToken);
  };
  return {
    rows: options.rows,
    ask: (page) => ({ [param]: read(page), ...sizeQuery(sizeParam, sizeOf(page, options)) }),
    next(page, response) {
      // The rows that came count, not those requested: servers have their own limits.
      const reached = read(page) + response.count;
      if (total === undefined) return { token: response.count === 0 ? "" : String(reached) };
      const all = readNumber(response, total);
      if (reached >= all) return { token: "" };
      if (response.count > 0) return { token: String(reached) };
      throw response.fail(`${total} says ${all} rows, but there are none after the first ${reached}`);
    },
  };
}

/**
 * Pages by a cursor that each response gives for the next one: `?cursor=…&limit=100`. A cursor that is a URL of the same
 * server is followed. The list ends where the cursor is null or empty.
 *
 * @param field where in the response the cursor is, for example `meta.next_cursor`
 *
 * @example
 * acme.page(path`/users`, User, page, cursor("meta.next_cursor", { rows: "users" }), ctx)
 */
export function cursor(
  field: string,
  options: PagerOptions & {
    /** The API leaves the field out on the last page. Without this that is an error, as a mistyped name would be. */
    readonly optional?: boolean;
  } = {},
): Pager {
  const { param = "cursor", sizeParam = "limit", optional = false } = options;
  return {
    rows: options.rows,
    ask: (page) => ({
      ...(page.pageToken === "" ? {} : { [param]: page.pageToken }),
      ...sizeQuery(sizeParam, sizeOf(page, options)),
    }),
    next(_page, response) {
      const value = findField(response.body, field);
      if (value === undefined && !optional) {
        throw response.fail(`${field}: missing; if the last page has no cursor, declare it optional`);
      }
      if (value === undefined || value === null || value === "") return { token: "" };
      if (typeof value !== "string" && typeof value !== "number")
        throw response.fail(`${field}: not a cursor`);
      const text = String(value);
      return /^https?:\/\//i.test(text) ? { link: text } : { token: text };
    },
  };
}

/**
 * Pages by the header `Link: <…>; rel="next"`, as GitHub and GitLab have it. The list ends where there is none.
 *
 * @example
 * acme.page(path`/repos`, Repository, page, linkHeader(), ctx)
 */
export function linkHeader(options: Omit<PagerOptions, "param"> = {}): Pager {
  const { sizeParam = "per_page" } = options;
  return {
    rows: options.rows,
    ask: (page) => sizeQuery(sizeParam, sizeOf(page, options)),
    next(_page, { headers }) {
      const link = findNextLink(headers["link"] ?? "");
      return link === undefined ? { token: "" } : { link };
    },
  };
}

/**
 * Lists that come whole, without pages.
 *
 * @example
 * acme.page(path`/roles`, Role, page, onePage(), ctx)
 */
export function onePage(options: Pick<PagerOptions, "rows"> = {}): Pager {
  return { rows: options.rows, ask: () => ({}), next: () => ({ token: "" }) };
}

/** The value at a place such as `data.users`; undefined if there is none. */
export function findField(body: unknown, place: string): unknown {
  let value = body;
  for (const name of place.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

/** The one with the relation `next`, of the links in a header. */
function findNextLink(header: string): string | undefined {
  for (const [, link, parameters = ""] of header.matchAll(/<([^>]*)>((?:[^,"<]|"[^"]*")*)/g)) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))/i.exec(parameters);
    const names = (relations?.[1] ?? relations?.[2] ?? "").toLowerCase().split(/\s+/);
    if (names.includes("next")) return link;
  }
  return undefined;
}

function sizeOf({ pageSize }: PageQuery, { size = DEFAULT_SIZE }: Pick<PagerOptions, "size">): number {
  return pageSize > 0 ? Math.min(pageSize, size) : size;
}

function sizeQuery(name: string | null, size: number): QueryValues {
  return name === null ? {} : { [name]: size };
}

function readBoolean(response: PageResponse, place: string): boolean {
  const value = findField(response.body, place);
  if (typeof value === "boolean") return value;
  throw response.fail(`${place}: neither true nor false`);
}

function readNumber(response: PageResponse, place: string): number {
  const value = findField(response.body, place);
  if (typeof value === "number" && value >= 0) return value;
  throw response.fail(`${place}: not a number of rows or pages`);
}

function foreignToken(): BatonError {
  return new BatonError(Code.InvalidArgument, "the page token does not belong to this listing");
}
