import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Member } from "#codecov/api/schemas.ts";
import type { RosterSource } from "#codecov/roster/roster-end.ts";
import { ROSTER_LIMITS, type RosterLimits } from "#codecov/roster/roster-reader.ts";
import { fingerprint } from "#codecov/roster/roster-row.ts";
import { decodeRosterToken, type RosterPosition } from "#codecov/roster/roster-token.ts";
import { RosterWalk } from "#codecov/roster/roster-walk.ts";
import { userIdOf } from "#codecov/roster/user-id.ts";
import { type Clock, systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { Limit } from "#model/contract-limits.ts";
import { failureOf } from "../../fakes/failure.ts";
import { FakeRoster, member, members, nobody, SMALL } from "./fake-roster.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger, clock: systemClock };

interface WalkOptions {
  readonly limits?: RosterLimits;
  readonly pageRows?: number;
  /** Comes after each host page with the number of pages so far. */
  readonly afterPage?: (pages: number) => void;
  /** Whether each page comes from a new process. */
  readonly restart?: boolean;
}

async function walkAll(roster: RosterSource, options: WalkOptions = {}): Promise<string[]> {
  const { limits = SMALL, pageRows = 0, afterPage, restart = false } = options;
  const ids: string[] = [];
  let walk = new RosterWalk("acme", limits);
  let token = "";
  let pages = 0;
  do {
    const slice = await walk.next(token, pageRows, roster, ctx);
    ids.push(...slice.rows.map((row) => userIdOf(row, "github")));
    token = slice.nextToken;
    afterPage?.(++pages);
    if (restart) walk = new RosterWalk("acme", limits);
  } while (token !== "");
  return ids;
}

describe("an organization that fits into one request", () => {
  it("is read in one answer, and the end of the roster is looked at once more", async () => {
    const roster = new FakeRoster(members(10_000));
    expect(await walkAll(roster, { limits: ROSTER_LIMITS })).toHaveLength(10_000);
    expect(roster.asked).toEqual([
      [1, 10_000],
      ["last", 1],
    ]);
  });

  it("is handed out in pages that grow to 1,000, so that the host soon has something to do", async () => {
    const walk = new RosterWalk("acme");
    const roster = new FakeRoster(members(3_500));
    const sizes: number[] = [];
    let token = "";
    do {
      const { rows, nextToken } = await walk.next(token, 0, roster, ctx);
      sizes.push(rows.length);
      token = nextToken;
    } while (token !== "");
    expect(sizes).toEqual([125, 125, 250, 500, 1_000, 1_000, 500]);
  });

  it("is handed out in pages of at most 1,000, or as few as the host asks for", async () => {
    const walk = new RosterWalk("acme");
    const roster = new FakeRoster(members(2_500));
    const first = await walk.next("", 5_000, roster, ctx);
    expect(first.rows).toHaveLength(1_000);
    expect((await walk.next(first.nextToken, 250, roster, ctx)).rows).toHaveLength(250);
  });

  it("ends in smaller pages where texts are very long", async () => {
    const long = "ü".repeat(3_000);
    const roster = new FakeRoster(members(1_000).map((row) => ({ ...row, name: long, email: long })));
    const { rows } = await new RosterWalk("acme").next("", 0, roster, ctx);
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.length * 3 * 2 * 1024).toBeLessThan(3 * 1024 * 1024);
  });

  it("may be empty", async () => {
    expect(await walkAll(new FakeRoster([]))).toEqual([]);
  });
});

