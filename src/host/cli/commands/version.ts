import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Invocation } from "../command.ts";
import { print } from "../standard-output.ts";

/** `version`: what somebody who looks into a problem asks for first. `--version` prints the first line only. */
export async function run({ definition, version, commit }: Invocation): Promise<number> {
  const facts = {
    commit: commit ?? (await readCheckedOutCommit()) ?? "unknown",
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  };
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(9)} ${value}\n`);
  await print(`${definition.name} version ${version}\n${lines.join("")}`);
  return 0;
}

/** The commit of a checkout whose sources run as they are. */
async function readCheckedOutCommit(): Promise<string | undefined> {
  try {
    const args = ["-C", dirname(process.argv[1] ?? ""), "rev-parse", "HEAD"];
    return (await promisify(execFile)("git", args)).stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
