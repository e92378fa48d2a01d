import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findNotes } from "../../../scripts/changelog.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

- not yet

## [1.10.0] - 2026-11-30

### Added

- a thing

## [1.1.0] - 2026-11-01

## [1.0.0] - 2026-10-01

- the first one

[1.10.0]: https://example.com/compare/1.1.0...1.10.0
`;

test.each([
  ["1.10.0", "### Added\n\n- a thing"],
  ["1.0.0", "- the first one"],
])("the notes of %s are the entries under its heading", (version, notes) => {
  expect(findNotes(CHANGELOG, version)).toBe(notes);
});

test.each(["1.1.0", "1.10", "2.0.0", ""])("a release without entries has no notes: %j", (version) => {
  expect(findNotes(CHANGELOG, version)).toBeUndefined();
});

test("the change log of this repository can be read so", () => {
  const changelog = readFileSync(join(import.meta.dirname, "../../../CHANGELOG.md"), "utf8");
  expect(findNotes(changelog, "Unreleased")).toContain("### Added");
});