describe("a larger organization", () => {
  it("is read in overlapping windows, each row handed out once", async () => {
    const roster = new FakeRoster(members(100_000));
    const ids = await walkAll(roster, { limits: ROSTER_LIMITS });
    expect(ids).toEqual(roster.rows.map(({ username }) => username));
    expect(roster.asked.length).toBe(12);
    expect(Math.max(...roster.asked.map(([, size]) => size))).toBe(10_000);
  });

  it.each([30, 47, 60, 199, 500])(
    "of %d is read in windows that overlap enough and move on",
    async (count) => {
      const roster = new FakeRoster(members(count));
      expect(await walkAll(roster)).toHaveLength(count);
      let read = 0;
      for (const [page, size] of roster.asked.filter(([, rows]) => rows > 1)) {
        const start = (Number(page) - 1) * size;
        expect(size).toBeLessThanOrEqual(SMALL.windowRows);
        // The first page needs no overlap.
        if (start > 0) expect(read - start).toBeGreaterThanOrEqual(SMALL.requiredNames);
        expect(start + size - read).toBeGreaterThanOrEqual(SMALL.windowRows / 4);
        read = Math.min(count, start + size);
      }
      expect(read).toBe(count);
    },
  );

  it("is read from 512, then 4,096 rows further back, then from its beginning, when ever more have left", async () => {
    const starts = async (leavers: number) => {
      const roster = new FakeRoster(members(30_000));
      const ids = await walkAll(roster, {
        limits: ROSTER_LIMITS,
        afterPage: (pages) => {
          if (pages === 10) roster.rows = roster.rows.slice(leavers);
        },
      });
      expect(new Set(ids).size).toBe(30_000);
      return roster.asked.map(([page, size]) => (Number(page) - 1) * size);
    };
    // The window behind the first is read ahead; it is the next one that the leavers hide.
    expect((await starts(300)).filter((start) => start === 0)).toHaveLength(1);
    expect((await starts(3_000)).filter((start) => start === 0)).toHaveLength(1);
    expect((await starts(9_000)).filter((start) => start === 0).length).toBeGreaterThan(1);
  });

  it("loses nobody when earlier members leave between two windows", async () => {
    const roster = new FakeRoster(members(60));
    const ids = await walkAll(roster, {
      afterPage: (pages) => {
        if (pages === 1) roster.rows = roster.rows.slice(5);
      },
    });
    expect(new Set(ids)).toEqual(new Set(members(60).map(({ username }) => username)));
  });

  it("steps back within what was read when more have left than windows overlap", async () => {
    const roster = new FakeRoster(members(30_000));
    const ids = await walkAll(roster, {
      limits: ROSTER_LIMITS,
      afterPage: (pages) => {
        if (pages === 10) roster.rows = roster.rows.slice(300);
      },
    });
    expect(new Set(ids).size).toBe(30_000);
    expect(ids).toHaveLength(30_000);
    expect(roster.asked.filter(([page]) => page === 1)).toHaveLength(1);
  });

  it("steps back to the first page when the roster has shrunk below the page asked for", async () => {
    const roster = new FakeRoster(members(100));
    const ids = await walkAll(roster, {
      afterPage: (pages) => {
        if (pages === 3) roster.rows = roster.rows.slice(90);
      },
    });
    expect(ids.slice(-10)).toEqual(members(10, 91).map(({ username }) => username));
  });

  it("does not take a single row, whose name has moved to a later member, for the place", async () => {
    const roster = new FakeRoster(members(60));
    const ids = await walkAll(roster, {
      afterPage: (pages) => {
        if (pages > 1) return;
        // All that were read have left but for one identity, which member 36 has taken over entirely.
        roster.rows = roster.rows.slice(20).map((row, index) => (index === 15 ? member(20) : row));
      },
    });
    const steady = members(40, 21).filter(({ username }) => username !== "u36");
    expect(steady.filter(({ username }) => username !== null && !ids.includes(username))).toEqual([]);
  });

  it("does not take rows that say nothing for the place", async () => {
    const unnamed = (count: number) => Array.from({ length: count }, () => member(0, nobody));
    const roster = new FakeRoster([
      ...members(10),
      ...unnamed(10),
      ...members(10, 100),
      ...unnamed(10),
      ...members(20, 200),
    ]);
    const ids = await walkAll(roster, {
      afterPage: (pages) => {
        if (pages === 1) roster.rows = roster.rows.slice(20);
      },
    });
    expect(ids.filter((id) => /^u(1|2)\d\d$/.test(id))).toHaveLength(30);
  });

  it("gives the same ids when every page comes from a new process", async () => {
    const rows = members(90).map((row, index) => (index % 4 === 0 ? { ...row, ...nobody } : row));
    const once = await walkAll(new FakeRoster(rows), { pageRows: 7 });
    const again = await walkAll(new FakeRoster(rows), { pageRows: 7, restart: true });
    expect(once).toHaveLength(90);
    expect(new Set(again)).toEqual(new Set(once));
  });

  it("hands a row without a user name out once, even where it ends a window", async () => {
    const rows = members(60);
    for (const index of [17, 18, 19]) rows[index] = member(0, nobody);
    expect(await walkAll(new FakeRoster(rows))).toHaveLength(60);
  });

  it("counts rows without a user name again from where it takes up the thread", async () => {
    const rows = members(40);
    rows[18] = member(0, nobody);
    const roster = new FakeRoster(rows);
    const ids = await walkAll(roster, {
      afterPage: (pages) => {
        // What is left of the anchor ends before the row without a name.
        const leavers: (string | null)[] = ["u18", "u20"];
        if (pages === 1) roster.rows = roster.rows.filter(({ username }) => !leavers.includes(username));
      },
    });
    expect(new Set(ids.filter((id) => id.startsWith("~no-username~"))).size).toBe(1);
  });
});

