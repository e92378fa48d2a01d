import { describe, expect, test } from "vitest";
import type { ChangedFile, PullDetails } from "#codecov/coverage/model/pull.ts";
import { assessRisk, figuresOf, holdsPatchRule } from "#codecov/coverage/model/pull-rules.ts";
import type { PatchTotals } from "#codecov/coverage/model/totals.ts";
import { totalsOf } from "./scene.ts";

const patchOf = (hits: number, misses: number, partials = 0): PatchTotals => ({ hits, misses, partials });
const rules = { patchMinimum: 80, patchLines: 20 };

describe("figures", () => {
  const pull = { head: totalsOf(57, 72), base: totalsOf(54, 70), patch: patchOf(5, 2, 1) };

  test("come from the counts of one answer", () => {
    expect(figuresOf(pull)).toEqual({ coverage: 79.16, delta: 2.02, patch: 62.5, patchLines: 8 });
  });

  test("are unknown and not 0 where a side is missing", () => {
    expect(figuresOf({ ...pull, base: null })).toMatchObject({ coverage: 79.16, delta: null });
    expect(figuresOf({ ...pull, head: null })).toMatchObject({ coverage: null, delta: null });
    expect(figuresOf({ ...pull, base: totalsOf(0, 0) }).delta).toBeNull();
    expect(figuresOf({ ...pull, patch: null })).toMatchObject({ patch: null, patchLines: null });
    expect(figuresOf({ ...pull, patch: patchOf(0, 0) })).toMatchObject({ patch: null, patchLines: 0 });
  });
});

test.each([
  ["enough", patchOf(80, 20), true],
  ["a line too few", patchOf(79, 21), false],
  ["partials, which are not hits", patchOf(79, 0, 21), false],
  ["a small patch", patchOf(0, 19), true],
  ["twenty lines", patchOf(0, 20), false],
  ["nothing to cover", patchOf(0, 0), true],
  ["no comparison", null, null],
  ["counts that contradict each other", patchOf(50, -10), null],
])("the patch rule with %s", (_, patch, holds) => {
  expect(holdsPatchRule(patch, rules)).toBe(holds);
  expect(holdsPatchRule(patch, { ...rules, patchMinimum: null })).toBeNull();
});

describe("risk", () => {
  const file = (path: string, over: Partial<ChangedFile>): ChangedFile => ({
    path,
    base: null,
    head: null,
    patch: patchOf(1, 1),
    ...over,
  });
  const riskOf = (files: readonly ChangedFile[] | null, untracked: readonly string[] = []) =>
    assessRisk({ files, untracked });

  test("is weighted by lines and begins below 40 %", () => {
    const large = file("large.ts", { head: patchOf(30, 69, 1) });
    const small = file("small.ts", { head: patchOf(10, 0) });
    expect(riskOf([large, small])).toMatchObject({
      points: 15,
      coverage: 36.36,
      hits: 40,
      lines: 110,
      files: 2,
    });
    expect(riskOf([file("a.ts", { head: patchOf(40, 60) })])).toMatchObject({ points: 0, coverage: 40 });
    expect(riskOf([file("a.ts", { head: patchOf(39_999, 60_001) })])).toMatchObject({
      points: 15,
      coverage: 39.99,
    });
  });

  test("leaves out files without a report and names them", () => {
    const risk = riskOf([file("b.ts", { head: patchOf(1, 0) }), file("a.ts", { head: null })], ["c.md"]);
    expect(risk).toMatchObject({ points: 0, files: 1, withoutReport: ["a.ts", "c.md"] });
  });

  test("leaves out files that nobody changed", () => {
    const moved = file("moved.ts", { head: patchOf(0, 1_000), patch: null });
    expect(riskOf([moved, file("a.ts", { head: patchOf(1, 0) })])).toMatchObject({ points: 0, lines: 1 });
  });

  test.each([
    ["no details", null],
    ["no computed comparison", { files: null, untracked: [] }],
    ["no file", { files: [], untracked: ["a.md"] }],
    ["only files without a report", { files: [file("a.ts", {})], untracked: [] }],
    ["only files without a line", { files: [file("a.ts", { head: patchOf(0, 0) })], untracked: [] }],
  ] satisfies [string, Pick<PullDetails, "files" | "untracked"> | null][])(
    "is no factor with %s",
    (_, details) => {
      expect(assessRisk(details)).toBeNull();
    },
  );
});
