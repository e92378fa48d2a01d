/** Writes what was measured as a document. */

import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, type as systemName, totalmem } from "node:os";
import { SIDES, type Side } from "./programs.ts";
import { fastestOf, medianOf, type Result, type Results, ratioOf } from "./results.ts";
import type { Figures } from "./runs.ts";
import { SCENARIOS } from "./scenarios.ts";

interface Goal {
  readonly what: string;
  readonly must: number;
  readonly aim: number;
  readonly value: (results: Results) => number | undefined;
}

/** Ours ÷ the fastest of the Go sides that `accept` takes; lower is better. */
function against(scenario: string, figure: keyof Figures, accept?: (side: Side) => boolean): Goal["value"] {
  return (results) => {
    const result = results.get(scenario);
    const side = fastestOf(result, accept);
    return side === undefined ? undefined : ratioOf(result, side, figure);
  };
}

const isSmallPaged = (side: Side) => !side.endsWith("-1000");
const isLargePaged = (side: Side) => side.endsWith("-1000");
const isSqlite = (side: Side) => side.startsWith("go-sqlite");

/** How much more memory the larger of two organizations takes. */
function growth(large: string, small: string, figure: keyof Figures): Goal["value"] {
  return (results) => {
    const before = medianOf(results.get(small), "ours", figure);
    const after = medianOf(results.get(large), "ours", figure);
    return before === undefined || after === undefined ? undefined : after / before;
  };
}

const GOALS: readonly Goal[] = [
  { what: "start, single executable", must: 3, aim: 2, value: against("start", "wallMs") },
  { what: "list 100k", must: 0.6, aim: 0.3, value: against("list-100k", "wallMs", isSmallPaged) },
  { what: "sync 1k, 0 ms", must: 1.3, aim: 1, value: against("sync-1k-0ms", "wallMs") },
  { what: "sync 10k, 0 ms", must: 0.6, aim: 0.4, value: against("sync-10k-0ms", "wallMs") },
  { what: "sync 100k, 0 ms", must: 0.35, aim: 0.2, value: against("sync-100k-0ms", "wallMs", isSmallPaged) },
  {
    what: "sync 10k, 50 ms, Go at 100 per page",
    must: 0.15,
    aim: 0.1,
    value: against("sync-10k-50ms", "wallMs", isSmallPaged),
  },
  {
    what: "sync 10k, 50 ms, Go at 1,000 per page",
    must: 0.7,
    aim: 0.5,
    value: against("sync-10k-50ms", "wallMs", isLargePaged),
  },
  {
    what: "peak memory, child, 100k",
    must: 2,
    aim: 1.5,
    value: against("list-100k", "childKb", isSmallPaged),
  },
  {
    what: "peak memory, host, 100k",
    must: 1.5,
    aim: 1,
    value: against("sync-100k-0ms", "hostKb", isSmallPaged),
  },
  {
    what: "memory of a sync at 1,000,000 ÷ at 10,000",
    must: 1.3,
    aim: 1.1,
    value: growth("sync-1000k-0ms", "sync-10k-0ms", "hostKb"),
  },
  {
    what: "memory of the connector as a process at 1,000,000 ÷ at 10,000",
    must: 1.3,
    aim: 1.1,
    value: growth("list-1000k", "list-10k", "childKb"),
  },
  { what: "file size, 100k", must: 1, aim: 0.8, value: against("sync-100k-0ms", "fileBytes", isSqlite) },
  {
    what: "phantom changes between two equal syncs",
    must: 0,
    aim: 0,
    value: (results) => medianOf(results.get("phantom"), "ours", "phantoms"),
  },
];

/** The ratios that count, as a table in Markdown. */
export function formatGoals(results: Results): string {
  return formatTable(
    ["scenario", "must", "aim", "measured", ""],
    GOALS.map(({ what, must, aim, value }) => {
      const ratio = value(results);
      return [what, `≤ ${must}`, `≤ ${aim}`, formatRatio(ratio), judge(ratio, must, aim)];
    }),
  );
}