describe("the end of the roster", () => {
  it("is not believed when somebody joined between Codecov's counting and its selecting", async () => {
    const roster = new FakeRoster(members(10));
    roster.onRequest = (page, pageSize) => {
      if (roster.asked.length > 1) return undefined;
      const counted = roster.rows.length;
      roster.rows = [member(0), ...roster.rows];
      const results = roster.rows.slice(0, Math.min(pageSize, counted));
      return page === 1 ? { kind: "page", page: { count: counted, next: null, results } } : undefined;
    };
    expect(await walkAll(roster)).toContain("u10");
  });

  it("is looked at as far back as a row with a user name, since others can be twins", async () => {
    const rows = members(839);
    const roster = new FakeRoster([...rows, member(0, nobody), member(0, nobody)]);
    expect(await walkAll(roster, { limits: ROSTER_LIMITS })).toHaveLength(841);
    const [page, pageSize] = roster.asked.at(-1) ?? [];
    expect((Number(page) - 1) * Number(pageSize)).toBeLessThanOrEqual(838);
    expect(Number(page) * Number(pageSize)).toBeGreaterThanOrEqual(841);
    expect(roster.asked).toHaveLength(2);
  });

  it("is believed when two answers agree on the last row, even if the count never does", async () => {
    const roster = new FakeRoster(members(50));
    roster.onRequest = (page, pageSize) => {
      const answer = roster.answer(page, pageSize);
      return answer.kind === "page" ? { ...answer, page: { ...answer.page, count: 7 } } : answer;
    };
    expect(new Set(await walkAll(roster)).size).toBe(50);
  });
});

describe("a server that cannot deliver large pages", () => {
  it.each([
    ["fails", Code.Unavailable],
    ["does not answer in time", Code.DeadlineExceeded],
    ["sends more than is read", Code.ResourceExhausted],
  ])("is asked for smaller ones when it %s", async (_, code) => {
    const roster = new FakeRoster(members(3_000));
    roster.onRequest = (_page, pageSize) => {
      if (pageSize > 1_000) throw new BatonError(code, "too much", { lessMayHelp: true });
      return undefined;
    };
    expect(new Set(await walkAll(roster, { limits: ROSTER_LIMITS })).size).toBe(3_000);
  });

  it("is asked for larger ones again, but ever more seldom", async () => {
    const roster = new FakeRoster(members(30_000));
    let refusals = 0;
    roster.onRequest = (_page, pageSize) => {
      if (pageSize <= 1_000) return undefined;
      refusals += 1;
      throw new BatonError(Code.Unavailable, "502", { lessMayHelp: true });
    };
    expect(new Set(await walkAll(roster, { limits: ROSTER_LIMITS })).size).toBe(30_000);
    // Two to begin with, then after 1, 4 and 16 windows of 625 rows.
    expect(refusals).toBe(5);
    expect(roster.asked.length).toBeLessThan(75);
  });

  it("gets pages of full size again when that has passed", async () => {
    const roster = new FakeRoster(members(60_000));
    roster.onRequest = () => {
      if (roster.asked.length < 4 || roster.asked.length > 6) return undefined;
      throw new BatonError(Code.Unavailable, "502", { lessMayHelp: true });
    };
    expect(new Set(await walkAll(roster, { limits: ROSTER_LIMITS })).size).toBe(60_000);
    // The walk takes 8 requests when nothing goes wrong; three fail, and three are smaller than the others.
    expect(roster.asked.length).toBeLessThanOrEqual(14);
    expect(roster.asked.at(-3)?.[1]).toBeGreaterThan(9_000);
  });

  it("is not asked for smaller ones after a failure that has nothing to do with the size", async () => {
    const roster = new FakeRoster(members(3_000));
    roster.onRequest = () => {
      throw new BatonError(Code.Unavailable, "the connection was refused");
    };
    expect((await failureOf(walkAll(roster, { limits: ROSTER_LIMITS }))).code).toBe(Code.Unavailable);
    expect(roster.asked).toEqual([[1, 10_000]]);
  });

  it("is not asked for smaller ones while it wants no requests at all", async () => {
    const roster = new FakeRoster(members(10));
    roster.onRequest = () => {
      throw new BatonError(Code.Unavailable, "429", {
        rateLimit: { remaining: 0, resetAt: Date.now() + 60_000 },
      });
    };
    expect((await failureOf(walkAll(roster))).message).toBe("429");
    expect(roster.asked).toHaveLength(1);
  });

  it("is followed when it silently gives fewer rows than asked for", async () => {
    const roster = new FakeRoster(members(500));
    roster.onRequest = (page, pageSize) => roster.answer(page, Math.min(pageSize, 100));
    expect(new Set(await walkAll(roster, { limits: ROSTER_LIMITS })).size).toBe(500);
  });

  it("ends the sync when it gives more rows than asked for, since its pages are other ones", async () => {
    const roster = new FakeRoster(members(500));
    roster.onRequest = () => roster.answer(1, 60);
    expect(await failureOf(walkAll(roster))).toMatchObject({ code: Code.FailedPrecondition });
  });
});

