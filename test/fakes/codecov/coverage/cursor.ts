import { Refusal } from "../answer.ts";
import { linkTo, readPageSize } from "../pagination.ts";
import { parsePythonInteger, parseQuery } from "../python.ts";
import type { ApiRequest } from "../request.ts";

/** One page of a walk by cursor, which has neither a count nor a number of pages. */
export interface CursorPage<T> {
  readonly rows: readonly T[];
  readonly next: string | null;
  readonly previous: string | null;
}

interface Cursor {
  readonly isReverse: boolean;
  /** The number of the row next to the page; undefined at the beginning. */
  readonly position: number | undefined;
}

/**
 * The page behind (or, for links backwards, before) the row that the cursor names, so that rows which come or go elsewhere
 * do not shift it. `rows` are sorted, and their positions are unique.
 */
export function selectCursorPage<T>(
  request: ApiRequest,
  rows: readonly T[],
  positionOf: (row: T) => number,
  isAscending: boolean,
): CursorPage<T> {
  const { isReverse, position } = readCursor(request.lastParameter("cursor") ?? "");
  const size = readPageSize(request);
  const isBehind = (row: T, mark: number): boolean =>
    isAscending !== isReverse ? positionOf(row) > mark : positionOf(row) < mark;
  const ordered = isReverse ? rows.toReversed() : rows;
  const behind = position === undefined ? ordered : ordered.filter((row) => isBehind(row, position));
  const taken = behind.slice(0, size);
  const page = isReverse ? taken.toReversed() : taken;
  const isMore = behind.length > size;
  const hasNext = isReverse ? position !== undefined : isMore;
  const hasPrevious = isReverse ? isMore : position !== undefined;
  const [first, last] = [page[0], page.at(-1)];
  return {
    rows: page,
    next: hasNext ? link(request, false, last === undefined ? position : positionOf(last)) : null,
    previous: hasPrevious ? link(request, true, first === undefined ? position : positionOf(first)) : null,
  };
}

/** The envelope around rows that are JSON already. */
export function renderCursorPage({ next, previous }: CursorPage<unknown>, rows: readonly string[]): Buffer {
  const head = JSON.stringify({ next, previous });
  return Buffer.from(`${head.slice(0, -1)},"results":[${rows.join(",")}]}`);
}

function readCursor(text: string): Cursor {
  const pairs = new Map(parseQuery(Buffer.from(text, "base64").toString("latin1")));
  const position = pairs.get("p");
  const number = position === undefined ? undefined : parsePythonInteger(position);
  if (text !== "" && number === undefined) throw Refusal.detail(404, "Invalid cursor");
  return { isReverse: pairs.get("r") === "1", position: number === undefined ? undefined : Number(number) };
}

function link(request: ApiRequest, isReverse: boolean, position: number | undefined): string {
  const cursor = Buffer.from(`${isReverse ? "r=1&" : ""}p=${position ?? ""}`).toString("base64");
  return linkTo(request, "cursor", cursor);
}
