import { describe, expect, it } from "vitest";
import type { Member } from "#codecov/api/schemas.ts";
import { endOfNames, endOfSlice, takeOrdinal, withoutCounts } from "#codecov/roster/roster-slice.ts";
import { Code } from "#kernel/errors.ts";

/** Different members without a user name that one walk keeps apart. */
const MAX_UNNAMED = 16_384;

function member(texts: Partial<Member> = {}): Member {
  return {
    service: "github",
    username: null,
    name: null,
    email: null,
    activated: false,
    is_admin: false,
    ...texts,
  };
}

describe("a slice", () => {
  it("ends after as many rows as are wanted, or with the rows", () => {
    const rows = Array.from({ length: 10 }, () => member());
    expect([endOfSlice(rows, 2, 10, 3), endOfSlice(rows, 2, 10, 8), endOfSlice(rows, 2, 10, 9)]).toEqual([
      5, 10, 10,
    ]);
    expect(endOfSlice(rows, 2, 6, 9)).toBe(6);
  });

  it("ends before the row with which it would come to more than 2 MiB", () => {
    // Each row counts as 600 bytes and three times its texts, of which no more than 1,024 bytes each are sent.
    const text = "x".repeat(5_000);
    const rows = Array.from({ length: 1_000 }, () => member({ username: text, name: text, email: text }));
    expect(endOfSlice(rows, 0, 1_000, 1_000)).toBe(Math.floor((2 * 1024 * 1024) / (600 + 3 * 3 * 1024)));
    const exact = Array.from({ length: 1_000 }, () => member({ name: "x".repeat(1_024) }));
    expect(endOfSlice(exact, 0, 1_000, 1_000)).toBe(Math.floor((2 * 1024 * 1024) / (600 + 3 * 1024)));
    expect(endOfSlice(exact, 3, 4, 1_000)).toBe(4);
  });
});

it("the last row with a user name is found between two places only", () => {
  const named = member({ username: "u" });
  const rows = [named, member(), named, member(), named];
  expect([endOfNames(rows, 0, 5), endOfNames(rows, 0, 4), endOfNames(rows, 3, 4)]).toEqual([5, 3, 3]);
});

describe("members without a user name", () => {
  it("are numbered among those that agree with them, and members with one are not", () => {
    const counts = new Map<string, number>();
    const ordinals = [member(), member({ name: "N" }), member(), member({ username: "u" }), member()];
    expect(ordinals.map((row) => takeOrdinal(row, counts))).toEqual([1, 1, 2, 0, 3]);
    expect([...counts.values()]).toEqual([3, 1]);
  });

  it("are kept apart up to 16,384 different ones, and the next ends the sync", () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < MAX_UNNAMED; index += 1) {
      expect(takeOrdinal(member({ name: `N${index}` }), counts)).toBe(1);
    }
    expect(takeOrdinal(member({ name: "N0" }), counts)).toBe(2);
    expect(() => takeOrdinal(member({ name: "one more" }), counts)).toThrow(
      expect.objectContaining({ code: Code.FailedPrecondition, kind: "upstream" }),
    );
  });

  it("are counted back without touching the counts that were given", () => {
    const counts = new Map([
      ["a", 3],
      ["b", 1],
    ]);
    expect(withoutCounts(counts, ["a", "b", "c"])).toEqual(new Map([["a", 2]]));
    expect(counts.get("a")).toBe(3);
  });
});