describe("a walk that cannot go on", () => {
  it("gives up with an error when every window finds another roster", async () => {
    const roster = new FakeRoster(members(60));
    let generation = 0;
    roster.onRequest = () => {
      generation += 1;
      roster.rows = members(60, generation * 1_000);
      return undefined;
    };
    const error = await failureOf(walkAll(roster, { limits: { ...SMALL, maxWindowRows: 40 } }));
    expect(error.code).toBe(Code.Aborted);
  });

  it("gives up with an error when too many members in a row have no user name", async () => {
    const roster = new FakeRoster(Array.from({ length: 100 }, () => member(0, nobody)));
    const error = await failureOf(walkAll(roster, { limits: { ...SMALL, maxWindowRows: 40 } }));
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain("no user name");
  });

  it("passes the refusal of the roster on", async () => {
    const roster = new FakeRoster(members(60));
    const refused = new BatonError(Code.FailedPrecondition, "not a member any more");
    expect(
      await failureOf(
        walkAll(roster, {
          afterPage: () => {
            roster.onRequest = () => ({ kind: "refused", error: refused });
          },
        }),
      ),
    ).toBe(refused);
  });

  it("fails rather than give two members one id", async () => {
    const error = await failureOf(walkAll(new FakeRoster([member(1), member(2), member(1)])));
    expect(error.message).toContain("u1");
  });
});

describe("the page token", () => {
  it("stays far below what the contract allows, even with many members without a user name", async () => {
    const rows = members(15_000).map((row, index) => (index % 2 === 0 ? { ...row, username: null } : row));
    const { nextToken } = await new RosterWalk("acme").next("", 0, new FakeRoster(rows), ctx);
    expect(nextToken.length).toBeLessThan(Limit.pageToken / 8);
    const plain = await new RosterWalk("acme").next("", 0, new FakeRoster(members(15_000)), ctx);
    expect(plain.nextToken.length).toBeLessThan(1_200);
  });

  it.each([
    ["no token at all", "x"],
    ["a token of another version", Buffer.from('[1,"a","b",[1],"",[]]').toString("base64url")],
    ["a token with other contents", Buffer.from('[2,"a","b",[1],"",[]]').toString("base64url")],
  ])("is refused if it is %s", async (_, token) => {
    const error = await failureOf(new RosterWalk("acme").next(token, 0, new FakeRoster([]), ctx));
    expect(error.code).toBe(Code.InvalidArgument);
  });

  it("is refused for another organization", async () => {
    const { nextToken } = await new RosterWalk("acme").next("", 5, new FakeRoster(members(20)), ctx);
    const error = await failureOf(new RosterWalk("other").next(nextToken, 5, new FakeRoster([]), ctx));
    expect(error.message).toContain("another organization");
  });
});

