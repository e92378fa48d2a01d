/** `docs/benchmarks.md`: two parts, of which each run writes the one that it has measured. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the page is. */
export const DOCUMENT = join(import.meta.dirname, "..", "..", "docs", "benchmarks.md");

/** The second part begins with this heading. */
export const COVERAGE_HEADING = "## Coverage";

/** Replaces the comparison with the Go connector: everything up to the part on coverage. */
export function writeComparison(text: string): void {
  const [, coverage] = readParts();
  writeFileSync(DOCUMENT, coverage === "" ? text : `${text}\n${coverage}`);
}

/** Replaces the part on coverage, which begins with its heading. */
export function writeCoverage(text: string): void {
  const [comparison] = readParts();
  writeFileSync(DOCUMENT, `${comparison.trimEnd()}\n\n${text}`);
}

function readParts(): [comparison: string, coverage: string] {
  const text = readFileSync(DOCUMENT, "utf8");
  const at = text.indexOf(`\n${COVERAGE_HEADING}\n`);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
