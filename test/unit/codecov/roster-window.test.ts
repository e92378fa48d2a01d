import { describe, expect, it } from "vitest";
import { type ComparableRow, choosePage, findOverlap } from "#codecov/roster/roster-window.ts";

const named = (fingerprint: string): ComparableRow => ({ fingerprint, named: true });
const nameless = (fingerprint: string): ComparableRow => ({ fingerprint, named: false });

describe("a page", () => {
  it.each([
    [0, 10],
    [4, 10],
    [5, 10],
    [17, 10],
    [9_936, 10_000],
    [123_456, 10_000],
  ])("that begins at or before %d with at most %d rows reaches furthest behind it", (from, maxSize) => {
    const { page, size, start } = choosePage(from, maxSize);
    expect(start).toBe((page - 1) * size);
    expect(size).toBeLessThanOrEqual(maxSize);
    expect(start).toBeLessThanOrEqual(from);
    const ends = Array.from({ length: maxSize }, (_, index) => index + 1)
      .filter((candidate) => candidate > maxSize / 2)
      .map((candidate) => (Math.floor(from / candidate) + 1) * candidate);
    expect(start + size).toBe(Math.max(...ends));
  });
});

describe("an overlap", () => {
  const anchor = ["a", "b", "c", "x", "d"];

  it("needs all the names that are required, and no more", () => {
    const rows = ["a", "b", "c", "y"].map(named);
    expect(findOverlap(anchor, rows, 3)).toEqual({ begin: 0, end: 3, anchorEnd: 3 });
    expect(findOverlap(anchor, rows, 4)).toBeUndefined();
  });

  it("may have rows without a name between those with one, which do not count", () => {
    const rows = [named("z"), named("c"), nameless("x"), named("d"), nameless("e")];
    expect(findOverlap(anchor, rows, 2)).toEqual({ begin: 1, end: 4, anchorEnd: 5 });
    expect(findOverlap(anchor, rows, 3)).toBeUndefined();
  });

  it("neither begins nor ends with a row without a name", () => {
    const rows = [nameless("b"), named("c"), nameless("x")];
    expect(findOverlap(anchor, rows, 1)).toEqual({ begin: 1, end: 2, anchorEnd: 3 });
  });

  it("is one run: rows that agree on both sides of a difference are not added up", () => {
    const rows = [named("a"), named("b"), named("q"), named("x"), named("d")];
    expect(findOverlap(anchor, rows, 3)).toBeUndefined();
    expect(findOverlap(anchor, rows, 2)).toEqual({ begin: 0, end: 2, anchorEnd: 2 });
  });

  it("is the run with most names, wherever it is", () => {
    const rows = [named("d"), named("a"), named("b"), named("c")];
    expect(findOverlap(anchor, rows, 1)).toEqual({ begin: 1, end: 4, anchorEnd: 3 });
  });

  it("begins where the run begins, also in the rows that no run has touched yet", () => {
    const rows = [named("q"), named("r"), named("s"), named("b")];
    expect(findOverlap(["a", "b"], rows, 1)).toEqual({ begin: 3, end: 4, anchorEnd: 2 });
  });

  it("is found where the same row stands several times in the anchor", () => {
    const rows = [named("a"), named("a"), named("b")];
    expect(findOverlap(["a", "a", "a", "b"], rows, 3)).toEqual({ begin: 0, end: 3, anchorEnd: 4 });
  });
});
