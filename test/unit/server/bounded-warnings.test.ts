import { setImmediate as afterTheMinute } from "node:timers/promises";
import { expect, test } from "vitest";
import { BoundedWarnings } from "#server/bounded-warnings.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

test("of many warnings ten a minute are written and the others counted", async () => {
  const clock = new ManualClock();
  const lines: { readonly msg: string; readonly count?: number }[] = [];
  const log = createLogger({ write: (line) => lines.push(JSON.parse(line)) });
  const warnings = new BoundedWarnings(log, clock);
  for (let index = 0; index < 1_000; index += 1) warnings.warn("refused", { index });
  expect(lines).toHaveLength(10);
  await afterTheMinute();
  expect(lines.slice(10)).toMatchObject([{ msg: "further warnings of this kind were left out", count: 990 }]);
  warnings.warn("refused", {});
  expect(lines).toHaveLength(12);
  warnings.close();
  await afterTheMinute();
  expect(lines).toHaveLength(12);
});
