import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const example = join(root, "examples", "roster-file");
const guide = readFileSync(join(root, "docs", "writing-a-connector.md"), "utf8");

const sources = readdirSync(example)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(example, file), "utf8"));

test("all code in the guide for authors is that of the example", () => {
  const snippets = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  expect(snippets.length).toBeGreaterThan(5);
  expect(snippets.filter((snippet) => !sources.some((source) => source.includes(snippet)))).toEqual([]);
});
