import { raceAbort } from "#kernel/waiting.ts";

/** Runs tasks one at a time, in the order in which they came. */
export class SerialQueue {
  #last: Promise<void> = Promise.resolve();

  /**
   * Runs `task` once all before it have ended, whether well or not. An aborted `signal` gives up the place in the
   * queue; it does not end a task that runs.
   *
   * @throws whatever the task throws, or the signal's reason
   */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = before.then(() => turn.promise);
    try {
      await raceAbort(before, signal);
      return await task();
    } finally {
      turn.resolve();
    }
  }

  /** Resolves when everything that was in the queue has ended. */
  whenIdle(): Promise<void> {
    return this.#last;
  }
}
