/**
 * `npm run test:node24`: the quick tests on the oldest supported Node, which comes from the registry like
 * the pinned one but stays outside this project's own dependencies. Those in `test/regress`, and the longest contract tests,
 * are left out: they take more than half of the time and go through the same code once more. What to run instead can be given.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const VERSION = "24.21.0";
const TESTS = ["test/unit", "test/conformance", "test/contract"];
const TOO_LONG = "test/contract/{killed-*,coverage-commands,coverage-gaps,coverage-import-mistakes}.test.ts";
const root = join(import.meta.dirname, "..");
const home = mkdtempSync(join(tmpdir(), "baton-codecov-node24-"));
try {
  writeFileSync(join(home, "package.json"), '{"private":true}');
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
  const platform = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  execFileSync("npm", ["install", ...options, `${platform}@${VERSION}`], { cwd: home, stdio: "inherit" });
  const bin = join(home, "node_modules", ".bin");
  const env = { ...process.env, PATH: [bin, process.env["PATH"]].join(delimiter) };
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const node = join(bin, "node");
  console.log(execFileSync(node, ["--version"], { encoding: "utf8" }).trim());
  const chosen = process.argv.slice(2);
  const tests = chosen.length > 0 ? chosen : [...TESTS, "--exclude", TOO_LONG];
  execFileSync(node, [vitest, "run", ...tests], { cwd: root, env, stdio: "inherit" });
} finally {
  rmSync(home, { recursive: true, force: true });
}
