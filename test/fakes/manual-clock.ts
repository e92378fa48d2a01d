import type { Clock } from "#kernel/clock.ts";

/** A clock that moves only when told, or by itself through each sleep. */
export class ManualClock implements Clock {
  /** Every sleep so far in milliseconds. */
  readonly sleeps: number[] = [];
  #time: number;
  readonly #skip: (ms: number) => boolean;

  /** @param skip which sleeps end at once and move the clock; the others end only by their signal */
  constructor(start = 1_700_000_000_000, skip: (ms: number) => boolean = () => true) {
    this.#time = start;
    this.#skip = skip;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  advance(ms: number): void {
    this.#time += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    if (this.#skip(ms)) {
      this.#time += ms;
      return;
    }
    await new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(toError(signal.reason)), { once: true });
    });
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
