import { formatNumber } from "#format/number.ts";
import type { SyncProgress } from "#sync/progress.ts";
import type { Output } from "./output.ts";
import { formatDuration } from "./summary.ts";

/** How often the progress of a long sync is logged. */
const LOG_INTERVAL_MS = 10_000;

/** Shows the progress of a sync: on the live line of a terminal, else now and then in the log. */
export function makeProgressReporter({
  live,
  log,
}: Pick<Output, "live" | "log">): (progress: SyncProgress) => void {
  let loggedAtMs = 0;
  return (progress) => {
    if (live !== undefined) {
      live.update(describeProgress(progress));
    } else if (progress.elapsedMs - loggedAtMs >= LOG_INTERVAL_MS) {
      loggedAtMs = progress.elapsedMs;
      const { phase, rows, calls, elapsedMs } = progress;
      log.info("Sync progress.", { phase, rows, calls, elapsed: Math.round(elapsedMs) / 1000 });
    }
  };
}

function describeProgress({ phase, rows, calls, elapsedMs }: SyncProgress): string {
  const received = Object.values(rows).reduce((sum, count) => sum + count, 0);
  return `${phase}: ${formatNumber(received)} rows in ${formatNumber(calls)} calls, ${formatDuration(elapsedMs)}`;
}