/** The document as Markdown. */
export function formatReport(results: Results): string {
  const measured = SCENARIOS.flatMap((scenario) => {
    const result = results.get(scenario.name);
    return result === undefined ? [] : [{ name: scenario.name, result }];
  });
  return `# Benchmarks

\`npm run bench\` runs this program and a connector written on the Go SDK (the reference connector of
\`test/interop\`, on the host of baton-sdk v0.25.0) against the same simulated Codecov and writes this page.
\`npm run bench -- --full\` runs every scenario and resumes where it was interrupted, \`--only EXPRESSION\` some of
them, \`--profile\` writes CPU profiles of ours. In a sync, ours is one process, whose
memory stands under "host", as the connector is a thread of it. Its memory as a process of its own, as other hosts
start it, is that of \`list\`. \`--coverage\` measures [the reading of coverage](#coverage) instead.

${describeMachine()}

## Goals

Ratios ours ÷ Go, lower is better: the median of the ratios of runs made in turns (ours, Go, ours, Go, …), the
first of each discarded. Go's host has two storage engines; the faster one counts. Memory is
the highest resident set of the process. The file is compared with Go's v1 file.

${formatGoals(results)}

## Figures

Medians. \`go\` is the Go host with its default storage engine, \`go-sqlite\` with \`--storage-engine sqlite\`; both ask
Codecov for 100 members at once, with \`-1000\` for 1,000. \`sync\` reads users only, \`access\` also who holds what. CPU
is that of all processes of a side; \`simulator\` is the share of the wall time in which the simulator was busy.

${measured.map(({ name, result }) => formatScenario(name, result)).join("\n\n")}
`;
}

function formatScenario(name: string, result: Result): string {
  const { largePagesMs, smallPagesMs } = result.simulator;
  const rows = SIDES.flatMap((side) => {
    const at = (figure: keyof Figures) => medianOf(result, side, figure);
    const runs = result.runs[side]?.length;
    if (runs === undefined) return [];
    return [
      [
        side,
        formatNumber(at("wallMs"), 1_000, 3),
        side === "ours" ? "" : formatRatio(ratioOf(result, side, "wallMs")),
        formatNumber(at("cpuMs"), 1_000, 2),
        formatShare(at("simulatorMs"), at("wallMs")),
        formatNumber(at("hostKb"), 1_024, 0),
        formatNumber(at("childKb"), 1_024, 0),
        formatNumber(at("requests"), 1, 0),
        formatNumber(at("fileBytes"), 1_000, 0),
        formatNumber(at("phantoms"), 1, 0),
        String(runs),
      ],
    ];
  });
  return `### ${name}

The simulator alone gives out the roster in ${Math.round(largePagesMs)} ms (pages of 10,000) or ${Math.round(smallPagesMs)} ms (pages of 100).

${formatTable(
  [
    "side",
    "wall s",
    "ours ÷ it",
    "CPU s",
    "simulator",
    "host MiB",
    "child MiB",
    "requests",
    "file kB",
    "phantoms",
    "runs",
  ],
  rows,
)}`;
}

/**
 * The machine, and how busy it is now.
 *
 * @param foreign what the other side is made with
 */
export function describeMachine(foreign = readGoVersion()): string {
  const [cpu] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return `Measured on ${date}: ${cpu?.model ?? "unknown CPU"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${systemName()} ${release()}, Node ${process.version}, ${foreign}. Load average at the end: ${loadavg()[0]?.toFixed(1)}; more than about 2 says that something else ran as well.`;
}

function readGoVersion(): string {
  try {
    return execFileSync("go", ["env", "GOVERSION"], { encoding: "utf8" }).trim().replace(/^go/, "Go ");
  } catch {
    return "no Go";
  }
}

function judge(ratio: number | undefined, must: number, aim: number): string {
  if (ratio === undefined) return "not measured";
  if (ratio <= aim) return "aim reached";
  return ratio <= must ? "must reached" : "missed";
}

function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? "–" : String(Number(ratio.toFixed(2)));
}

function formatNumber(value: number | undefined, unit: number, digits: number): string {
  return value === undefined ? "" : (value / unit).toFixed(digits);
}

function formatShare(part: number | undefined, whole: number | undefined): string {
  return part === undefined || whole === undefined ? "" : `${Math.round((part / whole) * 100)} %`;
}

/** A table in Markdown. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
