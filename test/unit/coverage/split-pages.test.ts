import fc from "fast-check";
import { expect, test } from "vitest";
import type { PageSelector } from "#codecov/api/coverage-requests.ts";
import { PageSplitter } from "#codecov/coverage/reading/split-pages.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** A list that answers as Codecov does: a page with one bad row fails. */
function listOf(length: number, bad: ReadonlySet<number>) {
  const asked: PageSelector[] = [];
  const error = new BatonError(Code.Unavailable, "500");
  const ask = async ({ page, pageSize }: PageSelector) => {
    asked.push({ page, pageSize });
    const from = (page - 1) * pageSize;
    if (from >= length && page > 1) return { kind: "beyond-end" } as const;
    const rows = Array.from({ length: Math.min(pageSize, length - from) }, (_, index) => from + index);
    if (rows.some((row) => bad.has(row))) return { kind: "failed", error } as const;
    const next = from + pageSize < length ? "more" : null;
    return { kind: "page", page: { count: length, next, results: rows } } as const;
  };
  return { ask, asked };
}

test("whatever rows are bad, the others are all there, once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 90 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 89 }), { maxLength: 6 }),
      fc.constantFrom(512, 128, 100, 64, 60, 1),
      async (length, positions, pageSize) => {
        const bad = new Set(positions.filter((position) => position < length));
        const { ask } = listOf(length, bad);
        const splitter = new PageSplitter(ask);
        const rows: (number | undefined)[] = [];
        for (let page = 1; ; page += 1) {
          const span = await splitter.read({ page, pageSize });
          if (span.kind === "refused") throw new Error("refused");
          rows.push(...span.rows);
          if (span.isLast) break;
        }
        expect(rows).toEqual(Array.from({ length }, (_, row) => (bad.has(row) ? undefined : row)));
      },
    ),
  );
});

test("one bad row of 512 takes two requests for each halving", async () => {
  const { ask, asked } = listOf(512, new Set([300]));
  await new PageSplitter(ask).read({ page: 1, pageSize: 512 });
  expect(asked).toHaveLength(1 + 2 * 9);
  expect(asked.filter(({ pageSize }) => pageSize === 1)).toHaveLength(2);
});

test("a list of which everything fails is given up with the failure", async () => {
  const { ask, asked } = listOf(512, new Set(Array.from({ length: 512 }, (_, row) => row)));
  await expect(new PageSplitter(ask).read({ page: 1, pageSize: 512 })).rejects.toMatchObject({ code: 14 });
  expect(asked.length).toBeLessThan(30);
});
