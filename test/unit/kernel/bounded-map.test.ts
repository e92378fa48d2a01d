import { expect, test } from "vitest";
import { BoundedMap } from "#kernel/bounded-map.ts";

test("what was set longest ago is dropped, and setting a key again makes it the newest", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1).set("b", 2).set("a", 3).set("c", 4);
  expect([...map]).toEqual([
    ["a", 3],
    ["c", 4],
  ]);
});

test("reading keeps nothing longer", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1).set("b", 2);
  expect(map.get("a")).toBe(1);
  map.set("c", 3);
  expect([...map.keys()]).toEqual(["b", "c"]);
});