describe("the rows kept in memory", () => {
  it("serve the pages of one window without another request, and a repeated page as well", async () => {
    const roster = new FakeRoster(members(5_000));
    const walk = new RosterWalk("acme");
    const first = await walk.next("", 0, roster, ctx);
    const second = await walk.next(first.nextToken, 0, roster, ctx);
    expect(await walk.next(first.nextToken, 0, roster, ctx)).toEqual(second);
    expect(roster.asked).toHaveLength(2);
  });

  it.each([
    ["after ten minutes", 601_000, false],
    ["after the sync", 0, true],
  ])("are not used any more %s", async (_, pass, isForgotten) => {
    let time = 0;
    const clock: Clock = { ...systemClock, monotonic: () => time };
    const roster = new FakeRoster(members(5_000));
    const walk = new RosterWalk("acme");
    const { nextToken } = await walk.next("", 1_000, roster, { ...ctx, clock });
    time += pass;
    if (isForgotten) walk.forget();
    const { rows } = await walk.next(nextToken, 0, roster, { ...ctx, clock });
    expect(rows[0]?.member.username).toBe("u1001");
    expect(roster.asked.length).toBeGreaterThan(2);
  });
});

describe("the window behind the present one", () => {
  async function finish(walk: RosterWalk, roster: FakeRoster, token: string): Promise<number> {
    let rows = 0;
    for (let next = token; next !== ""; ) {
      const slice = await walk.next(next, 5, roster, ctx);
      rows += slice.rows.length;
      next = slice.nextToken;
    }
    return rows;
  }

  it("is read while the present one is handed out, and only once", async () => {
    const roster = new FakeRoster(members(50));
    const walk = new RosterWalk("acme", SMALL);
    const first = await walk.next("", 5, roster, ctx);
    expect(roster.asked).toHaveLength(2);
    expect(first.rows.length + (await finish(walk, roster, first.nextToken))).toBe(50);
    expect(new Set(roster.asked.map(String)).size).toBe(roster.asked.length);
  });

  it("is read again if that failed, and is not kept when the sync is over", async () => {
    const roster = new FakeRoster(members(50));
    roster.onRequest = () => {
      if (roster.asked.length === 2) throw new BatonError(Code.Unauthenticated, "not now");
      return undefined;
    };
    const walk = new RosterWalk("acme", SMALL);
    const first = await walk.next("", 5, roster, ctx);
    expect(first.rows.length + (await finish(walk, roster, first.nextToken))).toBe(50);

    const again = await walk.next("", 20, roster, ctx);
    const asked = roster.asked.length;
    walk.forget();
    await walk.next(again.nextToken, 5, roster, ctx);
    expect(roster.asked.length).toBeGreaterThan(asked);
  });
});

describe("a walk that begins ahead of its first page", () => {
  it("hands out what was read then, to the sync it was read for", async () => {
    const roster = new FakeRoster(members(10));
    const walk = new RosterWalk("acme", SMALL);
    walk.beginAhead("a", roster, ctx);
    await expect.poll(() => roster.asked).toHaveLength(2);
    expect((await walk.next("", 0, roster, ctx, "a")).rows).toHaveLength(10);
    expect(roster.asked).toHaveLength(2);
    roster.rows = members(11);
    expect((await walk.next("", 0, roster, ctx, "a")).rows).toHaveLength(11);
  });

  it("reads anew for another sync", async () => {
    const roster = new FakeRoster(members(10));
    const walk = new RosterWalk("acme", SMALL);
    walk.beginAhead("a", roster, ctx);
    await expect.poll(() => roster.asked).toHaveLength(2);
    roster.rows = members(11);
    expect((await walk.next("", 0, roster, ctx, "b")).rows).toHaveLength(11);
  });

  it("tells its failure only if it fails again", async () => {
    const roster = new FakeRoster(members(10));
    const walk = new RosterWalk("acme", SMALL);
    roster.onRequest = () => {
      throw new BatonError(Code.Unauthenticated, "not now");
    };
    walk.beginAhead("a", roster, ctx);
    expect((await failureOf(walk.next("", 0, roster, ctx, "a"))).message).toBe("not now");
    walk.beginAhead("b", roster, ctx);
    roster.onRequest = () => undefined;
    expect((await walk.next("", 0, roster, ctx, "b")).rows).toHaveLength(10);
  });
});

