import { describe, expect, it } from "vitest";
import type { RosterResponse } from "#codecov/api/members.ts";
import type { Member } from "#codecov/api/schemas.ts";
import { confirmEnd, repeatsClaim } from "#codecov/roster/roster-end.ts";
import { fingerprint } from "#codecov/roster/roster-row.ts";
import type { RosterPosition } from "#codecov/roster/roster-token.ts";
import { BatonError, Code } from "#kernel/errors.ts";

function member(username: string | null): Member {
  return { service: "github", username, name: null, email: null, activated: true, is_admin: false };
}

/** What is asked for, and what comes of it when Codecov gives `answer`. */
async function confirm(rows: readonly Member[], start: number, answer: (size: number) => RosterResponse) {
  const asked: [page: number | "last", size: number][] = [];
  const source = {
    roster: async ({ page, pageSize }: { page: number | "last"; pageSize: number }) => {
      asked.push([page, pageSize]);
      return answer(pageSize);
    },
  };
  return { isEnd: await confirmEnd(source, rows, start), asked };
}

const page = (count: number, results: readonly Member[], next: string | null = null): RosterResponse => ({
  kind: "page",
  page: { count, next, results: [...results] },
});

describe("the end of the roster", () => {
  const rows = ["a", "b", "c"].map(member);

  it("is certain if the count is right and the last row is the same again", async () => {
    const { isEnd, asked } = await confirm(rows, 7, () => page(10, [member("c")]));
    expect(isEnd).toBe(true);
    expect(asked).toEqual([["last", 1]]);
  });

  it.each([
    ["the count is another", page(11, [member("c")])],
    ["the last row is another", page(10, [member("d")])],
    ["something follows", page(10, [member("c")], "more")],
    ["there is no such page", { kind: "beyond-end" } as const],
  ])("is not certain if %s", async (_, answer) => {
    expect((await confirm(rows, 7, () => answer)).isEnd).toBe(false);
  });

  it("is looked at back to a row with a user name, on a page that holds all of these and nothing behind", async () => {
    for (let start = 0; start < 300; start += 1) {
      const tail = [member("c"), member(null), member(null)];
      const all = [member("a"), ...tail];
      const total = start + all.length;
      const { isEnd, asked } = await confirm(all, start, () => page(total, all));
      expect(isEnd).toBe(true);
      const [[number, size] = [0, 0]] = asked;
      expect((Number(number) - 1) * size).toBeLessThanOrEqual(total - 3);
      expect(Number(number) * size).toBeGreaterThanOrEqual(total);
    }
  });

  it("is not certain if only a part of the last rows is the same", async () => {
    const tail = [member("c"), member(null), member(null)];
    const others = [member("x"), member(null), member(null)];
    expect((await confirm(tail, 5, () => page(8, others))).isEnd).toBe(false);
  });

  it("needs no second look if there is nobody", async () => {
    expect(await confirm([], 0, () => page(5, []))).toEqual({ isEnd: true, asked: [] });
  });

  it("is an error if the roster may not be read any more", async () => {
    const error = new BatonError(Code.FailedPrecondition, "not a member");
    await expect(confirm(rows, 0, () => ({ kind: "refused", error }))).rejects.toBe(error);
  });
});

describe("a claimed end", () => {
  const position: RosterPosition = {
    read: 3,
    anchor: ["x", "y", fingerprint(member("c"))],
    unnamed: new Map(),
    returnedAfterAnchor: 0,
    windowRows: 10,
    growAfter: 0,
    goodWindows: 0,
    restarts: 0,
    windows: 1,
    claimedCount: 9,
  };

  it("is repeated by the same count and the same last row", () => {
    const rows = ["a", "b", "c"].map(member);
    expect(repeatsClaim(rows, 9, position)).toBe(true);
    expect(repeatsClaim(rows, 8, position)).toBe(false);
    expect(repeatsClaim(["a", "c", "b"].map(member), 9, position)).toBe(false);
    expect(repeatsClaim([], 9, position)).toBe(false);
  });
});
