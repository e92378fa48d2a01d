import { BatonError, Code } from "#kernel/errors.ts";
import { findField, type NextPage } from "./paging.ts";

/** A page token that is the path of the next page, as the upstream gave it. */
export const LINK = ">";
/** Any other page token. */
const TOKEN = "=";

/** What a page token says. @throws BatonError InvalidArgument for one that `JsonApi.page` did not give */
export function readToken(token: string): { readonly kind: string; readonly rest: string } {
  const kind = token.charAt(0);
  const rest = token.slice(1);
  if (kind === "" || (kind === TOKEN && rest !== "") || (kind === LINK && rest.startsWith("/")))
    return { kind, rest };
  throw new BatonError(Code.InvalidArgument, "the page token does not belong to this listing");
}

/** The page token for one of a pager. */
export function toToken({ token }: Extract<NextPage, { token: string }>): string {
  return token === "" ? "" : TOKEN + token;
}

/** The rows of a response, and where they stand in it. */
export function findRows(
  body: unknown,
  place: string | undefined,
  fail: (problem: string) => Error,
): { readonly place: string; readonly list: readonly unknown[] } {
  if (place !== undefined) {
    const list = findField(body, place);
    // Servers written in Go give null for an empty list.
    if (list === null) return { place, list: [] };
    if (Array.isArray(list)) return { place, list };
    throw fail(`${place}: not a list`);
  }
  if (Array.isArray(body)) return { place: "", list: body };
  const lists = Object.entries(body ?? {}).filter(([, value]) => Array.isArray(value));
  const [only] = lists;
  if (only !== undefined && lists.length === 1) {
    const list: unknown = only[1];
    if (Array.isArray(list)) return { place: only[0], list };
  }
  throw fail(
    lists.length === 0
      ? "not a list; name it with rows"
      : `several lists (${lists.map(([name]) => name).join(", ")}); choose one with rows`,
  );
}
