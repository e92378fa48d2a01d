import type { Clock } from "#kernel/clock.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { toMilliseconds } from "#model/timestamp.ts";
import type { C1Client } from "./c1-client.ts";

const DEFAULT_INTERVAL_MS = 30_000;
const SHORTEST_INTERVAL_MS = 1_000;
const LONGEST_INTERVAL_MS = 5 * 60_000;

/** A heartbeat that takes longer counts as failed. */
const CALL_LIMIT_MS = 30_000;

/** As many failures in a row end the work, as in Go connectors. */
const MAX_FAILURES = 9;

/** Regularly reports to C1 that a task is being worked on. */
export interface Heartbeat extends Disposable {
  /** Aborted when the work is no longer wanted, or nobody knows whether it is; and with the caller's signal. */
  readonly signal: AbortSignal;
}

/**
 * Sends the first heartbeat and, if the task is still wanted, continues until it is disposed.
 *
 * @returns undefined if C1 says at once that the task was canceled
 * @throws BatonError if the first heartbeat fails.
 */
export async function startHeartbeat(
  c1: Pick<C1Client, "heartbeat">,
  taskId: string,
  ctx: CallContext,
): Promise<Heartbeat | undefined> {
  const beat: Beat = async (signal) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(CALL_LIMIT_MS)]);
    const { nextHeartbeat, cancelled } = await c1.heartbeat(taskId, limited);
    return { cancelled, intervalMs: chooseInterval(toMilliseconds(nextHeartbeat)) };
  };
  const first = await beat(ctx.signal);
  if (first.cancelled) return undefined;

  const unwanted = new AbortController();
  const stopped = new AbortController();
  void keepBeating(beat, first.intervalMs, unwanted, { ...ctx, signal: stopped.signal });
  return {
    signal: AbortSignal.any([ctx.signal, unwanted.signal]),
    [Symbol.dispose]: () => stopped.abort(),
  };
}

type Beat = (signal: AbortSignal) => Promise<{ readonly cancelled: boolean; readonly intervalMs: number }>;

async function keepBeating(
  beat: Beat,
  firstIntervalMs: number,
  unwanted: AbortController,
  { clock, log, signal }: CallContext,
): Promise<void> {
  let intervalMs = firstIntervalMs;
  let failures = 0;
  while (await slept(clock, intervalMs, signal)) {
    try {
      const answer = await beat(signal);
      intervalMs = answer.intervalMs;
      failures = 0;
      if (answer.cancelled) {
        unwanted.abort(new BatonError(Code.Canceled, "C1 canceled the task"));
        return;
      }
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      log.warn("a heartbeat failed", { failures, error });
      if (failures < MAX_FAILURES) continue;
      const sentence = `${failures} heartbeats failed in a row, so C1 reassigns the task`;
      unwanted.abort(new BatonError(Code.Canceled, sentence, { cause: error }));
      return;
    }
  }
}

/** Whether the time passed, rather than the signal ended the wait. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch {
    return false;
  }
}

function chooseInterval(ms: number): number {
  return ms <= 0 ? DEFAULT_INTERVAL_MS : Math.min(Math.max(ms, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS);
}
