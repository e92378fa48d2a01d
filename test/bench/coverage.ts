/** What is measured of coverage: reading it, keeping it, judging it. Each scenario has a goal. */

import { execFileSync } from "node:child_process";
import { existsSync, rmSync, statSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fillStore, nameOf } from "./coverage-store.ts";
import { COVERAGE_HEADING } from "./document.ts";
import { runMeasured, type TreeUse } from "./process-tree.ts";
import { WORK_DIRECTORY } from "./programs.ts";
import { describeMachine, formatTable } from "./report.ts";
import { median } from "./results.ts";
import { type SimulatorProcess, startSimulator } from "./simulator-process.ts";

const REPOSITORIES = 1_000;
const LATENCY_MS = 50;
/** Requests that a reading makes at one time. */
const CONCURRENCY = 8;

const STORED_REPOSITORIES = 10_000;
const STORED_DAYS = 365;

const SCRIPT = join(import.meta.dirname, "import-script.py");
const REQUESTS_RELEASE = "2.32.5";
const STORE = join(WORK_DIRECTORY, "coverage.db");
const LARGE_STORE = join(WORK_DIRECTORY, "coverage-large.db");
const REPORT = join(WORK_DIRECTORY, "coverage.json");

/** One figure beside its goal, if it has one. */
interface Finding {
  readonly scenario: string;
  readonly goal: string;
  readonly measured: string;
  readonly isReached: boolean | undefined;
}

type Say = (text: string) => void;

/** Our executable and the simulated Codecov that it reads. */
interface Bench {
  readonly ours: string;
  readonly simulator: SimulatorProcess;
  readonly say: Say;
}

/** A run, and what it asked. */
interface SyncUse extends TreeUse {
  readonly requests: number;
  /** From the arrival of the first request to the end of the program. */
  readonly fromFirstMs: number;
  readonly simulatorMs: number;
}

/**
 * Measures every scenario.
 *
 * @param ours the executable
 * @returns the goals as a table, and the part of the document that holds it
 */
export async function measureCoverage(
  ours: string,
  say: Say,
): Promise<{ readonly table: string; readonly document: string }> {
  const loadBefore = loadavg()[0] ?? 0;
  const findings = [...(await measureReading(ours, say)), ...(await measureStored(ours, say))];
  const table = formatTable(
    ["scenario", "goal", "measured", ""],
    findings.map(({ scenario, goal, measured, isReached }) => [
      scenario,
      goal,
      measured,
      isReached === undefined ? "" : isReached ? "reached" : "missed",
    ]),
  );
  return { table, document: describe(table, loadBefore) };
}

async function measureReading(ours: string, say: Say): Promise<Finding[]> {
  const python = preparePython();
  const organization = ["--repositories", String(REPOSITORIES), "--days", "30", "--pulls", "2"];
  await using simulator = await startSimulator(10, organization);
  await simulator.setLatency(LATENCY_MS);
  const bench = { ours, simulator, say };
  return [...(await measureList(bench, python)), ...(await measureDetails(bench))];
}

/** The list alone, in turns with the import script; the first round does not count. */
async function measureList(bench: Bench, python: string | undefined): Promise<Finding[]> {
  const runs: SyncUse[] = [];
  const ratios: number[] = [];
  const theirs: number[] = [];
  let theirRequests = 0;
  for (let round = -1; round < 5; round += 1) {
    removeStore(STORE);
    const run = await sync(bench, ["--details", "none"]);
    if (round >= 0) runs.push(run);
    if (python === undefined) continue;
    const { simulator, say } = bench;
    await simulator.forgetRequests();
    const args = [SCRIPT, simulator.url, "github", "acme", simulator.token];
    const { wallMs } = await runMeasured({ program: python, args, env: { PATH: process.env["PATH"] ?? "" } });
    theirRequests = await simulator.countRequests();
    say(`import script ${inSeconds(wallMs)}\n`);
    if (round < 0) continue;
    theirs.push(wallMs);
    ratios.push(wallMs / run.wallMs);
  }
  const requests = middle(runs, "requests");
  const wallMs = middle(runs, "wallMs");
  const findings: Finding[] = [
    {
      scenario: "1,000 repositories, list alone, 50 ms",
      goal: "≤ 3 requests, ≤ 0.6 s",
      measured: `${requests} requests, ${inSeconds(wallMs)} (${describeFastest(runs)}), ${describeUse(runs)}`,
      isReached: requests <= 3 && wallMs <= 600,
    },
  ];
  const ratio = median(ratios);
  if (ratio !== undefined)
    findings.push({
      scenario: "the same by an import script (20 per page)",
      goal: "≥ 4 times its speed",
      measured: `${ratio.toFixed(1)} times (script: ${theirRequests} requests, ${inSeconds(median(theirs) ?? 0)})`,
      isReached: ratio >= 4,
    });
  return findings;
}

