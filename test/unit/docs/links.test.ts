import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const documents = execFileSync("git", ["ls-files", "*.md", "*.mdx"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "");

/** The anchor that a heading gets on the usual Markdown sites. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

test("every link between documents leads somewhere", () => {
  const broken: string[] = [];
  for (const document of documents) {
    const text = readFileSync(join(root, document), "utf8").replace(/```[\s\S]*?```/g, "");
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? join(root, document) : join(root, dirname(document), path);
      if (!existsSync(file)) broken.push(`${document}: ${target}`);
      else if (anchor !== undefined) {
        const headings = [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)];
        if (!headings.some((match) => anchorOf(match[1] ?? "") === anchor)) {
          broken.push(`${document}: ${target}`);
        }
      }
    }
  }
  expect(documents).toContain("README.md");
  expect(broken).toEqual([]);
});

test("every document has a place in the index", () => {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  const listed = documents.filter((file) => file.startsWith("docs/") && file !== "docs/README.md");
  expect(listed.length).toBeGreaterThan(8);
  expect(listed.filter((file) => !index.includes(`](${file.slice("docs/".length)})`))).toEqual([]);
});