describe("a walk that began ahead and is wanted by nobody", () => {
  it("is forgotten with the sync", async () => {
    const roster = new FakeRoster(members(10));
    const walk = new RosterWalk("acme", SMALL);
    walk.beginAhead("a", roster, ctx);
    walk.forget();
    roster.rows = members(11);
    expect((await walk.next("", 0, roster, ctx, "a")).rows).toHaveLength(11);
  });

  it("may fail without harm to the process", async () => {
    const unhandled: unknown[] = [];
    const keep = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", keep);
    onTestFinished(() => void process.off("unhandledRejection", keep));
    const roster = new FakeRoster(members(10));
    roster.onRequest = () => {
      throw new BatonError(Code.Unauthenticated, "not now");
    };
    new RosterWalk("acme", SMALL).beginAhead("a", roster, ctx);
    // Rejections that nothing handles are told once all that is ready has run.
    await setImmediate();
    await setImmediate();
    expect(roster.asked).toHaveLength(1);
    expect(unhandled).toEqual([]);
  });
});

describe("the first rows of the roster", () => {
  async function beginnings(walk: RosterWalk, roster: FakeRoster, token = ""): Promise<boolean[]> {
    const found: boolean[] = [];
    let next = token;
    do {
      const slice = await walk.next(next, 10, roster, ctx);
      found.push(slice.isBeginning);
      next = slice.nextToken;
    } while (next !== "" && found.length < 4);
    return found;
  }

  it("are told from all others", async () => {
    const roster = new FakeRoster(members(60));
    expect(await beginnings(new RosterWalk("acme", SMALL), roster)).toEqual([true, false, false, false]);
  });

  it("come again when the walk has lost its place", async () => {
    const { nextToken } = await new RosterWalk("acme", SMALL).next("", 20, new FakeRoster(members(60)), ctx);
    const others = new FakeRoster(members(60, 500));
    const again = await beginnings(new RosterWalk("acme", SMALL), others, nextToken);
    expect(again).toEqual([true, false, false, false]);
  });

  it("come again when the address of the server has changed, and that is counted", async () => {
    const roster = new FakeRoster(members(60));
    const { nextToken } = await new RosterWalk("acme", SMALL, "here").next("", 20, roster, ctx);
    const before = positionIn(nextToken);
    const told: string[] = [];
    const log = { ...silentLogger, info: (line: string) => void told.push(line) };
    const elsewhere = await new RosterWalk("acme", SMALL, "there").next(nextToken, 20, roster, {
      ...ctx,
      log,
    });
    expect(told).toHaveLength(1);
    expect(elsewhere.isBeginning).toBe(true);
    expect(elsewhere.rows[0]?.member.username).toBe("u1");
    const { restarts, windows } = positionIn(elsewhere.nextToken);
    expect([restarts, windows]).toEqual([before.restarts + 1, before.windows + 1]);
    const there = await new RosterWalk("acme", SMALL, "here").next(nextToken, 20, roster, ctx);
    expect(there.isBeginning).toBe(false);
  });
});

/** The position in a token, whatever roster it belongs to. */
function positionIn(token: string): RosterPosition {
  const [, roster] = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  return decodeRosterToken(token, roster).position;
}

