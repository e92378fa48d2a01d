import { describe, expect, it } from "vitest";
import type { RosterResponse } from "#codecov/api/members.ts";
import type { Member } from "#codecov/api/schemas.ts";
import { ROSTER_LIMITS, readWindow } from "#codecov/roster/roster-reader.ts";
import { fingerprint, hasName } from "#codecov/roster/roster-row.ts";
import type { RosterPosition } from "#codecov/roster/roster-token.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type LogFields, type Logger, silentLogger } from "#kernel/logger.ts";
import { failureOf } from "../../fakes/failure.ts";
import { FakeRoster, member, members, nobody, SMALL } from "./fake-roster.ts";

const BEGINNING: RosterPosition = {
  read: 0,
  anchor: [],
  unnamed: new Map(),
  returnedAfterAnchor: 0,
  windowRows: SMALL.windowRows,
  growAfter: 0,
  goodWindows: 0,
  restarts: 0,
  windows: 0,
  claimedCount: undefined,
};

/** The position behind the first `read` of `rows`, with the last eight of them, or `anchorRows`, as anchor. */
function positionAfter(rows: readonly Member[], read: number, anchorRows = 8): RosterPosition {
  const anchor = rows.slice(Math.max(0, read - anchorRows), read).map(fingerprint);
  return { ...BEGINNING, read, anchor, windows: 1 };
}

function unnamed(count: number): Member[] {
  return Array.from({ length: count }, () => member(0, nobody));
}

async function read(roster: FakeRoster, position: RosterPosition, limits = SMALL, log = silentLogger) {
  return await readWindow(roster, position, limits, log);
}

/** A logger that keeps the fields of its lines. */
function keepFields(): { readonly log: Logger; readonly fields: unknown[] } {
  const fields: unknown[] = [];
  const keep = (_: string, said?: LogFields) => void fields.push(said);
  return { log: { ...silentLogger, info: keep, warn: keep }, fields };
}

/** Positions of the first row of each page that was asked for, and behind its last. */
function reaches({ asked }: FakeRoster): [start: number, end: number][] {
  return asked.map(([page, size]) => [(Number(page) - 1) * size, Number(page) * size]);
}

const page = (results: readonly Member[], count = results.length, next: string | null = null) =>
  ({ kind: "page", page: { count, next, results: [...results] } }) satisfies RosterResponse;

describe("the page that is asked for", () => {
  const rows = members(300);

  /** The pages of more than half of `size` rows and at most `size` that begin at or before `from`. */
  function pagesBefore(from: number, size: number): { start: number; end: number }[] {
    return Array.from({ length: Math.ceil(size / 2) }, (_, index) => {
      const start = from - (from % (size - index));
      return { start, end: start + size - index };
    });
  }

  const places = [...Array(120).keys()].map((index) => index + 10);

  it.each([12, 16, 20, 21, 40])(
    "of at most %d rows begins before the whole anchor where it can still reach a quarter beyond, and else reaches far",
    async (windowRows) => {
      for (const place of places) {
        const roster = new FakeRoster(rows);
        await read(roster, { ...positionAfter(rows, place, 6), windowRows });
        const [start = 0, end = 0] = reaches(roster)[0] ?? [];
        const ends = (margin: number) => pagesBefore(place - margin, windowRows).map(({ end: last }) => last);
        const fair = place + windowRows / 4;
        const far = Math.max(...ends(SMALL.requiredNames));
        if (Math.max(...ends(6)) >= fair) expect(start).toBeLessThanOrEqual(place - 6);
        else expect(start).toBeLessThanOrEqual(place - SMALL.requiredNames);
        expect(end).toBeGreaterThanOrEqual(Math.min(fair, far));
      }
    },
  );

  it("is larger where no page of the size that is wanted reaches beyond what was read", async () => {
    for (const place of places) {
      const roster = new FakeRoster(rows);
      await read(roster, { ...positionAfter(rows, place, 3), windowRows: 6 });
      const [start = 0, end = 0] = reaches(roster)[0] ?? [];
      expect(start).toBeLessThanOrEqual(place - SMALL.requiredNames);
      expect(end).toBeGreaterThan(place);
    }
  });

  it("is the first one as long as that holds the whole anchor", async () => {
    const roster = new FakeRoster(rows);
    await read(roster, positionAfter(rows, 8));
    expect(roster.asked).toEqual([[1, 20]]);
  });

  it.each([
    [1_000, undefined],
    [1_001, 2],
  ])("of %d rows may be asked for at this size %s times", async (windowRows, times) => {
    const roster = new FakeRoster(members(2_000));
    await read(roster, { ...BEGINNING, windowRows });
    expect(roster.asked).toEqual([[1, windowRows]]);
    expect(roster.patience).toEqual([times]);
  });
});

