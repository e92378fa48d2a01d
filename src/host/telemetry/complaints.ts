import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import type { Logger } from "#kernel/logger.ts";

/** Without this, an unreachable collector would be logged every second. */
const INTERVAL_NS = 60_000_000_000n;

/** Key under which the threads of a process find the time of the last warning. Threads get it when they start. */
const SHARED = "baton telemetry complaints";

/**
 * Logs from time to time that nothing can be sent. Host and connector, which may be threads of one process, each send to
 * the collector by themselves; the one that notices first logs it for both.
 */
export class Complaints {
  /** Nanoseconds of the system's monotonic clock; 0 if there was none. */
  readonly #lastAt = sharedTime();
  #log: Logger | undefined;

  /** Where to log it: a logger that has no mirror. */
  reportTo(log: Logger): void {
    this.#log = log;
  }

  add(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.#log === undefined) return;
    const now = process.hrtime.bigint();
    const lastAt = Atomics.load(this.#lastAt, 0);
    if (lastAt !== 0n && now - lastAt < INTERVAL_NS) return;
    if (Atomics.compareExchange(this.#lastAt, 0, lastAt, now) !== lastAt) return;
    this.#log.warn(message, fields);
  }
}

function sharedTime(): BigInt64Array {
  const known = getEnvironmentData(SHARED);
  if (known instanceof SharedArrayBuffer) return new BigInt64Array(known);
  const buffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  setEnvironmentData(SHARED, buffer);
  return new BigInt64Array(buffer);
}
