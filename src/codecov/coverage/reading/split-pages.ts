import type { ListResponse, PageSelector, Refused } from "#codecov/api/coverage-requests.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** The part of a page that every list paged by number has. */
export interface Page<Row> {
  readonly count: number;
  readonly next: string | null;
  readonly results: readonly Row[];
}

/** A piece of a list. */
export interface Span<Row> {
  readonly kind: "span";
  /** In the order of the list; undefined for a row that Codecov fails on. */
  readonly rows: readonly (Row | undefined)[];
  /** How many rows the list has, by each response that said so. */
  readonly counts: readonly number[];
  /** Whether the list ends with it. */
  readonly isLast: boolean;
}

export type Ask<Row> = (page: PageSelector) => Promise<ListResponse<Page<Row>>>;

/** Rows that fail before the first one that does not, after which it is Codecov that fails and not the rows. */
const MOST_FAILURES_AT_FIRST = 8;

/**
 * Reads lists of which a single row can fail the page that it is on: Codecov returns 500 for the whole page. Such a page
 * is read in parts, and those in parts again, until the row is alone. Pages of 512 rows halve evenly, all the way down.
 */
export class PageSplitter<Row> {
  readonly #ask: Ask<Row>;
  #hasRow = false;
  #failures = 0;

  constructor(ask: Ask<Row>) {
    this.#ask = ask;
  }

  /** @throws BatonError what Codecov failed with, if it fails on everything */
  async read(selector: PageSelector): Promise<Span<Row> | Refused> {
    const response = await this.#ask(selector);
    switch (response.kind) {
      case "page":
        return this.#toSpan(response.page, selector);
      case "beyond-end":
        return { kind: "span", rows: [], counts: [], isLast: true };
      case "failed":
        if (selector.pageSize > 1) return await this.#readParts(selector);
        this.#failures += 1;
        if (!this.#hasRow && this.#failures >= MOST_FAILURES_AT_FIRST) throw response.error;
        return { kind: "span", rows: [undefined], counts: [], isLast: false };
      case "refused":
        return response;
      default:
        return response satisfies never;
    }
  }

  #toSpan({ count, next, results }: Page<Row>, { pageSize }: PageSelector): Span<Row> {
    if (results.length > pageSize) {
      throw new BatonError(
        Code.FailedPrecondition,
        `Codecov returned ${results.length} rows where ${pageSize} were requested; check that --codecov-base-url is the address of a Codecov API`,
        { kind: "upstream" },
      );
    }
    this.#hasRow ||= results.length > 0;
    return { kind: "span", rows: results, counts: [count], isLast: next === null };
  }

  /** A page of `size` rows is the same as `parts` pages of a `parts`th of the size each. */
  async #readParts({ page, pageSize }: PageSelector): Promise<Span<Row> | Refused> {
    const parts = smallestFactor(pageSize);
    const rows: (Row | undefined)[] = [];
    const counts: number[] = [];
    let isLast = false;
    for (let part = 1; part <= parts && !isLast; part += 1) {
      const span = await this.read({ page: (page - 1) * parts + part, pageSize: pageSize / parts });
      if (span.kind === "refused") return span;
      rows.push(...span.rows);
      counts.push(...span.counts);
      isLast = span.isLast;
    }
    return { kind: "span", rows, counts, isLast };
  }
}

function smallestFactor(size: number): number {
  for (let factor = 2; factor * factor <= size; factor += 1) if (size % factor === 0) return factor;
  return size;
}
