/**
 * `npm run demo`: syncs a simulated organization of 1,000 members into `demo.c1z`, through the same program
 * and the same connector as a real one, and shows what is in the file. Then it reads the coverage of the organization's twelve
 * repositories into `demo.db`, and shows it as a table and a page. The files go into the checkout, or into the directory that
 * is given.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { startCodecovSimulator } from "../test/fakes/codecov/simulator.ts";

const MEMBERS = 1_000;
const SHOWN = 20;

const root = join(import.meta.dirname, "..");
const directory = process.argv[2] ?? root;
const file = join(directory, "demo.c1z");
const store = join(directory, "demo.db");
const page = join(directory, "demo.html");
const policy = join(import.meta.dirname, "demo-coverage.yaml");
/** Nothing but warnings beside the progress. */
const QUIET = ["--log-format", "console", "--log-level", "warn"];

// A store remembers the address that it was read from, which is another one in each run.
for (const left of ["", "-wal", "-shm"]) rmSync(store + left, { force: true });

console.log(`Starting a simulated Codecov with the organization "acme" of ${format(MEMBERS)} members.\n`);
await using simulator = await startCodecovSimulator({
  generated: { members: MEMBERS },
  coverage: { demo: true },
});
process.exitCode = await runDemo();

async function runDemo(): Promise<number> {
  const synced = await runProgram("--file", file, ...QUIET);
  if (synced !== 0) return synced;
  await showMembers();

  console.log("Reading the coverage of its repositories.\n");
  // One repository is there for its failures, which the report tells.
  const sync = ["coverage", "sync", "--store", store, "--days", "45", "--policy", policy];
  const read = await runProgram(...sync, "--log-format", "console", "--log-level", "error");
  if (read !== 0) return read;
  console.log();
  const report = ["coverage", "report", "--store", store, "--policy", policy];
  const shown = await runProgram(...report);
  const written = await runProgram(...report, "--days", "45", "--output", page);
  if (shown !== 0 || written !== 0) return shown || written;
  console.log(`\nThe same as a page: ${pathToFileURL(page).href}\n`);
  showNextSteps();
  return 0;
}

async function runProgram(...args: string[]): Promise<number> {
  const program = join(root, "src", "bin", "baton-codecov.ts");
  const child = spawn(process.execPath, [program, ...args], {
    stdio: "inherit",
    env: {
      ...process.env,
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    },
  });
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}

async function showMembers(): Promise<void> {
  await using c1z = await openC1zReadOnly(file);
  const run = c1z.runs.pick();
  if (run === undefined) throw new Error(`${file} contains no finished sync`);
  const reader = c1z.reader(run.id);
  const users = [...everyItem((page) => reader.listResources({ resourceTypeId: "user" }, page))];

  console.log(`\nThe first ${SHOWN} members in ${file}:\n`);
  const rows = users.slice(0, SHOWN).map(describe);
  printTable(["member", "name", "seat", "admin"], rows);
  console.log(`… and ${format(users.length - rows.length)} more\n`);
}

function describe({ id, displayName, profile }: Resource): string[] {
  const yesNo = (value: unknown) => (value === true ? "yes" : "no");
  return [id?.resource ?? "", displayName, yesNo(profile?.["activated"]), yesNo(profile?.["is_admin"])];
}

function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const print = (row: readonly string[]) =>
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
  print(header);
  print(widths.map((width) => "-".repeat(width)));
  for (const row of rows) print(row);
}

function showNextSteps(): void {
  console.log(`Now with your own organization:

  export BATON_CODECOV_API_TOKEN=…       a token of a member; of an admin only for sign-in sessions
  export BATON_CODECOV_SERVICE=github    or gitlab, bitbucket, github_enterprise, …
  export BATON_CODECOV_OWNER=your-org
  npm run --silent baton-codecov -- --file sync.c1z
  npm run --silent baton-codecov -- coverage

The vendor's baton command lists what is in a file: baton resources -f demo.c1z
`);
}

function format(number: number): string {
  return number.toLocaleString("en-US");
}
