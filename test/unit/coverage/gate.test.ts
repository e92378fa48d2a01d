import { describe, expect, test } from "vitest";
import { type GateVerdict, gateExit, IF_UNKNOWN, withFlags } from "#codecov/coverage/model/gate.ts";
import { judgePull } from "#codecov/coverage/model/judge-pull.ts";
import { judgeRepository } from "#codecov/coverage/model/judge-repository.ts";
import type { PullDetails, StoredPull } from "#codecov/coverage/model/pull.ts";
import type { StoredRepository } from "#codecov/coverage/model/repository.ts";
import type { MatchedRules } from "#codecov/coverage/model/rules.ts";
import { DAY_MS, matchOf, NOW, repositoryOf, totalsOf, trendOf } from "./scene.ts";

const LINK = "https://app.codecov.io/gh/acme/web";
const SHA = "0d46b4562e0adb677065d6f05c26899a7721aaf7";

const judge = (over: Partial<StoredRepository>, match: MatchedRules) =>
  judgeRepository(repositoryOf(over), match, NOW, LINK);

describe("a repository", () => {
  test("has a result for each rule that was set, with source and link", () => {
    const match = matchOf({ minimum: 80, maxDrop: 2 }, { pattern: "web*" });
    const [minimum, drop, ...rest] = judge({ trend: trendOf({ 20: 82.005 }) }, match);
    expect(minimum).toMatchObject({
      repository: "web",
      pull: null,
      rule: "minimum",
      verdict: "pass",
      value: 80,
      limit: 80,
      commit: "a".repeat(40),
      committedAt: NOW - 2 * DAY_MS,
      link: LINK,
      pattern: "web*",
    });
    expect(drop).toMatchObject({ rule: "max_drop", verdict: "fail", value: -2.01, limit: 2 });
    expect(drop?.sentence).toBe(
      "coverage is down 2.01 points against the median of the seven days before; a drop of at most 2 points is allowed",
    );
    expect(rest).toEqual([]);
  });

  test("is judged by age and trend only if somebody set their limits", () => {
    const commit = { sha: SHA, branch: "main", committedAt: NOW - 20 * DAY_MS };
    const old = { head: commit, newest: commit, trend: trendOf({ 29: 90, 20: 80 }) };
    expect(judge(old, matchOf({ minimum: 1 }))).toHaveLength(1);
    const stated = matchOf({ minimum: 1 }, { stated: ["minimum", "staleAfterDays", "decliningPoints"] });
    const verdicts = judge(old, stated).map(({ rule, verdict, value }) => [rule, verdict, value]);
    expect(verdicts).toEqual([
      ["minimum", "pass", 80],
      ["declining", "fail", -10],
      ["stale", "fail", 20],
    ]);
  });

  test("is unknown for every rule where nothing is known", () => {
    const match = matchOf(
      { minimum: 0, maxDrop: 100 },
      { stated: ["minimum", "maxDrop", "staleAfterDays", "decliningPoints"] },
    );
    for (const row of [
      { state: "no_report", totals: null, reason: "its newest report has no lines" } as const,
      { state: "gone" } as const,
    ]) {
      const results = judge(row, match);
      expect(results.map(({ verdict, value }) => [verdict, value])).toEqual([
        ["unknown", null],
        ["unknown", null],
        ["unknown", null],
        ["unknown", null],
      ]);
      if ("reason" in row) expect(results[0]?.sentence).toContain(row.reason);
    }
  });

  test("says when it is unknown because trend and commits were not read", () => {
    const [drop] = judge({ detailsReadAt: null, head: null }, matchOf({ maxDrop: 1 }));
    expect(drop).toMatchObject({ verdict: "unknown", commit: null });
    expect(drop?.sentence).toContain("were not read");
  });

  test("is not judged if the policy leaves it out", () => {
    expect(judge({ totals: totalsOf(0, 9) }, matchOf({ minimum: 80 }, { ignore: true }))).toEqual([]);
  });
});

describe("a pull request", () => {
  const details: PullDetails = {
    comparison: "processed",
    baseCommit: { sha: SHA, committedAt: NOW - 3 * DAY_MS },
    headCommit: { sha: "f".repeat(40), committedAt: NOW - DAY_MS },
    files: [],
    untracked: [],
  };
  const pull: StoredPull = {
    repository: "web",
    number: 12,
    title: "Sign in",
    author: "bob",
    state: "open",
    head: totalsOf(79, 100),
    base: totalsOf(80, 100),
    patch: { hits: 10, misses: 10, partials: 0 },
    updatedAt: NOW,
    readAt: NOW,
    details,
    detailsReadAt: NOW,
  };
  const all = matchOf({ minimum: 79, maxDrop: 1, patchMinimum: 50.01 });
  const verdicts = (over: Partial<StoredPull>, expectedBase?: string, match = all) =>
    judgePull({ ...pull, ...over }, match, { link: LINK, expectedBase }).map(({ verdict }) => verdict);

  test("is judged by its head, its change and its patch, and names its base", () => {
    const results = judgePull(pull, all, { link: LINK });
    expect(results.map(({ rule, verdict, value, limit }) => [rule, verdict, value, limit])).toEqual([
      ["minimum", "pass", 79, 79],
      ["max_drop", "pass", -1, 1],
      ["patch_minimum", "fail", 50, 50.01],
    ]);
    expect(results[1]).toMatchObject({ pull: 12, base: SHA, baseCommittedAt: NOW - 3 * DAY_MS });
    expect(verdicts({}, undefined, matchOf({ maxDrop: 0.99 }))).toEqual(["fail"]);
  });

  test("is unknown where a report or the comparison is missing", () => {
    expect(verdicts({ base: null })).toEqual(["pass", "unknown", "fail"]);
    expect(verdicts({ head: null })).toEqual(["unknown", "unknown", "fail"]);
    expect(verdicts({ patch: null })).toEqual(["pass", "pass", "unknown"]);
    expect(verdicts({ details: { ...details, comparison: "pending" } })).toEqual(["pass", "pass", "unknown"]);
  });

  test("is unknown against another base than the expected one", () => {
    expect(verdicts({}, SHA.slice(0, 10).toUpperCase())).toEqual(["pass", "pass", "fail"]);
    expect(verdicts({}, "abcdef0")).toEqual(["pass", "unknown", "unknown"]);
    expect(verdicts({ details: null }, SHA)).toEqual(["pass", "unknown", "unknown"]);
  });
});

test("limits from the command line go before those of the policy", () => {
  const match = withFlags(matchOf({ minimum: 80, maxDrop: 5 }, { stated: ["minimum"] }), {
    minimum: 70,
    patchMinimum: 0,
  });
  expect(match.rules).toMatchObject({ minimum: 70, maxDrop: 5, patchMinimum: 0 });
  expect(match.stated).toEqual(["minimum", "patchMinimum"]);
});

describe("the exit code", () => {
  const exit = (...verdicts: GateVerdict[]) =>
    IF_UNKNOWN.map((ifUnknown) =>
      gateExit(
        verdicts.map((verdict) => ({ verdict })),
        ifUnknown,
      ),
    );

  test("is 0, 1 or 11, and a broken rule wins", () => {
    // With an unknown taken as: fail, pass, unknown.
    expect(exit("pass", "pass")).toEqual([0, 0, 0]);
    expect(exit("pass", "unknown")).toEqual([1, 0, 11]);
    expect(exit("unknown", "fail", "pass")).toEqual([1, 1, 1]);
  });
});
