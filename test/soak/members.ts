/**
 * Syncs organizations of several sizes with the real program, counts the rows in the file and measures the
 * memory of the process, which hardly grows with the organization. Linux only.
 *
 *     npm run test:members -- 10000 1000000
 *
 * Prints a line for each size; the exit code is 1 if a row is missing or too many.
 */

import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { runMeasured } from "../bench/process-tree.ts";
import { startSimulator } from "../bench/simulator-process.ts";

const PROGRAM = fileURLToPath(new URL("../../src/bin/baton-codecov.ts", import.meta.url));
const USUAL_SIZES = [10_000, 100_000, 1_000_000];
/** Beside the members: the organization and its license. */
const OTHER_RESOURCES = 2;

const given = process.argv.slice(2).map(Number);
const directory = await mkdtemp(join(tmpdir(), "baton-members-"));
try {
  for (const members of given.length === 0 ? USUAL_SIZES : given) await syncMembers(members);
} finally {
  await rm(directory, { recursive: true });
}

async function syncMembers(members: number): Promise<void> {
  const file = join(directory, `${members}.c1z`);
  await using simulator = await startSimulator(members);
  const { wallMs, hostKb } = await runMeasured({
    program: process.execPath,
    args: [PROGRAM, "-f", file],
    env: {
      ...inheritedEnvironment(),
      BATON_CODECOV_API_TOKEN: simulator.token,
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.url,
    },
  });
  const stored = await countRows(file);
  const right = stored.resources === members + OTHER_RESOURCES && stored.memberships === members;
  if (!right) process.exitCode = 1;
  const { size } = await stat(file);
  process.stdout.write(
    [
      `${members.toLocaleString("en-US")} members: ${right ? "all rows" : "WRONG"}`,
      `${stored.resources} resources, ${stored.memberships} memberships, ${stored.grants} grants`,
      `${(wallMs / 1_000).toFixed(1)} s`,
      `memory ${toMegabytes(hostKb)}`,
      `file ${toMegabytes(size / 1_024)}\n`,
    ].join("; "),
  );
}

async function countRows(path: string): Promise<{ resources: number; memberships: number; grants: number }> {
  await using file = await openC1zReadOnly(path);
  const reader = file.reader(file.runs.pick().id);
  let memberships = 0;
  for (const { id } of reader.scan("grants")) if (id.startsWith("org:acme:member:")) memberships += 1;
  return { resources: reader.count("resources"), memberships, grants: reader.count("grants") };
}

function inheritedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("BATON_"));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? ""]));
}

function toMegabytes(kibibytes: number): string {
  return `${Math.round(kibibytes / 1_024)} MiB`;
}