/** Everything of every repository, three times into a new store, then again with nothing changed. */
async function measureDetails(bench: Bench): Promise<Finding[]> {
  const first: SyncUse[] = [];
  const second: SyncUse[] = [];
  for (let round = 0; round < 3; round += 1) {
    removeStore(STORE);
    first.push(await sync(bench, []));
    second.push(await sync(bench, []));
  }
  const requests = middle(first, "requests");
  const limitMs = ((requests * LATENCY_MS) / CONCURRENCY) * 1.25;
  const fromFirstMs = middle(first, "fromFirstMs");
  const again = middle(second, "requests");
  return [
    {
      scenario: "1,000 repositories with 30 days and 2 open pulls each, 50 ms, from the first request on",
      goal: `≤ ${requests} requests × 50 ms ÷ 8 × 1.25 = ${inSeconds(limitMs)}`,
      measured: `${inSeconds(fromFirstMs)} = ${((fromFirstMs / limitMs) * 1.25).toFixed(2)} × the latency alone (whole program: ${describeFastest(first)}); ${describeUse(first)}, simulator ${inSeconds(middle(first, "simulatorMs"))}`,
      isReached: fromFirstMs <= limitMs,
    },
    {
      scenario: "second sync, nothing changed, 50 ms",
      goal: "≤ 5 requests",
      measured: `${again} requests, ${inSeconds(middle(second, "wallMs"))}`,
      isReached: again <= 5,
    },
  ];
}

/** Reports and checks of a store that holds a year of a large organization. */
async function measureStored(ours: string, say: Say): Promise<Finding[]> {
  removeStore(LARGE_STORE);
  await fillStore(LARGE_STORE, STORED_REPOSITORIES, STORED_DAYS);
  const bytes = statSync(LARGE_STORE).size / (STORED_REPOSITORIES * STORED_DAYS);
  say(`store: ${bytes.toFixed(1)} bytes a day-row\n`);
  const from = ["--store", LARGE_STORE];
  const report = ["coverage", "report", ...from, "--format", "json", "--output", REPORT];
  const month = await repeat(5, () => run(ours, report, say));
  const year = await repeat(3, () => run(ours, [...report, "--days", String(STORED_DAYS)], say));
  const written = statSync(REPORT).size;
  const name = nameOf(STORED_REPOSITORIES / 2);
  const check = ["coverage", "check", ...from, "--repository", name, "--minimum", "50"];
  const checks = await repeat(10, () => run(ours, check, say));
  const checkMs = middle(checks, "wallMs");
  const size = "10,000 repositories × 365 days";
  return [
    {
      scenario: `${size} stored: \`coverage report --format json\``,
      goal: "≤ 2 s, ≤ 200 MiB",
      measured: `${inSeconds(middle(month, "wallMs"))} (${describeFastest(month)}), ${describeUse(month)}`,
      isReached: middle(month, "wallMs") <= 2_000 && middle(month, "hostKb") <= 200 * 1_024,
    },
    {
      scenario: `the same with \`--days 365\`: ${(written / 1e6).toFixed(0)} MB of JSON`,
      goal: "–",
      measured: `${inSeconds(middle(year, "wallMs"))}, ${describeUse(year)}`,
      isReached: undefined,
    },
    {
      scenario: `${size}: the whole file`,
      goal: "≤ 60 bytes a day-row",
      measured: `${bytes.toFixed(1)} bytes`,
      isReached: bytes <= 60,
    },
    {
      scenario: "`coverage check` of one repository from that store",
      goal: "≤ 150 ms",
      measured: `${checkMs.toFixed(0)} ms (${describeFastest(checks)}), ${describeUse(checks)}`,
      isReached: checkMs <= 150,
    },
  ];
}

