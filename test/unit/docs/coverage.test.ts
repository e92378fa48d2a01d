import { expect, test } from "vitest";
import { coverageReportFields } from "#codecov/commands/coverage/coverage-report-fields.ts";
import { readContent } from "#codecov/coverage/report/content.ts";
import { renderCsv } from "#codecov/coverage/report/coverage-csv.ts";
import { renderJson } from "#codecov/coverage/report/coverage-json.ts";
import { renderOpenMetrics } from "#codecov/coverage/report/openmetrics.ts";
import {
  makeHistory,
  NOW,
  PULLS,
  pull,
  READ_AT,
  REPOSITORIES,
  rulesFor,
  totals,
} from "../coverage/sample-history.ts";
import { readDocument } from "./snippets.ts";

const page = readDocument("docs/coverage.md");
const named = new Set([...page.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? ""));

const lines = { hits: 1, misses: 9, partials: 0 };
const asked = pull("web", 1, {
  head: totals(1, 2),
  details: {
    comparison: "processed",
    baseCommit: { sha: "1", committedAt: NOW },
    headCommit: { sha: "2", committedAt: NOW },
    files: [{ path: "a.ts", base: lines, head: lines, patch: lines }],
    untracked: [],
  },
});
const contentOf = (only?: "pulls") =>
  readContent(makeHistory(REPOSITORIES, [...PULLS, asked]), {
    rulesFor,
    now: NOW,
    takenAt: READ_AT,
    days: 30,
    madeBy: "x",
    sort: "name",
    only,
  });

/** Keys of an object and of all objects in it. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

test("every key of the JSON form, every column of the CSV forms and every metric is described", () => {
  const json = keysOf(JSON.parse([...renderJson(contentOf())].join("")));
  const columns = [contentOf(), contentOf("pulls")].flatMap((content) => {
    const [header = ""] = renderCsv(content, { byteOrderMark: false });
    return header.trim().split(",");
  });
  const metrics = [...renderOpenMetrics(contentOf())].join("").matchAll(/^(codecov_\w+)\{/gm);
  const keys = new Set([...json, ...columns, ...[...metrics].map((match) => match[1] ?? "")]);
  expect(keys.size).toBeGreaterThan(80);
  expect([...keys].filter((key) => !named.has(key))).toEqual([]);
});

test("every flag of the report and every value of it is described", () => {
  const fields = Object.values(coverageReportFields);
  expect(fields.filter(({ name }) => !page.includes(`\`--${name}\``)).map(({ name }) => name)).toEqual([]);
  const values = [coverageReportFields.only, coverageReportFields.sort, coverageReportFields.format].flatMap(
    (field) => field.values,
  );
  expect(values.filter((value) => !named.has(value))).toEqual([]);
});
