import type { CodecovCall } from "#codecov/api/api.ts";
import type { RepositoryRow } from "#codecov/api/coverage-schemas.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { inParallel } from "./in-parallel.ts";
import { PageSplitter, type Span } from "./split-pages.ts";

/** Rows of a page: about 210 kB. A power of two, so that a page can be halved down to one row. */
const PAGE_ROWS = 512;

/** How often a list that changes under way is read from its beginning. */
const MAX_WALKS = 5;

/** Requests at one time. */
export const CONCURRENCY = 8;

/** The API as far as the list needs it. */
export type RepositorySource = Pick<CodecovCall, "repositories">;

/** Everything that the token's owner was once seen to read, as one moment shows it. */
export interface RepositoryList {
  readonly rows: readonly RepositoryRow[];
  /** Rows that Codecov fails on, whose names are unknown. */
  readonly unreadable: number;
}

/**
 * Reads the whole list. New repositories appear in front and shift the pages; a list that has changed, so that a row may
 * have been missed or seen twice, is read again.
 *
 * @throws BatonError Unavailable if the list keeps changing, or if Codecov fails on everything
 */
export async function readRepositoryList(
  source: RepositorySource,
  ctx: CallContext,
): Promise<RepositoryList> {
  let pageRows = PAGE_ROWS;
  for (let walk = 1; walk <= MAX_WALKS; ) {
    const first = await readPage(source, 1, pageRows);
    if (!first.isLast && first.rows.length < pageRows) {
      // A server that never gives as many rows as asked for counts its pages in other sizes.
      pageRows = smallerPage(first);
      continue;
    }
    const rest = await readRest(source, first, pageRows, ctx);
    const list = joinSpans([first, ...rest]);
    if (list !== undefined) return list;
    ctx.log.info("the list of repositories changed while it was being read; reading it again", { walk });
    walk += 1;
  }
  throw new BatonError(
    Code.Unavailable,
    `the list of repositories changed each of the ${MAX_WALKS} times that it was read; try again later`,
  );
}

async function readPage(
  source: RepositorySource,
  page: number,
  pageSize: number,
): Promise<Span<RepositoryRow>> {
  const span = await new PageSplitter((selector) => source.repositories(selector)).read({ page, pageSize });
  if (span.kind === "refused") throw new BatonError(Code.PermissionDenied, span.reason);
  return span;
}

async function readRest(
  source: RepositorySource,
  first: Span<RepositoryRow>,
  pageRows: number,
  { signal }: CallContext,
): Promise<Span<RepositoryRow>[]> {
  if (first.isLast) return [];
  const count = first.counts.at(-1);
  if (count !== undefined) {
    const pages = Array.from({ length: Math.ceil(count / pageRows) - 1 }, (_, index) => index + 2);
    return await inParallel(pages, CONCURRENCY, signal, (page) => readPage(source, page, pageRows));
  }
  const spans: Span<RepositoryRow>[] = [];
  for (let page = 2; spans.at(-1)?.isLast !== true; page += 1) {
    signal.throwIfAborted();
    spans.push(await readPage(source, page, pageRows));
  }
  return spans;
}

function smallerPage({ rows, counts }: Span<RepositoryRow>): number {
  if (rows.length > 0) return 2 ** Math.floor(Math.log2(rows.length));
  throw new BatonError(
    Code.Unavailable,
    `Codecov counts ${counts.at(-1) ?? "some"} repositories but returned none; try again later`,
  );
}

/** The list, or undefined unless all pages agree on one. */
function joinSpans(spans: readonly Span<RepositoryRow>[]): RepositoryList | undefined {
  const all = spans.flatMap(({ rows }) => rows);
  const counts = new Set(spans.flatMap((span) => span.counts));
  const rows = all.filter((row) => row !== undefined);
  const names = new Set(rows.map(({ name }) => name));
  const isWhole = spans.at(-1)?.isLast === true && names.size === rows.length;
  const [count = all.length] = counts;
  if (!isWhole || counts.size > 1 || count !== all.length) return undefined;
  return { rows, unreadable: all.length - rows.length };
}