async function sync({ ours, simulator, say }: Bench, args: readonly string[]): Promise<SyncUse> {
  await simulator.forgetRequests();
  const simulatorBefore = simulator.cpuMs();
  const startedAt = Date.now();
  const use = await runMeasured({
    program: ours,
    args: ["coverage", "sync", "--store", STORE, ...args],
    env: {
      ...ENVIRONMENT,
      BATON_CODECOV_API_TOKEN: simulator.token,
      BATON_CODECOV_BASE_URL: simulator.url,
    },
  });
  const simulatorMs = simulator.cpuMs() - simulatorBefore;
  const arrivals = await simulator.arrivals();
  say(`sync ${args.join(" ")} ${inSeconds(use.wallMs)}, ${arrivals.length} requests\n`);
  return {
    ...use,
    requests: arrivals.length,
    fromFirstMs: startedAt + use.wallMs - (arrivals[0] ?? startedAt),
    simulatorMs,
  };
}

/** Runs a command that asks nobody. */
async function run(ours: string, args: readonly string[], say: Say): Promise<TreeUse> {
  const use = await runMeasured({
    program: ours,
    args,
    env: { ...ENVIRONMENT, BATON_CODECOV_API_TOKEN: "unused" },
  });
  say(`${args.slice(0, 2).join(" ")} ${inSeconds(use.wallMs)}\n`);
  return use;
}

const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: process.env["PATH"] ?? "",
  HOME: process.env["HOME"] ?? "",
  BATON_CODECOV_SERVICE: "github",
  BATON_CODECOV_OWNER: "acme",
};

/** A Python with `requests`, made once; undefined if this machine cannot make it. */
function preparePython(): string | undefined {
  const directory = join(WORK_DIRECTORY, `python-requests-${REQUESTS_RELEASE}`);
  const python = join(directory, "bin", "python");
  try {
    if (!existsSync(directory)) execFileSync("python3", ["-m", "venv", directory], { stdio: "inherit" });
    const install = ["-m", "pip", "install", "--quiet", `requests==${REQUESTS_RELEASE}`];
    execFileSync(python, install, { stdio: "inherit" });
    return python;
  } catch (error) {
    process.stderr.write(`Without the import script: ${String(error)}\n`);
    return undefined;
  }
}

function readPythonVersion(): string {
  const python = preparePython();
  if (python === undefined) return "no Python";
  const version = execFileSync(python, ["--version"], { encoding: "utf8" }).trim();
  return `${version} with requests ${REQUESTS_RELEASE}`;
}

function removeStore(path: string): void {
  for (const suffix of ["", "-wal", "-shm", ".lock"]) rmSync(path + suffix, { force: true });
}

/** Runs it that many times, after one that does not count. */
async function repeat(times: number, work: () => Promise<TreeUse>): Promise<TreeUse[]> {
  await work();
  const runs: TreeUse[] = [];
  for (let round = 0; round < times; round += 1) runs.push(await work());
  return runs;
}

function middle<Run extends TreeUse>(runs: readonly Run[], figure: keyof Run): number {
  return median(runs.map((use) => Number(use[figure]))) ?? Number.NaN;
}

function describeUse(runs: readonly TreeUse[]): string {
  return `CPU ${inSeconds(middle(runs, "cpuMs"))}, ${(middle(runs, "hostKb") / 1_024).toFixed(0)} MiB`;
}

/** The run that was disturbed least. */
function describeFastest(runs: readonly TreeUse[]): string {
  return `fastest ${inSeconds(Math.min(...runs.map(({ wallMs }) => wallMs)))}`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function describe(table: string, loadBefore: number): string {
  return `${COVERAGE_HEADING}

\`npm run bench -- --coverage\` measures the single executable, from its start to its end, with a simulated Codecov in a
process of its own, which takes 50 ms for every response. Figures are medians: of five runs of the list, of three of the whole
reading, of five reports (three with \`--days 365\`) and of ten checks, after one that does not count (the whole reading has none). CPU is
that of our process alone, and memory its highest resident set. A busy machine lengthens the seconds but hardly the CPU time.

The other side is \`test/bench/import-script.py\`, which reads the list as import scripts do: with the Python library \`requests\`,
20 rows a page, one page after the other. The two run in turns; the ratio is the median of the ratios of each turn. The store of
10,000 repositories is filled directly, without a sync; all of its file is counted.

${describeMachine(readPythonVersion())} Before: ${loadBefore.toFixed(1)}.

${table}
`;
}
