import { expect, test } from "vitest";
import { LiveLine } from "#cli/live-line.ts";
import { makeProgressReporter } from "#cli/progress-line.ts";
import { type LogFields, silentLogger } from "#kernel/logger.ts";
import type { SyncProgress } from "#sync/progress.ts";

function progressAt(elapsedMs: number): SyncProgress {
  const rows = { resourceTypes: 1, resources: 1999, entitlements: 0, grants: 0 };
  return { phase: "resources", rows, calls: 3, elapsedMs };
}

test("a log hears of a long sync every ten seconds", () => {
  const lines: [string, LogFields | undefined][] = [];
  const log = {
    ...silentLogger,
    info: (message: string, fields?: LogFields) => lines.push([message, fields]),
  };
  const report = makeProgressReporter({ live: undefined, log });
  for (const second of [1, 9, 10, 11, 19, 21]) report(progressAt(second * 1000));
  expect(lines.map(([message, fields]) => [message, fields?.["elapsed"]])).toEqual([
    ["Sync progress.", 10],
    ["Sync progress.", 21],
  ]);
});

test("a terminal shows it on its live line", () => {
  const written: string[] = [];
  const live = new LiveLine({ columns: 80, write: (text) => written.push(String(text)) }, () => 0);
  makeProgressReporter({ live, log: silentLogger })(progressAt(1500));
  expect(written.join("")).toContain("resources: 2,000 rows in 3 calls, 1.5 s");
});
