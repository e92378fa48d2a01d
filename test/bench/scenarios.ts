/** What is measured. */

import type { Side } from "./programs.ts";
import { type Bench, type Figures, runList, runProvision, runStart, runSync, runTwice } from "./runs.ts";

export interface Scenario {
  /** For `--only`; also its key in the stored results. */
  readonly name: string;
  /** Part of the default run, whose figures the table of goals needs. */
  readonly isBasic: boolean;
  readonly members: number;
  readonly latencyMs: number;
  readonly sides: readonly Side[];
  /** Runs of each side, besides one that is thrown away. */
  readonly runs: number;
  /** Whether there is a first run that does not count. */
  readonly warmUp: boolean;
  readonly run: (bench: Bench, side: Side) => Promise<Figures>;
}

const ALL: readonly Side[] = ["ours", "go", "go-1000", "go-sqlite", "go-sqlite-1000"];
const DEFAULTS: readonly Side[] = ["ours", "go", "go-sqlite"];

const syncUsers = (bench: Bench, side: Side) => runSync(bench, side, false);
const syncAccess = (bench: Bench, side: Side) => runSync(bench, side, true);

function scenario(
  name: string,
  members: number,
  run: Scenario["run"],
  options: Partial<Scenario> = {},
): Scenario {
  return {
    isBasic: false,
    latencyMs: 0,
    sides: DEFAULTS,
    runs: 5,
    warmUp: true,
    name,
    members,
    run,
    ...options,
  };
}

/** Users only, and with who holds what, at every size and latency. */
function syncMatrix(): Scenario[] {
  const scenarios: Scenario[] = [];
  for (const [kind, run] of [
    ["sync", syncUsers],
    ["access", syncAccess],
  ] as const) {
    for (const members of [1_000, 10_000, 100_000]) {
      for (const latencyMs of [0, 50, 200]) {
        const isSlow = members === 100_000 && latencyMs > 0;
        scenarios.push(
          scenario(`${kind}-${members / 1_000}k-${latencyMs}ms`, members, run, {
            isBasic: kind === "sync" && (latencyMs === 0 || (members === 10_000 && latencyMs === 50)),
            latencyMs,
            sides: latencyMs === 0 && members < 100_000 ? DEFAULTS : ALL,
            runs: isSlow && latencyMs === 200 ? 1 : members === 100_000 ? 3 : 5,
            warmUp: !isSlow,
          }),
        );
      }
    }
  }
  return scenarios;
}

export const SCENARIOS: readonly Scenario[] = [
  scenario("start", 1_000, runStart, { isBasic: true, sides: ["ours", "go"], runs: 15 }),
  scenario("list-10k", 10_000, runList, { isBasic: true, sides: ["ours", "go", "go-1000"] }),
  scenario("list-100k", 100_000, runList, { isBasic: true, sides: ["ours", "go", "go-1000"] }),
  scenario("list-1000k", 1_000_000, runList, {
    isBasic: true,
    sides: ["ours"],
    runs: 1,
    warmUp: false,
  }),
  ...syncMatrix(),
  scenario("sync-1000k-0ms", 1_000_000, syncUsers, {
    isBasic: true,
    sides: ["ours"],
    runs: 1,
    warmUp: false,
  }),
  scenario("provision", 1_000, runProvision, { sides: ["ours", "go"], runs: 3 }),
  scenario("phantom", 1_000, runTwice, {
    isBasic: true,
    sides: ["ours", "go-sqlite"],
    runs: 1,
    warmUp: false,
  }),
];
