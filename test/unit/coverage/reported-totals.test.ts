import { describe, expect, test } from "vitest";
import { repositorySchema } from "#codecov/api/coverage-schemas.ts";
import { readTotals } from "#codecov/api/reported-totals.ts";
import { toListedRepository } from "#codecov/coverage/reading/listed-repository.ts";

const SOUND = {
  files: 6,
  lines: 70,
  hits: 54,
  misses: 15,
  partials: 1,
  coverage: 77.14,
  branches: 0,
  sessions: 3,
};
const ROW = {
  name: "web",
  private: false,
  updatestamp: "2025-04-14T10:00:00.123456Z",
  language: "python",
  branch: "main",
  active: true,
  activated: true,
  totals: SOUND,
};

const judge = (over: object) => toListedRepository(repositorySchema.parse({ ...ROW, ...over }));

test("sound totals are whole numbers, and what Codecov does not say is null", () => {
  expect(readTotals({ ...SOUND, branches: null, sessions: undefined, methods: 7 })).toEqual({
    kind: "counts",
    counts: { files: 6, lines: 70, hits: 54, misses: 15, partials: 1, branches: null, sessions: null },
  });
});

test.each([
  ["an array", [5, 100, 80, 20, 0, "80.00000"]],
  ["a text", "80"],
  ["a missing count", { ...SOUND, hits: undefined }],
  ["a text for a number", { ...SOUND, hits: "54" }],
  ["a fraction", { ...SOUND, hits: 54.5 }],
  ["a negative count", { ...SOUND, misses: -15 }],
  ["counts that do not add up", { ...SOUND, misses: 14 }],
  ["another coverage than the counts", { ...SOUND, coverage: 77.2 }],
  ["no coverage for lines", { ...SOUND, coverage: null }],
  ["a coverage beyond 100", { ...SOUND, coverage: 100.5 }],
  ["no key at all", undefined],
])("%s is unreadable, with a reason", (_what, totals) => {
  expect(readTotals(totals)).toMatchObject({ kind: "unreadable" });
  expect(judge({ totals })).toMatchObject({ state: "unreadable", totals: null });
  expect(judge({ totals }).reason).toMatch(/^[A-Zt].+\.$/);
});

describe("the state of a row", () => {
  test.each([
    ["measured", {}],
    ["not_active", { active: null, activated: null, totals: null }],
    ["not_active", { active: false, activated: false }],
    ["not_active", { activated: false }],
    ["no_report", { totals: null }],
    ["no_report", { totals: { ...SOUND, lines: 0, hits: 0, misses: 0, partials: 0, coverage: null } }],
  ])("%s for %j", (state, over) => {
    const row = judge(over);
    expect(row.state).toBe(state);
    expect(row.totals === null).toBe(state !== "measured");
    expect(row.reason === null).toBe(state === "measured");
  });

  test("a row that was never changed has no time", () => {
    expect(judge({ updatestamp: null }).updatedAt).toBeNull();
    expect(judge({}).updatedAt).toBe(Date.parse("2025-04-14T10:00:00.123Z"));
  });
});
