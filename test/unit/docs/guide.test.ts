import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** All of them are compiled, and run by tests. */
const SOURCES = [
  "examples/acme/connector.ts",
  "examples/acme/main.ts",
  "test/unit/docs/cookbook.test.ts",
  "test/unit/examples/acme.test.ts",
];

/** Lines without what depends on where the code stands. */
function flatten(code: string): string {
  return code
    .split("\n")
    .map((line) => line.trim())
    .join("\n");
}

const guide = readFileSync(join(root, "docs/writing-a-connector.md"), "utf8");
const sources = SOURCES.map((file) => flatten(readFileSync(join(root, file), "utf8")));
const snippets = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

test("the guide for authors has code for every task", () => {
  expect(snippets.length).toBeGreaterThan(15);
});

test.each(snippets)("is code that runs: %s", (snippet) => {
  expect(sources.some((source) => source.includes(flatten(snippet)))).toBe(true);
});