describe("a window", () => {
  it("begins behind the anchor, with the counts of what stood before it", async () => {
    const rows = members(60);
    rows[28] = member(0, nobody);
    const twin = fingerprint(member(0, nobody));
    const position = { ...positionAfter(rows, 32), unnamed: new Map([[twin, 3]]), windows: 4, restarts: 2 };
    const window = await read(new FakeRoster(rows), position);
    expect(window.start + window.fresh).toBe(32);
    expect(window.start + window.known).toBe(24);
    expect(window.unnamed).toEqual(new Map([[twin, 3]]));
    expect(window).toMatchObject({ windows: 5, restarts: 2, claimedCount: undefined, atEnd: false });
  });

  it("counts members without a user name again if they stand behind what is left of the anchor", async () => {
    const rows = members(60);
    rows[28] = member(0, nobody);
    const twin = fingerprint(member(0, nobody));
    const position = { ...positionAfter(rows, 32), unnamed: new Map([[twin, 3]]) };
    // Of the last rows of the anchor only the one without a user name is left.
    const left = rows.filter((_, index) => index < 28 || index === 28 || index >= 32);
    const window = await read(new FakeRoster(left), position);
    expect(window.rows[window.fresh]).toEqual(member(0, nobody));
    expect(window.unnamed).toEqual(new Map([[twin, 2]]));
  });

  it("goes on behind the longest piece of the anchor, wherever that is", async () => {
    const rows = members(100);
    const position = { ...positionAfter(rows, 8), windowRows: 100 };
    const joiners = members(30, 500);
    // Between the first three rows of the anchor and the other five many have joined.
    const window = await read(new FakeRoster([...rows.slice(0, 3), ...joiners, ...rows.slice(3)]), position);
    expect(window.rows[window.fresh]).toEqual(rows[8]);
  });

  it("tells the number of members and the end only where Codecov says that the roster ends", async () => {
    const rows = members(40);
    const last = await read(new FakeRoster(rows), { ...positionAfter(rows, 30), windowRows: 40 });
    expect(last).toMatchObject({ claimedCount: 40, atEnd: true });
    const first = await read(new FakeRoster(rows), BEGINNING);
    expect(first).toMatchObject({ claimedCount: undefined, atEnd: false });
  });

  it("is the end without a second look if the one before has told the same", async () => {
    const rows = members(40);
    const roster = new FakeRoster(rows);
    const position = { ...positionAfter(rows, 40), windowRows: 40, claimedCount: 40 };
    expect(await read(roster, position)).toMatchObject({ atEnd: true });
    expect(roster.asked).toHaveLength(1);
  });

  it("may hold one user name of two services", async () => {
    const rows = [...members(5), member(1, { service: "gitlab" }), ...unnamed(2)];
    expect((await read(new FakeRoster(rows), BEGINNING)).rows).toEqual(rows);
  });

  it("with one user name twice ends the sync", async () => {
    const error = await failureOf(read(new FakeRoster([...members(5), member(3)]), BEGINNING));
    expect([error.code, error.kind]).toEqual([Code.FailedPrecondition, "upstream"]);
  });
});

