import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "#kernel/clock.ts";

/** How many seconds of a pause one second of the test is. */
const SPEED = 1_000;

/**
 * A clock on which a pause of a second takes a millisecond: pauses that an upstream asks for and waits between attempts
 * are really waited for, but take next to no time. Work takes as long as it takes, so that nothing times out early on a
 * busy machine. Time-outs of sockets are not the clock's and stay as they are.
 *
 * @example
 * const clock = new FastClock();
 * await clock.sleep(60_000); // takes 60 ms; clock.now() is a minute later
 */
export class FastClock implements Clock {
  readonly #startedAt = Date.now();
  readonly #started = performance.now();
  /** Milliseconds that pauses were longer than they took. */
  #skipped = 0;

  now(): number {
    return this.#startedAt + this.monotonic();
  }

  monotonic(): number {
    return performance.now() - this.#started + this.#skipped;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const end = this.monotonic() + ms;
    try {
      await delay(Math.ceil(ms / SPEED), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
    // Another pause at the same time may have skipped a part of this one already.
    this.#skipped += Math.max(0, end - this.monotonic());
  }
}
