import { describe, expect, test } from "vitest";
import { assess } from "#codecov/coverage/model/assess.ts";
import { compareByAttention } from "#codecov/coverage/model/attention.ts";
import { addDays } from "#codecov/coverage/model/calendar.ts";
import { OverviewSum } from "#codecov/coverage/model/coverage-overview.ts";
import { STATES, type StoredRepository } from "#codecov/coverage/model/repository.ts";
import type { MatchedRules } from "#codecov/coverage/model/rules.ts";
import { DAY_MS, HOUR_MS, matchOf, NOW, repositoryOf, TODAY, totalsOf, trendOf } from "./scene.ts";

const judge = (over: Partial<StoredRepository> = {}, match: MatchedRules = matchOf(), now = NOW) =>
  assess(repositoryOf(over), match, now);

describe("minimum", () => {
  test.each([
    [80, 100, 80, false],
    [79_999, 100_000, 80, true],
    [7_007, 10_000, 70.07, false],
    [0, 100, 0, false],
  ])("%i of %i lines against %d", (hits, lines, minimum, below) => {
    expect(judge({ totals: totalsOf(hits, lines) }, matchOf({ minimum }))).toMatchObject({
      minimum,
      belowMinimum: below,
      attention: below ? ["below_minimum"] : [],
    });
  });

  test("is unknown without a rule", () => {
    expect(judge().belowMinimum).toBeNull();
  });

  test.each(STATES.filter((state) => state !== "measured"))(
    "is unknown for %s, whatever the row says",
    (state) => {
      const judged = judge({ state }, matchOf({ minimum: 99, maxDrop: 0 }));
      expect(judged).toMatchObject({
        coverage: null,
        belowMinimum: null,
        delta30d: null,
        declining: null,
        delta7d: null,
        dropped: null,
        stale: null,
        reportedAt: null,
      });
    },
  );

  test("is unknown for counts that contradict each other", () => {
    const totals = { ...totalsOf(10, 100), misses: 0 };
    expect(judge({ totals }, matchOf({ minimum: 99 }))).toMatchObject({ coverage: null, belowMinimum: null });
  });

  test("is not judged in a repository that the policy leaves out", () => {
    const judged = judge({ totals: totalsOf(1, 100) }, matchOf({ minimum: 99 }, { ignore: true }));
    expect(judged).toMatchObject({ coverage: 1, minimum: null, belowMinimum: null, attention: [] });
  });
});

describe("declining", () => {
  test.each([
    ["a fall of exactly a point", { 29: 80, 6: 79 }, true, -1],
    ["a fall of less than a point", { 29: 80, 6: 79.01 }, false, -0.99],
    ["a fall within the last three days", { 29: 80, 2: 50 }, false, -30],
    ["a rise", { 29: 50, 10: 80 }, false, 30],
    ["a value from before the window, which holds until the next", { 200: 80, 9: 70 }, true, -10],
    ["fourteen days of age", { 13: 80, 6: 70 }, true, -10],
  ])("%s", (_, values, declining, delta30d) => {
    expect(judge({ trend: trendOf(values) })).toMatchObject({ declining, delta30d });
  });

  test.each([
    ["no day", {}],
    ["one measured day", { 20: 80 }],
    ["nothing measured since before the window", { 60: 90, 40: 80 }],
    ["thirteen days of age", { 12: 80, 5: 10 }],
  ])("cannot be told with %s", (_, values) => {
    expect(judge({ trend: trendOf(values) })).toMatchObject({ declining: null, delta30d: null });
  });

  test("cannot be told where the trend was not read", () => {
    const trend = trendOf({ 29: 80, 6: 70 });
    expect(judge({ trend, detailsReadAt: null }).declining).toBeNull();
    // The row has moved since: what happened in the last week is not known.
    const old = { trend, detailsReadAt: NOW - 7 * DAY_MS, updatedAt: NOW - DAY_MS };
    expect(judge(old).declining).toBeNull();
  });

  test("is told of a trend that was not read again because nothing has happened", () => {
    const trend = trendOf({ 29: 80, 20: 70 });
    const quiet = { trend, detailsReadAt: NOW - 15 * DAY_MS, updatedAt: NOW - 20 * DAY_MS };
    expect(judge(quiet).declining).toBe(true);
  });

  test("takes both numbers from the rules", () => {
    const trend = trendOf({ 19: 80, 6: 77 });
    expect(judge({ trend }, matchOf({ decliningPoints: 3 })).declining).toBe(true);
    expect(judge({ trend }, matchOf({ decliningPoints: 3.01 })).declining).toBe(false);
    expect(judge({ trend }, matchOf({ decliningDays: 21 })).declining).toBeNull();
  });

  test("does not depend on how much more history is loaded", () => {
    const window = { 29: 80, 12: 78, 6: 70 };
    const short = judge({ trend: trendOf({ 45: 90, ...window }) });
    expect(judge({ trend: trendOf({ 300: 10, 100: 95, 45: 90, ...window }) })).toEqual(short);
  });
});

