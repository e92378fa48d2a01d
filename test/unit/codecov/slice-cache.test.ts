import { expect, it } from "vitest";
import { SliceCache } from "#codecov/roster/slice-cache.ts";

const TEN_MINUTES = 10 * 60_000;

it("the four newest values are kept", () => {
  const cache = new SliceCache<number>();
  for (let key = 1; key <= 4; key += 1) cache.set(String(key), key, 0);
  expect(cache.get("1", 0)).toBe(1);
  cache.set("5", 5, 0);
  expect(["1", "2", "5"].map((key) => cache.get(key, 0))).toEqual([undefined, 2, 5]);
});

it("a value that is set again counts as new", () => {
  const cache = new SliceCache<number>();
  for (let key = 1; key <= 4; key += 1) cache.set(String(key), key, 0);
  cache.set("1", 10, 0);
  cache.set("5", 5, 0);
  expect(["1", "2"].map((key) => cache.get(key, 0))).toEqual([10, undefined]);
});

it("a value is kept for ten minutes and no longer", () => {
  const cache = new SliceCache<number>();
  cache.set("a", 1, 1_000);
  expect(cache.get("a", 1_000 + TEN_MINUTES)).toBe(1);
  expect(cache.get("a", 1_001 + TEN_MINUTES)).toBeUndefined();
});

it("a value is taken once", () => {
  const cache = new SliceCache<number>();
  cache.set("a", 1, 0);
  expect([cache.take("a", 0), cache.take("a", 0)]).toEqual([1, undefined]);
});

it("nothing is left after clearing", () => {
  const cache = new SliceCache<number>();
  cache.set("a", 1, 0);
  cache.clear();
  expect(cache.get("a", 0)).toBeUndefined();
});
