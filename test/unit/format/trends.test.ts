import { expect, test } from "vitest";
import { formatCsvLine } from "#format/csv.ts";
import { renderTrend } from "#format/html-charts.ts";
import { formatPercent, formatPoints } from "#format/number.ts";
import { formatSparkline } from "#format/sparkline.ts";
import { formatAge } from "#format/times.ts";

test.each<[string, readonly (number | null)[], number, string]>([
  ["a rise over the whole height", [50, 60, 70, 80], 10, "▁▃▆█"],
  ["a change of a hundredth is no cliff", [80, 80.01], 10, "▄▅"],
  ["days without a value are gaps", [80, null, null, 90], 10, "▁··█"],
  ["nothing known", [null, null], 10, "··"],
  ["several days in a block, of which the newest value counts", [10, 20, 30, 40, null, 60], 3, "▁▅█"],
  ["the first block is the short one", [10, 20, 30, 40, 50], 3, "▁▅█"],
])("%s", (_, days, columns, expected) => {
  expect(formatSparkline(days, columns)).toBe(expected);
});

test("a picture of a trend has a line, dots for single days and dotted gaps, and its limit if that is near", () => {
  const pathsOf = (days: readonly (number | null)[], limit: number | null) =>
    [...renderTrend({ days, limit, summary: "x" }).matchAll(/<path class="(\w+)" d="([^"]*)"/g)].map(
      (match) => match.slice(1),
    );
  expect(pathsOf([80, 90, null, 80], 85)).toEqual([
    ["limit", "M0 16H15"],
    ["gap", "M5 2L15 30"],
    ["known", "M0 30L5 2"],
    ["dot", "M15 30h0"],
  ]);
  expect(pathsOf([80, 90], 20)).toEqual([["known", "M0 30L5 2"]]);
  expect(renderTrend({ days: [null, null], limit: 80, summary: "x" })).toBe("");
  expect(renderTrend({ days: [1], limit: null, summary: `"><script>` })).not.toContain("<script>");
});

test("numbers that nobody knows are not 0, and ages are rounded down", () => {
  expect([formatPercent(null), formatPercent(0), formatPercent(71.4)]).toEqual(["–", "0.00 %", "71.40 %"]);
  expect([formatPoints(null), formatPoints(0), formatPoints(0.3), formatPoints(-6.1)]).toEqual([
    "–",
    "0.00",
    "+0.30",
    "−6.10",
  ]);
  const hour = 3_600_000;
  expect([-hour, 0, hour - 1, hour, 48 * hour - 1, 48 * hour].map(formatAge)).toEqual([
    "0m",
    "0m",
    "59m",
    "1h",
    "47h",
    "2d",
  ]);
});

test("a negative number is no formula, a text that begins like one is", () => {
  expect(formatCsvLine([-6.1, "-6.1", "+1"])).toBe(`-6.1,"'-6.1","'+1"\r\n`);
});
