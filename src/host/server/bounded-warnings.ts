import type { Clock } from "#kernel/clock.ts";
import type { LogFields, Logger } from "#kernel/logger.ts";

/** Lines in a window. One or two are enough to find a cause. */
const MOST_LINES = 10;
const WINDOW_MS = 60_000;

/**
 * Warnings about something that strangers do, who then decide how often it happens: the first few of each minute are
 * written, the others counted.
 */
export class BoundedWarnings {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #isOpen = false;
  #written = 0;
  #unwritten = 0;

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  warn(message: string, fields: LogFields): void {
    if (!this.#isOpen) this.#openWindow(message);
    if (this.#written === MOST_LINES) {
      this.#unwritten += 1;
      return;
    }
    this.#written += 1;
    this.#log.warn(message, fields);
  }

  /** Stops counting and reports what was counted. */
  close(): void {
    this.#closing.abort();
  }

  #openWindow(message: string): void {
    this.#isOpen = true;
    const end = (): void => {
      const count = this.#unwritten;
      this.#isOpen = false;
      this.#written = 0;
      this.#unwritten = 0;
      if (count > 0)
        this.#log.warn("further warnings of this kind were left out", { warning: message, count });
    };
    this.#clock.sleep(WINDOW_MS, this.#closing.signal).then(end, end);
  }
}
