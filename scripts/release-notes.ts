/**
 * `npm run release-notes -- v1.2.3`: prints what the change log says of a version, as the notes of its release. Fails if the
 * change log has no such section, or `package.json` another version.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageFile from "../package.json" with { type: "json" };
import { findNotes } from "./changelog.ts";

const version = (process.argv[2] ?? "").replace(/^v/, "");
const notes = findNotes(readFileSync(join(import.meta.dirname, "..", "CHANGELOG.md"), "utf8"), version);
if (version !== packageFile.version) {
  console.error(
    `package.json has the version ${packageFile.version}, the release is to be ${version || "none"}`,
  );
  process.exit(1);
}
if (notes === undefined) {
  console.error(`CHANGELOG.md has no entries under ## [${version}]`);
  process.exit(1);
}
console.log(notes);
