/**
 * `npm run metadata`: writes what the program says of itself. Settings and capabilities go to the two files at
 * the root that connector registries and reviewers read, byte for byte as the commands print them; the help
 * text goes into its page.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { insertHelp } from "./insert-help.ts";

const root = join(import.meta.dirname, "..");
const FILES = { config: "config_schema.json", capabilities: "baton_capabilities.json" };
const HELP_PAGE = "docs/command-line.md";

for (const [command, file] of Object.entries(FILES)) {
  writeFileSync(join(root, file), run(command));
  console.log(`wrote ${file}`);
}
insertHelp(join(root, HELP_PAGE), run("help"));
console.log(`wrote the help text in ${HELP_PAGE}`);

/** Runs a command away from the checkout and without variables: neither may have a say in what it prints. */
function run(command: string): string {
  const program = [join(root, "bin", "baton-codecov.js"), command];
  return execFileSync(process.execPath, program, { cwd: tmpdir(), env: {}, encoding: "utf8" });
}