describe("a walk that begins again", () => {
  const rows = members(100, 1_000);

  it.each([
    ["was somewhere else", positionAfter(members(100), 20)],
    ["has only handed out members without a user name", { ...BEGINNING, returnedAfterAnchor: 5, windows: 1 }],
  ])("because it %s hands all rows out again, asks for more, and is counted", async (_, position) => {
    const window = await read(new FakeRoster(rows), position);
    expect(window).toMatchObject({ start: 0, known: 0, fresh: 0, restarts: 1, windowRows: 40 });
    expect(window.unnamed).toEqual(new Map());
  });

  it("is none if nothing was handed out before", async () => {
    const window = await read(new FakeRoster(rows), BEGINNING);
    expect(window).toMatchObject({ start: 0, fresh: 0, restarts: 0, windowRows: 20, windows: 1 });
  });

  it("never asks for more than the largest window", async () => {
    const window = await read(new FakeRoster(rows), positionAfter(members(100), 20), {
      ...SMALL,
      maxWindowRows: 30,
    });
    expect(window.windowRows).toBe(30);
  });

  it("may do so as often as the limit says, and then ends the sync", async () => {
    const position = positionAfter(members(100), 20);
    const limits = { ...SMALL, maxRestarts: 3 };
    const window = await read(new FakeRoster(rows), { ...position, restarts: 2 }, limits);
    expect(window.restarts).toBe(3);
    const error = await failureOf(read(new FakeRoster(rows), { ...position, restarts: 3 }, limits));
    expect([error.code, error.kind]).toEqual([Code.Aborted, "upstream"]);
  });
});

describe("a place that is not found", () => {
  const before = members(2_000);
  const position = { ...positionAfter(before, 1_000), windowRows: 200 };

  /** Requests until `leavers` members before the position have left and it is found again. */
  async function startsAfter(leavers: number, windowRows: number): Promise<number[]> {
    const roster = new FakeRoster(before.slice(leavers));
    const window = await read(roster, { ...position, windowRows }, { ...SMALL, windowRows });
    expect(window.start === 0 || window.rows[window.fresh]?.username === "u1001").toBe(true);
    return reaches(roster).map(([start]) => start);
  }

  it("is looked for eight times as far back as windows overlap, then at the beginning", async () => {
    const [first = 0, second = 0, ...others] = await startsAfter(900, 200);
    expect(first).toBeGreaterThan(1_000 - 64);
    expect(second).toBeLessThanOrEqual(1_000 - 64);
    expect(second).toBeGreaterThan(1_000 - 200);
    expect(others).toEqual([0]);
  });

  it("is looked for as far back as a window still reaches beyond it", async () => {
    // Eight times eight rows back, and as many forward as windows overlap.
    expect((await startsAfter(900, 72)).filter((start) => start > 0)).toHaveLength(2);
    expect((await startsAfter(900, 71)).filter((start) => start > 0)).toHaveLength(1);
    // 64 and 512 rows.
    expect((await startsAfter(900, 520)).filter((start) => start > 0)).toHaveLength(3);
    expect((await startsAfter(900, 519)).filter((start) => start > 0)).toHaveLength(2);
  });

  it("is looked for in the first page if that is where the way back leads", async () => {
    const rows = members(200);
    const roster = new FakeRoster(rows.slice(30));
    const limits = { ...SMALL, windowRows: 72 };
    const window = await read(roster, { ...positionAfter(rows, 64), windowRows: 72 }, limits);
    expect(window).toMatchObject({ start: 0, fresh: 34, restarts: 0 });
    expect(roster.asked).toHaveLength(2);
  });

  it("is told of in the log, with how far the walk goes back", async () => {
    const { log, fields } = keepFields();
    await read(new FakeRoster(before.slice(900)), { ...position, windowRows: 200 }, SMALL, log);
    expect(fields).toEqual([
      { position: 1_000, back: "64" },
      { position: 1_000, back: "Infinity" },
    ]);
  });

  it("is looked for at the beginning if the roster ends before the page", async () => {
    const roster = new FakeRoster(members(10));
    const window = await read(roster, positionAfter(before, 100));
    expect(window).toMatchObject({ start: 0, fresh: 0, restarts: 1 });
    expect(roster.asked.slice(1)).toEqual([
      [1, 20],
      ["last", 1],
    ]);
  });

  it("is an error that can pass once as many pages were asked for as the limit allows", async () => {
    const roster = new FakeRoster(members(100));
    // Each page is shorter than was asked for.
    roster.onRequest = (_, size) => page(before.slice(0, size - 1), 100, "more");
    const error = await failureOf(read(roster, BEGINNING, { ...SMALL, maxRequests: 4 }));
    expect(error.code).toBe(Code.Unavailable);
    expect(roster.asked).toEqual([
      [1, 20],
      [1, 19],
      [1, 18],
      [1, 17],
    ]);
  });

  it("is an error if there is no first page at all", async () => {
    const roster = new FakeRoster([]);
    roster.onRequest = () => ({ kind: "beyond-end" });
    const error = await failureOf(read(roster, BEGINNING));
    expect([error.code, error.kind]).toEqual([Code.FailedPrecondition, "upstream"]);
    expect(roster.asked).toHaveLength(1);
  });
});

