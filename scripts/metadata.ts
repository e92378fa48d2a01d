/**
 * `npm run metadata`: writes what the program says of itself, its settings and its capabilities, to the two
 * files at the root that connector registries and reviewers read. They hold the output of the commands
 * byte for byte.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const FILES = { config: "config_schema.json", capabilities: "baton_capabilities.json" };

for (const [command, file] of Object.entries(FILES)) {
  // Away from the checkout and without variables: neither may have a say in what is written.
  const program = [join(root, "bin", "baton-codecov.js"), command];
  writeFileSync(join(root, file), execFileSync(process.execPath, program, { cwd: tmpdir(), env: {} }));
  console.log(`wrote ${file}`);
}
