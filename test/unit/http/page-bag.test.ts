import fc from "fast-check";
import { expect, test } from "vitest";
import { nested, PageBag } from "#http/page-bag.ts";
import type { PageQuery, RowPage } from "#http/paging.ts";
import { Code } from "#kernel/errors.ts";

/** Pages of a list in memory. */
function pageOf<Row>(rows: readonly Row[], { pageSize, pageToken }: PageQuery): RowPage<Row> {
  const from = Number(pageToken);
  const end = from + pageSize;
  return { rows: rows.slice(from, end), next: end < rows.length ? String(end) : "" };
}

test("a listing in two levels gives every row once and in order, whatever the pages", async () => {
  const projects = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.nat(5)), {
    selector: ([id]) => id,
  });
  await fc.assert(
    fc.asyncProperty(projects, fc.integer({ min: 1, max: 4 }), async (all, pageSize) => {
      const members = new Map(
        all.map(([id, count]) => [id, Array.from({ length: count }, (_, index) => `${id}/${index}`)]),
      );
      const rows: string[] = [];
      const tokens = new Set<string>();
      let pageToken = "";
      do {
        const page = await nested<[string, number], string>(
          { pageSize, pageToken },
          {
            outer: async (query) => pageOf(all, query),
            key: ([id]) => id,
            inner: async (id, query) => pageOf(members.get(id) ?? [], query),
          },
        );
        rows.push(...page.rows);
        pageToken = page.next;
        expect(tokens).not.toContain(pageToken);
        tokens.add(pageToken);
      } while (pageToken !== "");
      expect(rows).toEqual([...members.values()].flat());
    }),
  );
});

test("a bag reads what it wrote, and the listing pushed first comes first", () => {
  const bag = PageBag.read("", { kind: "projects", id: "" });
  bag.advance("2");
  bag.push([
    { kind: "members", id: 'a"b' },
    { kind: "members", id: "c" },
  ]);
  const same = PageBag.read(bag.toString(), { kind: "projects", id: "" });
  expect(same.current).toEqual({ kind: "members", id: 'a"b', token: "" });
  same.advance("");
  expect(same.current).toEqual({ kind: "members", id: "c", token: "" });
  same.advance("");
  expect(same.current).toEqual({ kind: "projects", id: "", token: "2" });
  same.advance("");
  expect(same.current).toBeUndefined();
  expect(same.toString()).toBe("");
});

test.each(["x", "[]", "{}", "[1]", '[["a","b"]]', '[["a","b",3]]'])("%s is no token of a bag", (token) => {
  expect(() => PageBag.read(token, { kind: "a", id: "" })).toThrow(
    expect.objectContaining({ code: Code.InvalidArgument }),
  );
});
