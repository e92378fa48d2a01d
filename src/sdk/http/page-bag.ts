import { BatonError, Code } from "#kernel/errors.ts";
import type { PageQuery, RowPage } from "./paging.ts";

/**
 * A listing that is still to be read, from its beginning or from somewhere within.
 *
 * @example
 * const members: PageState = { kind: "members", id: "project-1", token: "" };
 */
export interface PageState {
  /** Which listing of several, for example `members`. */
  readonly kind: string;
  /** What it belongs to, for example the id of a project; empty if it belongs to nothing. */
  readonly id: string;
  /** Where it continues; empty at its beginning. */
  readonly token: string;
}

/**
 * The states of several listings in one page token, for a listing that is made of others: a stack whose top is read
 * next. The token contains everything, so that another process can continue. {@link nested} is made of it.
 *
 * @example
 * const bag = PageBag.read(page.pageToken, { kind: "users", id: "" });
 * const { rows, next } = await listOf(bag.current);
 * bag.advance(next);
 * return { rows, next: bag.toString() };
 */
export class PageBag {
  readonly #states: PageState[];

  private constructor(states: PageState[]) {
    this.#states = states;
  }

  /**
   * Reads a page token.
   *
   * @param first what to begin with where the token is empty
   * @throws BatonError InvalidArgument for a token that no bag wrote
   */
  static read(token: string, first: Omit<PageState, "token">): PageBag {
    if (token === "") return new PageBag([{ ...first, token: "" }]);
    const states = parse(token);
    if (states === undefined || states.length === 0) {
      throw new BatonError(Code.InvalidArgument, "the page token does not belong to this listing");
    }
    return new PageBag(states);
  }

  /** What to read now; undefined if there is nothing left. */
  get current(): PageState | undefined {
    return this.#states.at(-1);
  }

  /** Notes how far the current listing was read: it continues at `token`, or has ended if that is empty. */
  advance(token: string): void {
    const current = this.#states.pop();
    if (current !== undefined && token !== "") this.#states.push({ ...current, token });
  }

  /** Puts listings on top, to be read from the first to the last and before all others. */
  push(states: readonly Omit<PageState, "token">[]): void {
    for (const state of states.toReversed()) this.#states.push({ ...state, token: "" });
  }

  /** The page token; empty if there is nothing left. */
  toString(): string {
    if (this.#states.length === 0) return "";
    return JSON.stringify(this.#states.map(({ kind, id, token }) => [kind, id, token]));
  }
}

function parse(text: string): PageState[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const states = value.map(toState);
  return states.includes(undefined) ? undefined : states.filter((state) => state !== undefined);
}

function toState(value: unknown): PageState | undefined {
  if (!Array.isArray(value)) return undefined;
  const [kind, id, token]: unknown[] = value;
  if (typeof kind !== "string" || typeof id !== "string" || typeof token !== "string") return undefined;
  return { kind, id, token };
}

/** A listing in two levels, see {@link nested}. */
export interface NestedListing<Outer, Inner> {
  /** A page of what the inner listings belong to, for example of projects. */
  outer(page: PageQuery): Promise<RowPage<Outer>>;
  /** What tells an inner listing apart, for example the id of the project. */
  key(row: Outer): string;
  /** A page of one inner listing, for example of the members of a project. */
  inner(key: string, page: PageQuery): Promise<RowPage<Inner>>;
}

/**
 * One page of a listing in two levels, as where members can only be listed project by project. Each page is one request:
 * of the outer listing, which gives no rows, or of an inner one.
 *
 * @example
 * nested(page, {
 *   outer: (projects) => acme.page(path`/projects`, Project, projects, cursor("next"), ctx),
 *   key: (project) => project.id,
 *   inner: (id, members) => acme.page(path`/projects/${id}/members`, Member, members, offset(), ctx),
 * })
 */
export async function nested<Outer, Inner>(
  page: PageQuery,
  listing: NestedListing<Outer, Inner>,
): Promise<RowPage<Inner>> {
  const bag = PageBag.read(page.pageToken, { kind: "outer", id: "" });
  const { kind = "outer", id = "", token = "" } = bag.current ?? {};
  const query = { pageSize: page.pageSize, pageToken: token };
  if (kind === "inner") {
    const { rows, next } = await listing.inner(id, query);
    bag.advance(next);
    return { rows, next: bag.toString() };
  }
  const { rows, next } = await listing.outer(query);
  bag.advance(next);
  bag.push(rows.map((row) => ({ kind: "inner", id: listing.key(row) })));
  return { rows: [], next: bag.toString() };
}