describe("drop", () => {
  const measured = { totals: totalsOf(75, 100) };

  test.each([
    ["exactly as much as is allowed", 77, false, -2],
    ["a little more", 77.001, true, -2.01],
    ["a rise", 70, false, 5],
  ])("%s", (_, before, dropped, delta7d) => {
    const trend = trendOf({ 20: before, 0: 75 });
    expect(judge({ ...measured, trend }, matchOf({ maxDrop: 2 }))).toMatchObject({ dropped, delta7d });
  });

  test.each([
    [2, 3, 66.66667],
    [1, 3, 33.33333],
    [57, 72, 79.16667],
    [35, 36, 97.22222],
    [1, 1, 100],
    [0, 7, 0],
  ])(
    "is none where %i of %i lines are what the trend has, which keeps five decimals",
    (hits, lines, stored) => {
      const same = { totals: totalsOf(hits, lines), trend: trendOf({ 20: stored }) };
      expect(judge(same, matchOf({ maxDrop: 0 }))).toMatchObject({ delta7d: 0, dropped: false });
    },
  );

  test("is measured against the median of seven days, not against one of them", () => {
    const trend = trendOf({ 20: 76, 3: 99, 2: 76 });
    expect(judge({ ...measured, trend }, matchOf({ maxDrop: 2 })).delta7d).toBe(-1);
  });

  test("cannot be told without a day before that of the reading, or without a rule", () => {
    expect(judge({ ...measured, trend: trendOf({ 0: 99 }) }, matchOf({ maxDrop: 2 })).dropped).toBeNull();
    expect(judge({ ...measured, trend: trendOf({ 3: 99 }) }).dropped).toBeNull();
    const unread = { ...measured, trend: trendOf({ 3: 99 }), detailsReadAt: null };
    expect(judge(unread, matchOf({ maxDrop: 2 })).dropped).toBeNull();
  });
});

describe("stale", () => {
  const reported = (ago: number) => {
    const commit = { sha: "b".repeat(40), branch: "main", committedAt: NOW - ago };
    return { head: commit, newest: commit, updatedAt: NOW - ago };
  };

  test("begins after fourteen days", () => {
    expect(judge(reported(14 * DAY_MS))).toMatchObject({ stale: false, reportedAt: NOW - 14 * DAY_MS });
    expect(judge(reported(14 * DAY_MS + 1))).toMatchObject({ stale: true, attention: ["stale"] });
    expect(judge(reported(4 * DAY_MS), matchOf({ staleAfterDays: 3 })).stale).toBe(true);
  });

  test("is no matter of a repository whose uploads are switched off", () => {
    expect(judge({ ...reported(100 * DAY_MS), active: false }).stale).toBe(false);
    expect(judge({ ...reported(100 * DAY_MS), active: null }).stale).toBeNull();
  });

  test("cannot be told where neither commits nor trend were read", () => {
    expect(judge({ head: null, newest: null, detailsReadAt: null })).toMatchObject({
      stale: null,
      reportedAt: null,
      reportedFrom: null,
    });
  });

  test("cannot be told of a report that was young when it was last looked for", () => {
    const old = { ...reported(20 * DAY_MS), detailsReadAt: NOW - 10 * DAY_MS, updatedAt: NOW - DAY_MS };
    expect(judge(old).stale).toBeNull();
    expect(judge({ ...old, updatedAt: NOW - 19 * DAY_MS }).stale).toBe(true);
  });

  test("takes the newest day of the trend where no commit is known", () => {
    const head = { head: null, newest: null };
    expect(judge({ ...head, trend: trendOf({ 3: 80 }) })).toMatchObject({
      stale: false,
      reportedAt: Date.parse(`${addDays(TODAY, -3)}T00:00:00Z`),
      reportedFrom: "trend",
    });
    // At noon, a report from a day that began 14.5 days ago can be younger than 14 days.
    expect(judge({ ...head, trend: trendOf({ 14: 80 }) }).stale).toBeNull();
    expect(judge({ ...head, trend: trendOf({ 15: 80 }) }).stale).toBe(true);
  });

  test("does not take the commit of a former default branch", () => {
    expect(judge({ ...reported(HOUR_MS), branch: "trunk" }).reportedAt).toBeNull();
  });
});

