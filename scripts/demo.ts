/**
 * `npm run demo`: syncs a simulated organization of 1,000 members into `demo.c1z`, through the same program
 * and the same connector as a real one, and shows what is in the file.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { startCodecovSimulator } from "../test/fakes/codecov/simulator.ts";

const MEMBERS = 1_000;
const SHOWN = 20;

const root = join(import.meta.dirname, "..");
const file = join(root, "demo.c1z");

console.log(`Starting a simulated Codecov with the organization "acme" of ${format(MEMBERS)} members.\n`);
await using simulator = await startCodecovSimulator({ generated: { members: MEMBERS } });
const exitCode = await runProgram(simulator.baseUrl, simulator.tokens["admin-token"] ?? "");
if (exitCode === 0) {
  await showMembers();
  showNextSteps();
}
process.exitCode = exitCode;

async function runProgram(baseUrl: string, token: string): Promise<number> {
  const program = join(root, "src", "bin", "baton-codecov.ts");
  const child = spawn(
    process.execPath,
    [program, "--file", file, "--log-format", "console", "--log-level", "warn"],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        BATON_CODECOV_API_TOKEN: token,
        BATON_CODECOV_SERVICE: "github",
        BATON_CODECOV_OWNER: "acme",
        BATON_CODECOV_BASE_URL: baseUrl,
      },
    },
  );
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

The vendor's baton command lists what is in a file: baton resources -f demo.c1z
`);
}

function format(number: number): string {
  return number.toLocaleString("en-US");
}