describe("a window that would not move on", () => {
  it("is asked for with twice as many rows, up to the largest", async () => {
    const rows = [...members(8), ...unnamed(45), ...members(20, 100)];
    const roster = new FakeRoster(rows);
    const window = await read(roster, positionAfter(rows, 8), { ...SMALL, maxWindowRows: 60 });
    expect(roster.asked).toEqual([
      [1, 20],
      [1, 40],
      [1, 60],
    ]);
    expect(window.rows.slice(window.fresh).some(hasName)).toBe(true);
  });

  it("ends the sync when it is as large as it may get", async () => {
    const rows = [...members(8), ...unnamed(100), ...members(20, 100)];
    const roster = new FakeRoster(rows);
    const error = await failureOf(read(roster, positionAfter(rows, 8), { ...SMALL, maxWindowRows: 40 }));
    expect([error.code, error.kind]).toEqual([Code.FailedPrecondition, "upstream"]);
    expect(roster.asked).toEqual([
      [1, 20],
      [1, 40],
    ]);
  });

  it("is taken if the place at least stands further on, as somebody has joined before it", async () => {
    const rows = [member(99), ...members(8), ...unnamed(30), ...members(20, 100)];
    const roster = new FakeRoster(rows);
    const window = await read(roster, positionAfter(members(8), 8));
    expect(roster.asked).toHaveLength(1);
    expect(window.start + window.fresh).toBe(9);
  });

  it("is taken if it is the end, whoever stands there", async () => {
    const rows = [...members(8), ...unnamed(5)];
    const roster = new FakeRoster(rows);
    expect(await read(roster, positionAfter(rows, 8))).toMatchObject({ atEnd: true, fresh: 8 });
  });
});

