import { Refusal } from "./answer.ts";
import { encodePath, encodeQuery, parsePythonInteger } from "./python.ts";
import type { ApiRequest } from "./request.ts";

const DEFAULT_PAGE_SIZE = 20;

/** One page of a list: which rows, and the envelope around them. */
export interface Page {
  readonly count: number;
  /** Positions `from` … `to - 1`. */
  readonly from: number;
  readonly to: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly totalPages: number;
}

/**
 * Page-number paging as the server does it: no upper bound for `page_size`, which silently becomes 20 when
 * it makes no sense, and a 404 for a page that does not exist.
 */
export function selectPage(request: ApiRequest, count: number): Page {
  const size = readPageSize(request);
  const totalPages = Math.max(1, Math.ceil(count / size));
  const page = pageNumber(request.lastParameter("page"), totalPages);
  const from = (page - 1) * size;
  return {
    count,
    from,
    to: Math.min(count, from + size),
    next: page < totalPages ? linkToPage(request, page + 1) : null,
    previous: page > 1 ? linkToPage(request, page - 1) : null,
    totalPages,
  };
}

/** The envelope around rows that are JSON already. */
export function renderPage(page: Page, rows: readonly string[]): Buffer {
  return renderPieces(page, [Buffer.from(rows.join(","))]);
}

/** The same for rows in larger pieces, which together hold them with commas in between. */
export function renderPieces(page: Page, pieces: readonly Buffer[]): Buffer {
  const head = JSON.stringify({ count: page.count, next: page.next, previous: page.previous });
  return Buffer.concat([
    Buffer.from(`${head.slice(0, -1)},"results":[`),
    ...pieces,
    Buffer.from(`],"total_pages":${page.totalPages}}`),
  ]);
}

/** How many rows a page may have. */
export function readPageSize(request: ApiRequest): number {
  const size = parsePythonInteger(request.lastParameter("page_size") ?? "");
  if (size === undefined || size <= 0n) return DEFAULT_PAGE_SIZE;
  return size > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(size);
}

function pageNumber(text: string | undefined, totalPages: number): number {
  if (text === undefined || text === "") return 1;
  if (text === "last") return totalPages;
  const page = parsePythonInteger(text);
  if (page === undefined || page < 1n || page > BigInt(totalPages)) {
    throw Refusal.detail(404, "Invalid page.");
  }
  return Number(page);
}

/** The link to another page; there is no `page` parameter for page 1. */
function linkToPage(request: ApiRequest, page: number): string {
  return linkTo(request, "page", page > 1 ? String(page) : undefined);
}

/** The address as the server understood it with another value of one parameter, its parameters sorted by name. */
export function linkTo(request: ApiRequest, parameter: string, value: string | undefined): string {
  const pairs = request.query.filter(([name]) => name !== parameter);
  if (value !== undefined) pairs.push([parameter, value]);
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const query = encodeQuery(pairs);
  return `${request.origin}${encodePath(request.path)}${query === "" ? "" : `?${query}`}`;
}
