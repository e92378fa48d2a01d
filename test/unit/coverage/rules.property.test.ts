import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assess } from "#codecov/coverage/model/assess.ts";
import { compareByAttention } from "#codecov/coverage/model/attention.ts";
import { addDays } from "#codecov/coverage/model/calendar.ts";
import {
  isBelow,
  percentOf,
  shownDelta,
  shownPercent,
  usableTotals,
} from "#codecov/coverage/model/coverage.ts";
import { OverviewSum } from "#codecov/coverage/model/coverage-overview.ts";
import { exactOf, floorPercent } from "#codecov/coverage/model/exact.ts";
import { gateExit, IF_UNKNOWN } from "#codecov/coverage/model/gate.ts";
import { judgePull } from "#codecov/coverage/model/judge-pull.ts";
import { judgeRepository } from "#codecov/coverage/model/judge-repository.ts";
import { patternTest } from "#codecov/coverage/model/pattern.ts";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import { assessRisk, holdsPatchRule } from "#codecov/coverage/model/pull-rules.ts";
import { STATES, type StoredRepository } from "#codecov/coverage/model/repository.ts";
import type { MatchedRules, Rules } from "#codecov/coverage/model/rules.ts";
import { stepsOf } from "#codecov/coverage/model/trend.ts";
import { DAY_MS, matchOf, NOW, repositoryOf, TODAY, totalsOf } from "./scene.ts";

const counts = fc
  .record({
    lines: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ lines, share }) => ({ lines, hits: Math.min(lines, Math.floor(lines * share)) }));
/** Few lines, so that figures often meet a limit exactly. */
const fewLines = fc
  .record({ lines: fc.integer({ min: 1, max: 400 }), hits: fc.nat(400) })
  .map(({ lines, hits }) => ({ lines, hits: Math.min(lines, hits) }));
const hundredths = (min: number, max: number) =>
  fc.integer({ min: min * 100, max: max * 100 }).map((value) => value / 100);
const percentage = fc.oneof(hundredths(0, 100), fc.double({ min: 0, max: 100, noNaN: true }));
const someTotals = fc.oneof(fewLines, counts).map(({ hits, lines }) => totalsOf(hits, lines));

const trend = fc
  .uniqueArray(fc.record({ ago: fc.integer({ min: 0, max: 60 }), avg: percentage }), {
    selector: ({ ago }) => ago,
    maxLength: 40,
  })
  .map((days) =>
    days
      .map(({ ago, avg }) => ({ day: addDays(TODAY, -ago), min: avg, max: avg, avg }))
      .sort((a, b) => (a.day < b.day ? -1 : 1)),
  );
const ago = fc.integer({ min: 0, max: 90 * DAY_MS }).map((ms) => NOW - ms);
const commit = fc.record({
  sha: fc.constant("a".repeat(40)),
  branch: fc.constantFrom("main", "dev", null),
  committedAt: ago,
});

const repository: fc.Arbitrary<StoredRepository> = fc
  .record({
    name: fc.constantFrom("web", "api", "docs"),
    active: fc.constantFrom(true, false, null),
    updatedAt: fc.option(ago),
    state: fc.constantFrom(...STATES),
    totals: fc.option(
      fc.oneof(
        someTotals,
        someTotals.map((totals) => ({ ...totals, misses: totals.misses + 1 })),
      ),
    ),
    readAt: ago,
    detailsReadAt: fc.option(ago),
    head: fc.option(commit),
    newest: fc.option(commit),
    trend,
  })
  .map((over) => repositoryOf(over));

const match: fc.Arbitrary<MatchedRules> = fc
  .record({
    minimum: fc.option(percentage),
    maxDrop: fc.option(hundredths(0, 20)),
    patchMinimum: fc.option(percentage),
    patchLines: fc.integer({ min: 0, max: 30 }),
    staleAfterDays: fc.integer({ min: 1, max: 60 }),
    decliningPoints: hundredths(0.01, 10),
    decliningDays: fc.integer({ min: 14, max: 30 }),
  })
  .map((rules) => matchOf(rules, { stated: Object.keys(rules) as (keyof Rules)[] }));

const pull: fc.Arbitrary<StoredPull> = fc
  .record({
    head: fc.option(someTotals),
    base: fc.option(someTotals),
    patch: fc.option(fc.record({ hits: fc.nat(40), misses: fc.nat(40), partials: fc.nat(5) })),
  })
  .map((over) => ({
    repository: "web",
    number: 1,
    title: null,
    author: null,
    state: "open",
    updatedAt: null,
    readAt: NOW,
    details: null,
    detailsReadAt: null,
    ...over,
  }));

