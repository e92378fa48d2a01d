import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";

interface Walk {
  readonly page_size: number;
  readonly pages: number;
  readonly count: number;
  readonly rows_received: number;
  readonly distinct_people: number;
}

interface Collection {
  /** Absent where the organization was not recorded. */
  readonly state_ref?: string;
  readonly collection: string;
  readonly walks: readonly Walk[];
}

interface Page {
  readonly count: number;
  readonly next: string | null;
  readonly results: readonly { readonly username: string | null; readonly name: string | null }[];
}

const FILE = new URL("../golden/codecov/codecov-unordered-walks.json", import.meta.url);
const RECORDED: { collections: Collection[] } = JSON.parse(readFileSync(FILE, "utf8"));
const SLUGS: Readonly<Record<string, string>> = {
  "acme-52": "acme",
  "exact-40": "forty",
  "bulk-2345": "bulk",
};

async function walk(
  simulator: CodecovSimulator,
  collection: string,
  slug: string,
  size: number,
): Promise<Walk> {
  const headers = { authorization: `Bearer ${simulator.tokens["admin-token"]}` };
  const people: string[] = [];
  let next: string | null = `${simulator.baseUrl}/github/${slug}/${collection}/?page_size=${size}`;
  let pages = 0;
  let count = 0;
  while (next !== null) {
    const response: Response = await fetch(next, { headers });
    const page = (await response.json()) as Page;
    people.push(...page.results.map(({ username, name }) => `${username}/${name}`));
    count = page.count;
    next = page.next;
    pages++;
  }
  const distinct_people = new Set(people).size;
  return { page_size: size, pages, count, rows_received: people.length, distinct_people };
}

/** Both losing: the figures hang on how the database lays out its pages; what counts is their size. */
function expectSimilarLoss(actual: Walk, recorded: Walk): void {
  const lost = actual.count - actual.distinct_people;
  const recordedLost = recorded.count - recorded.distinct_people;
  if (recordedLost === 0) expect(lost).toBe(0);
  expect(Math.abs(lost - recordedLost)).toBeLessThanOrEqual(Math.max(3, recordedLost * 0.25));
}

describe.each(RECORDED.collections.filter(({ state_ref }) => state_ref !== undefined))(
  "page walks over $collection of $state_ref",
  ({ state_ref = "", collection, walks }) => {
    it.each(walks)("by $page_size: $distinct_people of $count people", async (recorded) => {
      await using simulator = await startCodecovSimulator({ state: state_ref });
      const actual = await walk(simulator, collection, SLUGS[state_ref] ?? "", recorded.page_size);
      expect({ ...actual, distinct_people: 0 }).toEqual({ ...recorded, distinct_people: 0 });
      expectSimilarLoss(actual, recorded);
    });
  },
);
