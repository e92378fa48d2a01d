import type { CallContext } from "#kernel/context.ts";
import { Code, toBatonError } from "#kernel/errors.ts";
import type { Metric } from "#kernel/metrics.ts";
import type { RecordKind } from "#store/reader.ts";
import type { SyncRuns } from "#store/sync-run.ts";
import type { SyncResult } from "#sync/syncer.ts";

const SYNCS: Metric = { name: "baton.syncs", help: "Syncs that have ended, by outcome", kind: "counter" };

const DURATION: Metric = {
  name: "baton.sync.duration",
  help: "How long the last sync took, by outcome",
  kind: "gauge",
  unit: "s",
};

const ROWS: Metric = { name: "baton.sync.rows", help: "Rows of the last complete sync", kind: "gauge" };

const AGE: Metric = {
  name: "baton.sync.age",
  help: "Time since the last complete sync ended",
  kind: "gauge",
  unit: "s",
};

/** As labels name kinds of rows. */
const KINDS: readonly (readonly [RecordKind, string])[] = [
  ["resourceTypes", "resource_types"],
  ["resources", "resources"],
  ["entitlements", "entitlements"],
  ["grants", "grants"],
];

/** Runs a sync and counts it: how it ended, how long it took, and the rows and the time of one that is complete. */
export async function measureSync<Result extends Pick<SyncResult, "rows" | "run">>(
  ctx: CallContext,
  sync: () => Promise<Result>,
): Promise<Result> {
  const startedAt = ctx.clock.monotonic();
  const end = (outcome: "succeeded" | "failed" | "canceled"): void => {
    ctx.metrics?.add(SYNCS, { outcome });
    ctx.metrics?.set(DURATION, (ctx.clock.monotonic() - startedAt) / 1_000, { outcome });
  };
  try {
    const result = await sync();
    end("succeeded");
    if (result.run.type !== "partial") tellComplete(result, ctx);
    return result;
  } catch (error) {
    end(ctx.signal.aborted || toBatonError(error).code === Code.Canceled ? "canceled" : "failed");
    throw error;
  }
}

function tellComplete({ rows }: Pick<SyncResult, "rows">, { clock, metrics }: CallContext): void {
  for (const [kind, name] of KINDS) metrics?.set(ROWS, rows[kind], { kind: name });
  tellEnd(clock.now(), { clock, metrics });
}

/** Until this run has ended well, the last sync is the one that the file already holds, if it does. */
export function tellLastSync(runs: SyncRuns, ctx: Pick<CallContext, "clock" | "metrics">): void {
  if (ctx.metrics === undefined) return;
  const endedAt = findLastEnd(runs);
  if (endedAt !== undefined) tellEnd(endedAt, ctx);
}

/** Undefined also where the row of that sync is damaged: a figure must not keep the next sync from taking its place. */
function findLastEnd(runs: SyncRuns): number | undefined {
  try {
    const run = runs.latestFinished("full");
    return run === undefined ? undefined : runs.times(run).endedAt;
  } catch (error) {
    if (toBatonError(error).code === Code.DataLoss) return undefined;
    throw error;
  }
}

function tellEnd(endedAt: number, { clock, metrics }: Pick<CallContext, "clock" | "metrics">): void {
  metrics?.observe(AGE, () => Math.max(0, clock.now() - endedAt) / 1_000);
}
