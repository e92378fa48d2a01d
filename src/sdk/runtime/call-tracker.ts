import type { BatonError } from "#kernel/errors.ts";

/** Knows the calls in flight, so that a process that ends can cancel them and wait for them. */
export class CallTracker {
  /** Resolves when a call has ended for the first time. */
  readonly firstEnded: Promise<void>;
  readonly #endFirst: () => void;
  readonly #open = new Set<AbortController>();
  readonly #idle: (() => void)[] = [];
  #ended: BatonError | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.firstEnded = promise;
    this.#endFirst = resolve;
  }

  /** A controller for one call; aborted from the start if {@link cancelAll} was called before. */
  open(): AbortController {
    const controller = new AbortController();
    this.#open.add(controller);
    if (this.#ended !== undefined) controller.abort(this.#ended);
    return controller;
  }

  close(controller: AbortController): void {
    this.#open.delete(controller);
    this.#endFirst();
    if (this.#open.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Cancels every call, later ones included. */
  cancelAll(reason: BatonError): void {
    this.#ended = reason;
    for (const controller of this.#open) controller.abort(reason);
  }

  /** Resolves as soon as no call is in flight. */
  whenIdle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }
}
