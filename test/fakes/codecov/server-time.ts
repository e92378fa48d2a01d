import type { Clock } from "#kernel/clock.ts";

/** The time of the simulated server: that of another clock, which can be set forward and back while it runs on. */
export class ServerTime implements Clock {
  readonly #clock: Clock;
  #offsetMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#offsetMs;
  }

  /** @param now epoch milliseconds */
  set(now: number): void {
    this.#offsetMs = now - this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal);
  }
}