describe("other branch", () => {
  const commit = (branch: string, ago: number) => ({ sha: "c".repeat(40), branch, committedAt: NOW - ago });

  test("is named when the default branch has had no report for long", () => {
    const renamed = { branch: "master", head: commit("master", 40 * DAY_MS), newest: commit("main", DAY_MS) };
    expect(judge(renamed).otherBranch).toBe("main");
    expect(judge({ ...renamed, head: null, state: "no_report", totals: null }).otherBranch).toBe("main");
  });

  test("is not named for ordinary work on branches", () => {
    expect(
      judge({ head: commit("main", 2 * DAY_MS), newest: commit("feature", HOUR_MS) }).otherBranch,
    ).toBeNull();
    expect(judge({ head: null, newest: null }).otherBranch).toBeNull();
  });
});

test("a list begins with what is most urgent, whatever its order was", () => {
  const minimum = matchOf({ minimum: 80 });
  const judged = [
    { name: "far-below", assessment: judge({ totals: totalsOf(10, 100) }, minimum) },
    { name: "below", assessment: judge({ totals: totalsOf(79, 100) }, minimum) },
    { name: "declining", assessment: judge({ trend: trendOf({ 29: 90, 6: 80 }) }, minimum) },
    { name: "unreadable", assessment: judge({ state: "unreadable", totals: null }, minimum) },
    { name: "a-fine-one", assessment: judge({ totals: totalsOf(81, 100) }, minimum) },
    { name: "b-fine-one", assessment: judge({ totals: totalsOf(81, 100) }, minimum) },
    { name: "unknown", assessment: judge({ state: "no_report", totals: null }, minimum) },
  ];
  const names = judged.map(({ name }) => name);
  expect(judged.toSorted(compareByAttention).map(({ name }) => name)).toEqual(names);
  expect(
    judged
      .toReversed()
      .sort(compareByAttention)
      .map(({ name }) => name),
  ).toEqual(names);
});

describe("organization", () => {
  function sum(...rows: readonly (readonly [Partial<StoredRepository>, MatchedRules?])[]) {
    const overview = new OverviewSum();
    for (const [over, match] of rows) overview.add(repositoryOf(over), judge(over, match));
    return overview.result();
  }

  test("is weighted by lines and says what it leaves out", () => {
    const overview = sum(
      [{ totals: totalsOf(100, 100) }, matchOf({ minimum: 80 })],
      [{ totals: totalsOf(0, 900) }, matchOf({ minimum: 80 })],
      [{ state: "no_report", totals: null }, matchOf({ minimum: 80 })],
      [{ state: "no_access", totals: null }],
      [{ state: "gone" }],
      [{ totals: totalsOf(1, 1_000_000) }, matchOf({}, { ignore: true })],
    );
    expect(overview).toMatchObject({
      coverage: 10,
      totals: { files: 6, lines: 1_000, hits: 100, misses: 900, partials: 0, branches: 0, sessions: 2 },
      measured: 2,
      notMeasured: 3,
      leftOut: { no_report: 1, not_active: 0, no_access: 1, unreadable: 0, gone: 1, pending: 0 },
      ignored: 1,
      belowMinimum: { yes: 1, no: 1, unknown: 0 },
      declining: { yes: 0, no: 0, unknown: 2 },
      stale: { yes: 0, no: 2, unknown: 0 },
      attention: 2,
    });
  });

  test("is unknown where nothing is measured, and not 0", () => {
    expect(sum()).toMatchObject({ coverage: null, totals: null, measured: 0, notMeasured: 0 });
    expect(sum([{ state: "pending", totals: null }])).toMatchObject({ coverage: null, totals: null });
  });

  test("has no sum of what one repository does not say", () => {
    const overview = sum([{}], [{ totals: { ...totalsOf(1, 2), branches: null } }]);
    expect(overview.totals).toMatchObject({ branches: null, files: 6 });
  });
});
