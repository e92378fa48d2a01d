import { describe, expect, test } from "vitest";
import {
  findContradiction,
  isBelow,
  patchPercent,
  percentOf,
  shownDelta,
  shownPatch,
  shownPercent,
} from "#codecov/coverage/model/coverage.ts";
import { exactOf, floorPercent } from "#codecov/coverage/model/exact.ts";
import { totalsOf } from "./scene.ts";

describe("percent", () => {
  test.each([
    [29, 50, 58],
    [57, 72, 79.16],
    [54, 70, 77.14],
    [2, 3, 66.66],
    [19_999, 20_000, 99.99],
    [999_999, 1_000_000, 99.99],
    [1, 1_000_000, 0],
    [100, 100, 100],
    [0, 7, 0],
  ])("%i of %i lines is %d %%", (hits, lines, percent) => {
    expect(shownPercent({ hits, lines })).toBe(percent);
  });

  test("stays exact where products pass the whole numbers of a float", () => {
    const lines = Number.MAX_SAFE_INTEGER;
    expect(shownPercent({ hits: lines - 1, lines })).toBe(99.99);
    expect(shownPercent({ hits: lines, lines })).toBe(100);
  });

  test.each([
    ["no lines", { hits: 0, lines: 0 }],
    ["more hits than lines", { hits: 5, lines: 4 }],
    ["a negative count", { hits: -1, lines: 4 }],
    ["a fraction of a line", { hits: 1.5, lines: 4 }],
    ["not a number", { hits: Number.NaN, lines: 4 }],
  ])("%s has none", (_, counts) => {
    expect(percentOf(counts)).toBeNull();
    expect(shownPercent(counts)).toBeNull();
    expect(shownDelta(counts, { hits: 1, lines: 2 })).toBeNull();
    expect(shownDelta({ hits: 1, lines: 2 }, counts)).toBeNull();
  });

  test.each([
    [70.857605, 70.85],
    [70.07, 70.07],
    [1.15, 1.15],
    [8.2, 8.2],
    [0.009, 0],
    [99.99999, 99.99],
    [100, 100],
  ])("a mean of %d is shown as %d", (value, shown) => {
    expect(floorPercent(value)).toBe(shown);
  });

  test("a patch without a line has none", () => {
    expect(patchPercent({ hits: 0, misses: 0, partials: 0 })).toBeNull();
    expect(shownPatch({ hits: 0, misses: 0, partials: 0 })).toBeNull();
    expect(shownPatch({ hits: 5, misses: 2, partials: 1 })).toBe(62.5);
  });
});

describe("delta", () => {
  test("is computed on the counts, not on rounded percentages", () => {
    // 79.1666… − 77.1428… = 2.0238…
    expect(shownDelta({ hits: 54, lines: 70 }, { hits: 57, lines: 72 })).toBe(2.02);
    // 33.33… − 66.66… = −33.33…, the rounded percentages differ by 33.33.
    expect(shownDelta({ hits: 2, lines: 3 }, { hits: 1, lines: 3 })).toBe(-33.34);
  });

  test("never makes a loss smaller", () => {
    expect(shownDelta({ hits: 100_000, lines: 100_000 }, { hits: 99_999, lines: 100_000 })).toBe(-0.01);
  });

  test("is a plain 0 without a change", () => {
    expect(Object.is(shownDelta({ hits: 1, lines: 3 }, { hits: 2, lines: 6 }), 0)).toBe(true);
  });
});

describe("limits", () => {
  test("a value exactly at the limit is not below it", () => {
    const percent = percentOf({ hits: 7_007, lines: 10_000 });
    expect(percent).not.toBeNull();
    if (percent === null) return;
    expect(isBelow(percent, 70.07)).toBe(false);
    expect(isBelow(percent, 70.0701)).toBe(true);
    expect(isBelow(percent, 70)).toBe(false);
  });

  test("a value that is only rounded to the limit is below it", () => {
    const percent = percentOf({ hits: 79_999, lines: 100_000 });
    expect(percent && isBelow(percent, 80)).toBe(true);
  });

  test("are read as the decimal that was written", () => {
    expect(exactOf(70.07)).toEqual({ numerator: 7007n, denominator: 100n });
    expect(exactOf(-0.5)).toEqual({ numerator: -5n, denominator: 10n });
    expect(exactOf(1e-7)).toEqual({ numerator: 1n, denominator: 10_000_000n });
    expect(exactOf(2.5e21)).toEqual({ numerator: 2_500_000_000_000_000_000_000n, denominator: 1n });
  });
});

test("counts that contradict each other are found", () => {
  expect(findContradiction(totalsOf(3, 4))).toBeUndefined();
  expect(findContradiction({ ...totalsOf(3, 4), misses: 2 })).toContain("4 lines");
  expect(findContradiction({ ...totalsOf(3, 4), files: -1 })).toContain("whole number");
  expect(findContradiction({ ...totalsOf(3, 4), sessions: 0.5 })).toContain("whole number");
});
