import { BatonError, Code } from "#kernel/errors.ts";
import { type CodecovHost, ROSTER_PAGE, type SyncedRows } from "./codecov-host.ts";

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
    // Mostly the rows of users or grants, which have most to damage; else every answer from some request on.
    const rule =
      round % 4 > 0 ? { path: ROSTER_PAGE, skip: (round % 2) * 2 } : { skip: round % 8, times: null };
    host.simulator.faults.add({ ...rule, fault: { kind: "fuzz" } });
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
    totals.damaged += "path" in rule ? 1 : Math.max(0, requests - rule.skip);
  }
  return totals;
}
