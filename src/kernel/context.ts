import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { Span } from "./trace.ts";

/** What travels with one call: everything that waits takes the signal, everything that tells time the clock. */
export interface CallContext {
  /** Aborted when the caller cancels, its deadline passes or the process shuts down. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
  /** What a trace shows of the call; absent unless traces are collected. */
  readonly span?: Span | undefined;
  /**
   * Milliseconds that this call may still spend waiting for a busy upstream before the wait is handed to the
   * caller. Absent: whatever bound the connector has of its own.
   */
  readonly maxWaitMs?: number;
}
