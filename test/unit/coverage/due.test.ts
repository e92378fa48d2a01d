import { describe, expect, test } from "vitest";
import { addDays } from "#codecov/coverage/model/calendar.ts";
import type { KnownRepository } from "#codecov/coverage/model/ledger.ts";
import type { ListedRepository } from "#codecov/coverage/model/repository.ts";
import { firstDay, isDue, trendFrom } from "#codecov/coverage/reading/due.ts";
import { judgeMissing, judgeUnmeasured } from "#codecov/coverage/reading/missing-repositories.ts";
import { DAY_MS, HOUR_MS, NOW, totalsOf } from "./scene.ts";

const MINUTE_MS = 60_000;

const ROW: ListedRepository = {
  name: "web",
  private: false,
  branch: "main",
  language: null,
  active: true,
  updatedAt: NOW - 10 * DAY_MS,
  state: "measured",
  reason: null,
  totals: totalsOf(8, 10),
};

const KNOWN: KnownRepository = {
  name: "web",
  state: "measured",
  private: false,
  branch: "main",
  updatedAt: NOW - 10 * DAY_MS,
  readAt: NOW - HOUR_MS,
  detailsReadAt: NOW - HOUR_MS,
  daysFrom: "2026-10-01",
  missed: 0,
  missingSince: null,
};

const FROM = firstDay(NOW, 30);

test("the trend goes back as many days as wanted, today not counted", () => {
  expect(FROM).toBe("2026-10-28");
});

describe("a repository is due", () => {
  const due = (
    row: Partial<ListedRepository>,
    known: Partial<KnownRepository> | undefined = {},
    from = FROM,
  ) => isDue({ ...ROW, ...row }, known === undefined ? undefined : { ...KNOWN, ...known }, from);

  test.each([
    ["one that has not moved", due({}), false],
    ["one that has moved since the last reading", due({ updatedAt: NOW }), true],
    ["one that moved 34 minutes before it", due({ updatedAt: NOW - HOUR_MS - 34 * MINUTE_MS }), true],
    ["one that moved 35 minutes before it", due({ updatedAt: NOW - HOUR_MS - 35 * MINUTE_MS }), false],
    ["one whose time is unknown", due({ updatedAt: null }), true],
    ["one whose details were never read", due({}, { detailsReadAt: null }), true],
    ["one with another default branch", due({ branch: "trunk" }), true],
    ["one of which more days are wanted", due({}, {}, "2026-09-30"), true],
    ["one that uploads nothing", due({ state: "not_active" }, { detailsReadAt: null }), false],
    ["one whose row fails", due({ state: "unreadable" }, { detailsReadAt: null }), false],
  ])("%s: %s", (_what, actual, expected) => {
    expect(actual).toBe(expected);
  });

  test("one that was never seen", () => {
    expect(isDue(ROW, undefined, FROM)).toBe(true);
  });
});

describe("the trend is read from", () => {
  test.each([
    ["the first wanted day, so that late uploads correct all of them", KNOWN, FROM],
    [
      "three days before the last reading, if that leaves a gap",
      { ...KNOWN, detailsReadAt: NOW - 40 * DAY_MS },
      addDays(FROM, -13),
    ],
    ["the first wanted day, at first", undefined, FROM],
    ["the first wanted day of another branch", { ...KNOWN, branch: "trunk" }, FROM],
    ["the first wanted day, if more are wanted than before", { ...KNOWN, daysFrom: "2026-11-01" }, FROM],
    ["the first wanted day, if the trend was never read", { ...KNOWN, detailsReadAt: null }, FROM],
  ])("%s", (_what, known, expected) => {
    expect(trendFrom(ROW, known, FROM)).toBe(expected);
  });
});

const repositories = (count: number, over: Partial<KnownRepository> = {}) =>
  Array.from({ length: count }, (_, index) => ({ ...KNOWN, name: `r${index}`, ...over }));
const namesOf = (known: readonly KnownRepository[]) => new Set(known.map(({ name }) => name));

describe("repositories vanish", () => {
  const vanish = (total: number, gone: number, over: Partial<KnownRepository> = {}, acceptGone = false) => {
    const known = [
      ...repositories(total - gone),
      ...repositories(gone, over).map((row) => ({ ...row, name: `gone-${row.name}` })),
    ];
    const shown = namesOf(known.slice(0, total - gone));
    return judgeMissing(known, shown, NOW, acceptGone);
  };

  test.each([
    ["two of three", 3, 2, 0],
    ["three of 31", 31, 3, 0],
    ["three of 30", 30, 3, 0],
    ["three of 29", 29, 3, 3],
    ["all of five", 5, 5, 5],
    ["none", 5, 0, 0],
  ])("%s", (_what, total, gone, held) => {
    const result = vanish(total, gone);
    expect(result.held).toHaveLength(held);
    expect(result.missing).toHaveLength(gone);
    expect(result.missing.every((row) => !row.gone)).toBe(true);
  });

  test("for the third time, and are gone", () => {
    const before = { missingSince: NOW - DAY_MS / 2 };
    expect(vanish(40, 1, { ...before, missed: 1 }).missing).toMatchObject([{ gone: false }]);
    expect(vanish(40, 1, { ...before, missed: 2 }).missing).toMatchObject([{ gone: true }]);
  });

  test("many at once, and are kept for a day however often that is read", () => {
    const result = vanish(10, 4, { missed: 9, missingSince: NOW - DAY_MS + 1 });
    expect(result.held).toHaveLength(4);
    expect(result.missing.some(({ gone }) => gone)).toBe(false);
    const later = vanish(10, 4, { missed: 9, missingSince: NOW - DAY_MS });
    expect(later.held).toEqual([]);
    expect(later.missing.every(({ gone }) => gone)).toBe(true);
  });

  test("many at once, which somebody accepts", () => {
    const result = vanish(10, 4, {}, true);
    expect(result.held).toEqual([]);
    expect(result.missing.every(({ gone }) => gone)).toBe(true);
  });

  test("what is gone already is not missing again", () => {
    expect(vanish(5, 2, { state: "gone" }).missing).toEqual([]);
  });

  test("one by one, which is no lost permission", () => {
    const known = repositories(20).map((row, index) => ({
      ...row,
      missingSince: index < 4 ? NOW - index * HOUR_MS - 1 : null,
      missed: index < 4 ? 1 : 0,
    }));
    expect(judgeMissing(known, namesOf(known.slice(4)), NOW, false).held).toEqual([]);
  });
});

describe("figures are lost", () => {
  test.each([
    ["of most", 10, 6, 6],
    ["of half", 10, 5, 0],
    ["of two of two", 2, 2, 0],
    ["of all of three", 3, 3, 3],
  ])("%s", (_what, total, lost, kept) => {
    const known = repositories(total);
    const result = judgeUnmeasured(known, namesOf(known.slice(0, lost)), NOW);
    expect(result.kept.size).toBe(kept);
    expect(result.note === undefined).toBe(kept === 0);
  });

  test("and kept for a day only", () => {
    const known = repositories(10, { readAt: NOW - DAY_MS });
    expect(judgeUnmeasured(known, namesOf(known), NOW)).toEqual({ kept: new Set(), note: undefined });
  });
});