describe("the position after a page", () => {
  const prints = (rows: readonly Member[], begin: number, end: number) =>
    rows.slice(begin, end).map(fingerprint);

  async function positionAfter(rows: readonly Member[], pageRows: number): Promise<RosterPosition> {
    return positionIn(
      (await new RosterWalk("acme", SMALL).next("", pageRows, new FakeRoster(rows), ctx)).nextToken,
    );
  }

  it("is held by twice the names that are required", async () => {
    const rows = members(60);
    expect(await positionAfter(rows, 20)).toMatchObject({
      read: 20,
      returnedAfterAnchor: 0,
      anchor: prints(rows, 14, 20),
    });
  });

  it("is held by a quarter of a window, if that has more names", async () => {
    const rows = members(60);
    const limits = { ...SMALL, windowRows: 40, anchorRows: 12 };
    const slice = await new RosterWalk("acme", limits).next("", 40, new FakeRoster(rows), ctx);
    expect(positionIn(slice.nextToken).anchor).toEqual(prints(rows, 30, 40));
    const wide = await new RosterWalk("acme", { ...limits, anchorRows: 7 }).next(
      "",
      40,
      new FakeRoster(rows),
      ctx,
    );
    expect(positionIn(wide.nextToken).anchor).toEqual(prints(rows, 33, 40));
  });

  it.each([3, 4, 7])("is held by up to half a window where %d rows have no user name", async (nameless) => {
    const rows = members(60);
    rows.fill(member(0, nobody), 19 - nameless, 19);
    const length = Math.min(10, 6 + nameless);
    expect(await positionAfter(rows, 20)).toMatchObject({ read: 20, anchor: prints(rows, 20 - length, 20) });
  });

  it("is held by all rows as long as they are few", async () => {
    const rows = members(60);
    expect(await positionAfter(rows, 3)).toMatchObject({ read: 3, anchor: prints(rows, 0, 3) });
  });

  it("is held by no rows from before the place where the walk was taken up", async () => {
    const rows = members(60);
    const { nextToken } = await new RosterWalk("acme", SMALL).next("", 20, new FakeRoster(rows), ctx);
    // Of the six rows that hold the position the last three are left.
    const left = rows.toSpliced(14, 3);
    const slice = await new RosterWalk("acme", SMALL).next(nextToken, 1, new FakeRoster(left), ctx);
    expect(slice.rows.map((row) => row.member.username)).toEqual(["u21"]);
    expect(positionIn(slice.nextToken)).toMatchObject({ read: 18, anchor: prints(rows, 17, 21) });
  });

  it("is that of the last user name; rows behind it are handed out again by another process, as the same", async () => {
    const rows = members(60);
    rows.fill(member(0, nobody), 1, 2);
    rows.fill(member(0, nobody), 8, 10);
    const roster = new FakeRoster(rows);
    const { nextToken } = await new RosterWalk("acme", SMALL).next("", 10, roster, ctx);
    const twin = fingerprint(member(0, nobody));
    expect(positionIn(nextToken)).toMatchObject({
      read: 8,
      returnedAfterAnchor: 2,
      unnamed: new Map([[twin, 1]]),
    });
    const again = await new RosterWalk("acme", SMALL).next(nextToken, 3, roster, ctx);
    expect(again.rows.map(({ ordinal }) => ordinal)).toEqual([2, 3, 0]);
  });

  it("says that the roster has ended only behind its last row", async () => {
    const roster = new FakeRoster(members(10));
    // The count is wrong, so that the end has to be told twice.
    roster.onRequest = (page, pageSize) => {
      const answer = roster.answer(page, pageSize);
      return answer.kind === "page" ? { ...answer, page: { ...answer.page, count: 7 } } : answer;
    };
    const walk = new RosterWalk("acme", SMALL);
    const first = await walk.next("", 5, roster, ctx);
    expect(positionIn(first.nextToken).claimedCount).toBeUndefined();
    const second = await walk.next(first.nextToken, 5, roster, ctx);
    expect(positionIn(second.nextToken).claimedCount).toBe(7);
    expect(await walk.next(second.nextToken, 5, roster, ctx)).toMatchObject({ rows: [], nextToken: "" });
  });

  it("is where the window behind was read ahead, also with members without a user name", async () => {
    const rows = members(100).map((row, index) => (index % 7 === 3 ? { ...row, ...nobody } : row));
    const roster = new FakeRoster(rows);
    expect(await walkAll(roster, { pageRows: 6 })).toHaveLength(100);
    expect(new Set(roster.asked.map(String)).size).toBe(roster.asked.length);
  });

  it("is not needed by pages that are already kept", async () => {
    const roster = new FakeRoster(members(20));
    const walk = new RosterWalk("acme", SMALL);
    const { nextToken } = await walk.next("", 5, roster, ctx);
    roster.rows = [];
    expect((await walk.next(nextToken, 5, roster, ctx)).rows.map(({ member: row }) => row.username)).toEqual([
      "u6",
      "u7",
      "u8",
      "u9",
      "u10",
    ]);
  });
});
