import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { renderMovements, renderShares } from "#format/html-charts.ts";
import {
  renderCharts,
  renderFoot,
  renderHead,
  renderMuted,
  renderNotes,
  renderProperties,
  renderRows,
  renderSection,
  renderTiles,
} from "#format/html-page.ts";
import { makeStyle } from "#format/html-style.ts";
import { formatDifference, formatNumber } from "#format/number.ts";

const style = makeStyle({
  shares: [
    { name: "covered", light: "#008000", dark: "#00ff00" },
    { name: "missed", light: "#800000", dark: "#ff0000" },
  ],
  wideList: { id: "files", widths: [{ columns: [1, 2], width: "40%" }], unbroken: 2, firstBlank: 3 },
});

/** A page of another report, with the same text in every place that takes one. */
function renderPage(text: string): string {
  const shares = [
    { label: text, count: 3, colour: "covered" },
    { label: text, count: 1, colour: "missed" },
  ];
  const movement = { label: text, lost: 1, lostAs: text, gained: 2, gainedAs: text };
  const section = { id: "files", title: text, badge: text, explanation: text };
  return [
    renderHead({ kind: text, subject: text, sentences: [text, text], style }),
    renderTiles([{ label: text, value: text, detail: text, list: text }]),
    renderCharts([
      { title: text, content: renderShares(text, shares, text) + renderShares(text, [], text) },
      { title: text, content: renderMovements([movement]) + renderMuted(text) },
    ]),
    renderNotes([text]),
    ...renderSection(section, renderRows([{ title: text }, { title: text, isBlank: true }], [[text]])),
    renderProperties([{ label: text, value: text }]),
    renderFoot(text),
  ].join("");
}

test("no text becomes markup or leaves its attribute, wherever it stands", () => {
  const shape = (text: string) =>
    renderPage(text)
      .replaceAll(/="[^"]*"/g, '=""')
      .match(/<[^>]*>/g);
  const hostile = `<script>&"' onload=x>\u202e\u0000`;
  expect(shape(hostile)).toEqual(shape("x"));
  const page = renderPage(hostile).replace(style, "");
  expect(page).not.toContain("<script");
  expect(page).not.toContain("\u202e");
  expect(page).not.toContain("\u0000");
});

test("the policy of a page lets in its own style sheet alone", () => {
  expect(renderPage("x")).toContain(
    `content="default-src 'none'; style-src 'sha256-${hash("sha256", style, "base64")}'; base-uri 'none'; form-action 'none'"`,
  );
});

test("the style sheet has the colours and the wide list that a report brings", () => {
  expect(style).toContain("--covered: #008000; --missed: #800000;");
  expect(style).toContain("--covered: #00ff00; --missed: #ff0000;");
  expect(style).toContain(".missed { fill: var(--missed); }");
  expect(style).toContain("i.missed { background: var(--missed); }");
  expect(style).toContain("#files th:nth-child(1), #files th:nth-child(2) { width: 40%; }");
  expect(style).not.toMatch(/undefined|#members/);
});

test("the parts of a whole fill its bar", () => {
  const bar = renderShares(
    "Lines",
    [
      { label: "a", count: 1, colour: "covered" },
      { label: "b", count: 0, colour: "free" },
      { label: "c", count: 3, colour: "missed" },
    ],
    "",
  );
  const rects = [...bar.matchAll(/class="(\w+)" x="([\d.]+)" width="([\d.]+)"/g)].map((m) => m.slice(1));
  expect(rects).toEqual([
    ["covered", "0", "25"],
    ["missed", "25", "75"],
  ]);
});

test.each([
  [0, "0"],
  [999, "999"],
  [12_345_678, "12,345,678"],
])("%i reads %s", (number, text) => {
  expect(formatNumber(number)).toBe(text);
});

test.each([
  [5, 5, "no difference"],
  [1_005, 5, "+1,000"],
  [5, 1_005, "−1,000"],
])("%i after %i is %s", (now, before, text) => {
  expect(formatDifference(now, before)).toBe(text);
});
