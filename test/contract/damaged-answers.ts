import { BatonError, Code } from "#kernel/errors.ts";
import type { CodecovHost, SyncedRows } from "./codecov-host.ts";

/** Codes that say nothing to whoever reads them, and NotFound, which hosts take for a warning. */
const MEANINGLESS: ReadonlySet<number> = new Set([Code.Unknown, Code.Internal, Code.NotFound]);

/** What became of a number of syncs in which answers were damaged. */
export interface FuzzResult {
  readonly right: number;
  readonly failed: number;
  /** Damaged answers that were sent. */
  readonly damaged: number;
}

/**
 * Syncs again and again while Codecov's answers are damaged in random ways: a sync has to end with exactly the
 * rows of an undisturbed one, or with an error that means something.
 *
 * @param damaged how many damaged answers to send in all
 * @throws Error at the first wrong result
 */
export async function syncDamaged(host: CodecovHost, damaged: number): Promise<FuzzResult> {
  const expected = JSON.stringify(await host.sync());
  const totals = { right: 0, failed: 0, damaged: 0 };
  for (let round = 0; totals.damaged < damaged; round += 1) {
    host.simulator.faults.clear();
    const before = host.simulator.requests.length;
    // Any answer of the sync, the one that validates included; one, a few in a row, or all from there on.
    const skip = round % 8;
    const times = [1, 2, null][round % 3] ?? null;
    host.simulator.faults.add({ skip, times, fault: { kind: "fuzz" } });
    try {
      const rows: SyncedRows = await host.sync({ maxWaitMs: 2_000 });
      if (JSON.stringify(rows) !== expected) throw new Error(`round ${round} ended well with wrong rows`);
      totals.right += 1;
    } catch (error) {
      if (!(error instanceof BatonError)) throw error;
      if (MEANINGLESS.has(error.code))
        throw new Error(`round ${round} ended with a meaningless error`, { cause: error });
      totals.failed += 1;
    }
    const requests = host.simulator.requests.length - before;
    totals.damaged += Math.max(0, Math.min(requests - skip, times ?? Number.POSITIVE_INFINITY));
  }
  return totals;
}
