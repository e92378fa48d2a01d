import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { Span } from "./trace.ts";

/**
 * What travels with one call: everything that waits uses its signal, everything that needs the time uses its clock.
 *
 * @example
 * ctx.log.info("the audit log was cut", { before: oldest });
 */
export interface CallContext {
  /** Aborted when the caller cancels, its deadline passes or the process shuts down. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
  /** What a trace shows of the call; absent unless traces are collected. */
  readonly span?: Span | undefined;
  /** The metrics of this process; absent where nothing reads them. */
  readonly metrics?: Metrics | undefined;
  /**
   * Until when the response is of use, in milliseconds on the clock's `monotonic`. Before that the call should end with what
   * it waits for, as its caller can only tell that nothing came. Absent: the caller has not said how long it waits.
   */
  readonly deadline?: number | undefined;
  /**
   * Milliseconds that this call may still spend waiting for a busy upstream before the wait is handed to the
   * caller. Absent: whatever bound the connector has of its own.
   */
  readonly maxWaitMs?: number;
}

/** The same call with a bound for its waiting, unless it has a lower one. */
export function withMaxWait<Context extends CallContext>(
  ctx: Context,
  maxWaitMs: number | undefined,
): Context {
  if (maxWaitMs === undefined) return ctx;
  return { ...ctx, maxWaitMs: Math.max(0, Math.min(maxWaitMs, ctx.maxWaitMs ?? maxWaitMs)) };
}

/** Milliseconds until the deadline of a call; infinite if it has none. */
export function timeLeft({ deadline, clock }: Pick<CallContext, "deadline" | "clock">): number {
  return deadline === undefined ? Number.POSITIVE_INFINITY : deadline - clock.monotonic();
}
