/**
 * `npm run bench`: measures this program beside a Go connector and writes `docs/benchmarks.md`.
 *
 * - without options: what the table of goals needs, in less than 20 minutes
 * - `--full`: every scenario; those that an interrupted run has finished are not run again
 * - `--only EXPRESSION`: the scenarios whose name matches; other results are kept
 * - `--profile`: one run of each chosen scenario with CPU profiles of ours, and nothing else
 * - `--coverage`: the reading, storing and judging of coverage, and nothing else
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BUNDLE } from "../interop/support/paths.ts";
import { measureCoverage } from "./coverage.ts";
import { DOCUMENT, writeComparison, writeCoverage } from "./document.ts";
import { buildOurs, buildPrograms, isAvailable, type Programs, WORK_DIRECTORY } from "./programs.ts";
import { formatGoals, formatReport } from "./report.ts";
import { type Result, Results } from "./results.ts";
import type { Figures } from "./runs.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { startSimulator } from "./simulator-process.ts";

const { values: options } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    only: { type: "string" },
    profile: { type: "boolean", default: false },
    coverage: { type: "boolean", default: false },
  },
});

if (options.coverage) {
  const { table, document } = await measureCoverage(await buildOurs(), say);
  writeCoverage(document);
  process.stdout.write(`${table}\n`);
  say(`written: ${DOCUMENT}\n`);
} else await compare();

/** Ours beside the Go connector. */
async function compare(): Promise<void> {
  const chosen = SCENARIOS.filter(({ name, isBasic }) =>
    options.only === undefined ? options.full || isBasic : new RegExp(options.only).test(name),
  );
  if (chosen.length === 0)
    throw new Error(
      `no scenario matches ${options.only}; there are: ${SCENARIOS.map(({ name }) => name).join(", ")}`,
    );
  const programs = await buildPrograms();
  if (options.profile) {
    for (const scenario of chosen) await profile(scenario, programs);
  } else {
    const results = new Results(options.full || options.only !== undefined);
    for (const scenario of chosen) {
      if (options.full && results.get(scenario.name) !== undefined) continue;
      say(`${scenario.name}: `);
      results.set(scenario.name, await measure(scenario, programs));
      writeComparison(formatReport(results));
      say("\n");
    }
    process.stdout.write(`${formatGoals(results)}\n`);
    say(`written: ${DOCUMENT}\n`);
  }
}

/** All rounds of a scenario: in each, every side runs once. */
async function measure(scenario: Scenario, programs: Programs): Promise<Result> {
  await using simulator = await startSimulator(scenario.members);
  // The second reading counts: in the first one the simulator makes the rows.
  await simulator.readAlone(10_000);
  const largePagesMs = await simulator.readAlone(10_000);
  const smallPagesMs = scenario.members > 100_000 ? 0 : await simulator.readAlone(100);
  await simulator.setLatency(scenario.latencyMs);
  const runs: Record<string, Figures[]> = {};
  const sides = scenario.sides.filter((side) => isAvailable(programs, side));
  for (let round = scenario.warmUp ? -1 : 0; round < scenario.runs; round += 1) {
    for (const side of sides) {
      const figures = await scenario.run({ programs, simulator }, side);
      say(`${side} ${(figures.wallMs / 1_000).toFixed(2)}s `);
      if (round < 0) continue;
      runs[side] ??= [];
      runs[side].push(figures);
    }
  }
  return { runs, simulator: { largePagesMs, smallPagesMs } };
}

/** Profiles of host and connector process: the bundle runs in plain Node, as an executable takes no Node options. */
async function profile(scenario: Scenario, built: Programs): Promise<void> {
  const directory = join(WORK_DIRECTORY, "profiles", scenario.name);
  mkdirSync(directory, { recursive: true });
  const ours = join(WORK_DIRECTORY, "profiled-baton-codecov");
  const start = `exec '${process.execPath}' --cpu-prof --cpu-prof-dir='${directory}' '${BUNDLE}' "$@"`;
  writeFileSync(ours, `#!/bin/sh\n${start}\n`, { mode: 0o755 });
  await using simulator = await startSimulator(scenario.members);
  await simulator.setLatency(scenario.latencyMs);
  await scenario.run({ programs: { ...built, ours }, simulator }, "ours");
  say(`profiles of ${scenario.name}: ${directory}\n`);
}

function say(text: string): void {
  process.stderr.write(text);
}
