import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { reportFields } from "#codecov/commands/report-fields.ts";
import { renderJson } from "#codecov/report/json.ts";
import { renderCsv } from "#codecov/report/member-csv.ts";
import { reviewOfOne } from "../report/sample-review.ts";

const page = readFileSync(new URL("../../../docs/report.md", import.meta.url), "utf8");
const named = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap((match) => match[1]?.split(".") ?? []));

/** Keys of an object and of all objects in it. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

test("every key of the JSON form and every column of the CSV form is described", () => {
  const review = reviewOfOne("ann");
  const { facts } = review;
  const compared = { ...review, facts: { ...facts, previousSync: facts.sync } };
  const json = JSON.parse([...renderJson(compared)].join(""));
  const [, header = ""] = [...renderCsv(compared, { byteOrderMark: true })];
  const keys = new Set([...keysOf(json), ...header.trim().split(",")]);
  expect(keys.size).toBeGreaterThan(50);
  expect([...keys].filter((key) => !named.has(key))).toEqual([]);
});

test("every flag of the command is described", () => {
  const flags = Object.values(reportFields).map(({ name }) => name);
  expect(flags.filter((name) => !page.includes(`--${name}`))).toEqual([]);
});
