import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "#kernel/clock.ts";

/** How many seconds of the connector one second of the test is. */
const SPEED = 1_000;

/**
 * A clock on which a second takes a millisecond: pauses that an upstream asks for and waits between attempts are
 * really waited for, and the test does not notice. Time-outs of sockets are not the clock's and stay as they are.
 */
export class FastClock implements Clock {
  readonly #startedAt = Date.now();
  readonly #started = performance.now();

  now(): number {
    return this.#startedAt + this.monotonic();
  }

  monotonic(): number {
    return (performance.now() - this.#started) * SPEED;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    try {
      await delay(Math.ceil(ms / SPEED), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}