/** As many runs as take well under a second. */
function check<Values>(property: fc.IProperty<Values>): void {
  fc.assert(property, { numRuns: 500 });
}

describe("rounding", () => {
  test("shows the hundredth at or next below a fraction", () => {
    check(
      fc.property(fc.oneof(counts, fewLines), ({ hits, lines }) => {
        const shown = shownPercent({ hits, lines }) ?? Number.NaN;
        const floor = (BigInt(hits) * 10_000n) / BigInt(lines);
        expect(BigInt(Math.round(shown * 100))).toBe(floor);
        expect(shown).toBe(Number(floor) / 100);
      }),
    );
  });

  test("never lifts a value over a limit, nor shows one that fails at its limit", () => {
    check(
      fc.property(fewLines, hundredths(0, 100), (figure, limit) => {
        const percent = percentOf(figure) ?? exactOf(0);
        const shown = shownPercent(figure) ?? Number.NaN;
        expect(shown < limit).toBe(isBelow(percent, limit));
      }),
    );
  });

  test("of a mean never ends above it, and less than a hundredth below", () => {
    check(
      fc.property(percentage, (value) => {
        const shown = floorPercent(value);
        expect(shown).toBeLessThanOrEqual(value);
        expect(isBelow(exactOf(value), shown)).toBe(false);
        expect((Math.round(shown * 100) + 1) / 100).toBeGreaterThan(value);
      }),
    );
  });

  test("never makes a loss smaller or a gain larger", () => {
    check(
      fc.property(fewLines, fewLines, (base, head) => {
        const delta = shownDelta(base, head) ?? Number.NaN;
        const scaled = BigInt(Math.round(delta * 100)) * BigInt(base.lines) * BigInt(head.lines);
        const exact =
          10_000n * (BigInt(head.hits) * BigInt(base.lines) - BigInt(base.hits) * BigInt(head.lines));
        expect(scaled <= exact).toBe(true);
        expect(exact - scaled < BigInt(base.lines) * BigInt(head.lines)).toBe(true);
      }),
    );
  });
});

describe("unknown", () => {
  test("stays unknown in every rule of a repository", () => {
    check(
      fc.property(repository, match, (row, rules) => {
        const judged = assess(row, rules, NOW);
        const results = judgeRepository(row, rules, NOW, null);
        const hasFigure = usableTotals(row) !== null;
        expect(judged.coverage === null).toBe(!hasFigure);
        if (!hasFigure) {
          const { belowMinimum, declining, dropped, stale, delta30d, delta7d, reportedAt } = judged;
          expect([belowMinimum, declining, dropped, stale, delta30d, delta7d, reportedAt]).toEqual(
            Array(7).fill(null),
          );
        }
        if (row.detailsReadAt === null) {
          const { declining, dropped, stale } = judged;
          expect([declining, dropped, stale === true]).toEqual([null, null, false]);
        }
        for (const { value, verdict } of results) expect(value === null && verdict !== "unknown").toBe(false);
        if (!hasFigure) for (const { verdict } of results) expect(verdict).toBe("unknown");
      }),
    );
  });

  test("stays unknown in every rule of a pull request", () => {
    check(
      fc.property(pull, match, fc.boolean(), (row, rules, isOtherBase) => {
        const results = judgePull(row, rules, {
          link: null,
          expectedBase: isOtherBase ? "abcdef0" : undefined,
        });
        for (const { rule, verdict } of results) {
          const missing = {
            minimum: row.head === null,
            max_drop: row.head === null || row.base === null || isOtherBase,
            patch_minimum: row.patch === null || isOtherBase,
            declining: true,
            stale: true,
          }[rule];
          expect(verdict === "unknown").toBe(missing);
        }
      }),
    );
  });

  test("without trend, comparison or report is not taken for anything by a risk or a patch rule", () => {
    expect(assessRisk({ files: null, untracked: [] })).toBeNull();
    check(
      fc.property(match, ({ rules }) => {
        expect(holdsPatchRule(null, rules)).toBeNull();
      }),
    );
  });

  test("ends a gate as it is told to, and never hides a broken rule", () => {
    const verdicts = fc.array(fc.record({ verdict: fc.constantFrom("pass", "fail", "unknown") }));
    check(
      fc.property(verdicts, fc.constantFrom(...IF_UNKNOWN), (results, ifUnknown) => {
        const has = (wanted: string) => results.some(({ verdict }) => verdict === wanted);
        const expected = has("fail") ? 1 : has("unknown") ? { fail: 1, pass: 0, unknown: 11 }[ifUnknown] : 0;
        expect(gateExit(results, ifUnknown)).toBe(expected);
        expect(gateExit(results.toReversed(), ifUnknown)).toBe(expected);
      }),
    );
  });
});

