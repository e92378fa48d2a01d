import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasCommand, readDocument, root } from "../unit/docs/snippets.ts";
import { hasTerminal } from "./terminal.ts";
import { transcribe } from "./transcript.ts";

const DOCUMENT = "docs/first-ten-minutes.md";

test.skipIf(!hasTerminal || !hasCommand("curl", "--version"))(
  "two people see in their first ten minutes what the document shows",
  { timeout: 180_000 },
  async () => {
    const [head = "", ...sections] = readDocument(DOCUMENT).split(/^(?=## )/m);
    expect(sections.map((section) => section.split("\n")[0])).toEqual([
      "## For the security engineer",
      "## For the platform engineer",
    ]);
    const [security, platform] = await Promise.all(sections.map((section) => transcribe(section)));

    await expect(`${head}${security?.text}${platform?.text}`).toMatchFileSnapshot(join(root, DOCUMENT));
    const page = readFileSync(join(security?.directory ?? "", "review.html"), "utf8");
    expect(page).toContain("member-0000004");
  },
);