describe("a page that the server cannot deliver", () => {
  const rows = members(400);

  function refuseAbove(largest: number): FakeRoster {
    const roster = new FakeRoster(rows);
    roster.onRequest = (_, size) => {
      if (size > largest) throw new BatonError(Code.Unavailable, "502", { lessMayHelp: true });
      return undefined;
    };
    return roster;
  }

  it("is asked for with a quarter of the rows", async () => {
    const roster = refuseAbove(20);
    const window = await read(roster, { ...BEGINNING, windowRows: 80 });
    expect(roster.asked).toEqual([
      [1, 80],
      [1, 20],
    ]);
    expect(window.rows).toHaveLength(20);
  });

  it("is tried again at the larger size after one good window", async () => {
    const limits = { ...SMALL, windowRows: 80 };
    const window = await read(refuseAbove(20), { ...BEGINNING, windowRows: 80 }, limits);
    expect(window).toMatchObject({ windowRows: 80, growAfter: 1, goodWindows: 0 });
  });

  it("is still looked for near the place, with an overlap that fits into the smaller one", async () => {
    const roster = refuseAbove(30);
    const window = await read(roster, { ...positionAfter(rows, 200, 40), windowRows: 100 });
    expect(window.start + window.fresh).toBe(200);
    expect(roster.asked).toHaveLength(2);
    expect(window.start).toBeLessThanOrEqual(200 - SMALL.requiredNames);
  });

  it("is not replaced by one that ends where the walk already is", async () => {
    const roster = refuseAbove(50);
    const window = await read(roster, { ...positionAfter(rows, 50, 50), windowRows: 200 });
    expect(window.start + window.fresh).toBe(50);
    expect(window.rows.slice(window.fresh)).not.toEqual([]);
    expect(roster.asked).toHaveLength(2);
  });

  it("is told of in the log, with its size and the error", async () => {
    const { log, fields } = keepFields();
    await read(refuseAbove(20), { ...BEGINNING, windowRows: 80 }, SMALL, log);
    expect(fields).toEqual([{ rows: 80, error: expect.objectContaining({ message: "502" }) }]);
  });

  it("is not asked for again at the smallest size, nor below it", async () => {
    for (const windowRows of [10, 9]) {
      const roster = refuseAbove(1);
      const error = await failureOf(read(roster, { ...BEGINNING, windowRows }));
      expect(error.message).toBe("502");
      expect(roster.asked).toEqual([[1, windowRows]]);
    }
  });

  it("is not asked for again after a fault of this program", async () => {
    const roster = new FakeRoster(rows);
    const fault = Object.assign(new TypeError("no function"), { lessMayHelp: true });
    roster.onRequest = () => {
      throw fault;
    };
    await expect(read(roster, BEGINNING)).rejects.toBe(fault);
    expect(roster.asked).toHaveLength(1);
  });
});

describe("a server that gives fewer rows than asked for", () => {
  const rows = members(400);

  function capAt(most: number): FakeRoster {
    const roster = new FakeRoster(rows);
    roster.onRequest = (number, size) => roster.answer(number, Math.min(size, most));
    return roster;
  }

  it("is asked for as many as it gave, and never for more again", async () => {
    const roster = capAt(15);
    const window = await read(roster, { ...BEGINNING, growAfter: 1 });
    expect(roster.asked).toEqual([
      [1, 20],
      [1, 15],
    ]);
    expect(window).toMatchObject({ windowRows: 15, growAfter: 0 });
  });

  it("is asked for no more even if that is very little", async () => {
    const roster = capAt(3);
    await read(roster, BEGINNING);
    expect(roster.asked).toEqual([
      [1, 20],
      [1, 3],
    ]);
  });

  it("is asked for a quarter at least in the middle, where few rows can be the end of a roster that shrinks", async () => {
    const roster = new FakeRoster(rows);
    roster.onRequest = () => (roster.asked.length > 1 ? undefined : page(rows.slice(0, 2), 400, "more"));
    const window = await read(roster, { ...positionAfter(rows, 200), windowRows: 64 });
    expect(window.start + window.fresh).toBe(200);
    expect(window.windowRows).toBe(16);
  });

  it("is not taken for one at the end of the roster", async () => {
    const roster = new FakeRoster(members(13));
    expect((await read(roster, BEGINNING)).rows).toHaveLength(13);
    expect(roster.asked).toEqual([
      [1, 20],
      ["last", 1],
    ]);
  });
});

describe("an answer that contradicts itself", () => {
  it("with more rows than were asked for ends the sync", async () => {
    const roster = new FakeRoster([]);
    roster.onRequest = () => page(members(21), 21);
    const error = await failureOf(read(roster, BEGINNING));
    expect([error.code, error.kind]).toEqual([Code.FailedPrecondition, "upstream"]);
  });

  it("with a count and no rows is an error that can pass", async () => {
    const roster = new FakeRoster([]);
    roster.onRequest = () => page([], 7);
    expect((await failureOf(read(roster, BEGINNING))).code).toBe(Code.Unavailable);
    expect(roster.asked).toHaveLength(1);
  });

  it("is none if there are no members and none are counted", async () => {
    expect(await read(new FakeRoster([]), BEGINNING, ROSTER_LIMITS)).toMatchObject({ rows: [], atEnd: true });
  });
});