describe("a stricter rule", () => {
  test("never turns a failure into a pass", () => {
    check(
      fc.property(repository, match, hundredths(0, 100), (row, rules, other) => {
        const verdictAt = (minimum: number) =>
          assess(row, { ...rules, rules: { ...rules.rules, minimum } }, NOW).belowMinimum;
        const [low, high] = [other, rules.rules.minimum ?? 50].sort((a, b) => a - b);
        if (verdictAt(low ?? 0) === true) expect(verdictAt(high ?? 0)).toBe(true);
      }),
    );
  });
});

describe("order of input", () => {
  test("does not change the organization or the list", () => {
    const rows = fc.array(fc.tuple(repository, match), { maxLength: 12 });
    check(
      fc.property(rows, fc.infiniteStream(fc.nat()), (judged, dice) => {
        const named = judged.map(([row, rules], index) => ({ row: { ...row, name: `r${index}` }, rules }));
        const shuffled = named
          .map((entry) => ({ entry, at: dice.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ entry }) => entry);
        const results = [named, shuffled].map((order) => {
          const overview = new OverviewSum();
          const list = order.map(({ row, rules }) => {
            const assessment = assess(row, rules, NOW);
            overview.add(row, assessment);
            return { name: row.name, assessment };
          });
          return {
            overview: overview.result(),
            names: list.sort(compareByAttention).map(({ name }) => name),
          };
        });
        expect(results[1]).toEqual(results[0]);
      }),
    );
  });

  test("is a total one", () => {
    const list = fc.array(fc.tuple(repository, match), { minLength: 3, maxLength: 3 });
    check(
      fc.property(list, (rows) => {
        const [a, b, c] = rows.map(([row, rules], index) => ({
          name: `${index}`,
          assessment: assess(row, rules, NOW),
        }));
        if (a === undefined || b === undefined || c === undefined) return;
        expect(Math.sign(compareByAttention(a, b))).toBe(-Math.sign(compareByAttention(b, a)));
        if (compareByAttention(a, b) < 0 && compareByAttention(b, c) < 0)
          expect(compareByAttention(a, c)).toBeLessThan(0);
      }),
    );
  });
});

test("the organization is the fraction of all lines, and counts everything once", () => {
  check(
    fc.property(fc.array(fc.tuple(repository, match)), (rows) => {
      const overview = new OverviewSum();
      let [hits, lines] = [0n, 0n];
      for (const [row, rules] of rows) {
        overview.add(row, assess(row, rules, NOW));
        const totals = usableTotals(row);
        hits += BigInt(totals?.hits ?? 0);
        lines += BigInt(totals?.lines ?? 0);
      }
      const { coverage, measured, notMeasured, leftOut } = overview.result();
      expect(measured + notMeasured).toBe(rows.length);
      expect(Object.values(leftOut).reduce((sum, count) => sum + count, 0)).toBe(notMeasured);
      expect(coverage).toBe(lines === 0n ? null : Number((hits * 10_000n) / lines) / 100);
    }),
  );
});

test("steps keep the last value and fill every day", () => {
  check(
    fc.property(trend, fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }), (days, a, b) => {
      const [from, to] = [addDays(TODAY, -Math.max(a, b)), addDays(TODAY, -Math.min(a, b))];
      const steps = stepsOf(days, from, to);
      for (let day = from, index = 0; day <= to; day = addDays(day, 1)) {
        const expected = days.findLast((row) => row.day <= day)?.avg;
        if (expected === undefined) continue;
        expect(steps?.values[index]).toBe(expected);
        index += 1;
      }
      expect(steps?.values.length ?? 0).toBe(
        Array.from({ length: Math.abs(a - b) + 1 }, (_, index) => addDays(from, index)).filter((day) =>
          days.some((row) => row.day <= day),
        ).length,
      );
    }),
  );
});

test("a pattern means what a regular expression would, without its dangers", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "*", "-", "."), maxLength: 8 });
  check(
    fc.property(word, word, (pattern, name) => {
      const expression = pattern
        .split("*")
        .map((part) => part.replaceAll(".", String.raw`\.`))
        .join(".*");
      expect(patternTest(pattern)(name)).toBe(new RegExp(`^${expression}$`).test(name));
    }),
  );
});
