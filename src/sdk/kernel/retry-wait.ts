import type { CallContext } from "./context.ts";
import { type BatonError, codeName } from "./errors.ts";
import type { Metric } from "./metrics.ts";
import { endWith, placeAttributes } from "./trace.ts";

/** The one message for every pause before another attempt. Operators search for it. */
export const WAITING = "waiting before the next attempt";

/** How often something was tried again, by what is repeated. */
export const RETRIES: Metric = {
  name: "baton.retries",
  help: "Attempts that were repeated after a failure that can pass",
  kind: "counter",
};

export interface RetryWait {
  /** What is tried again, for people: `listing resources of type user`, `GET /api/v2/…`. */
  readonly what: string;
  /**
   * Which layer repeats: a `request` to the upstream system, the `operation` that asks for it, the host's `call` to the
   * connector, the start of the `connector`, or what is said to the `platform`.
   */
  readonly layer: "request" | "operation" | "call" | "connector" | "platform";
  /** How many attempts have failed so far, at least 1. */
  readonly attempt: number;
  readonly waitMs: number;
  /** Why the last one failed. */
  readonly error: BatonError;
}

/**
 * Waits before another attempt and tells so: one line in the log with cause, attempt and time, one span, one count.
 *
 * @throws the reason of `ctx.signal` once it is aborted
 */
export async function waitToRetry(
  { what, layer, attempt, waitMs, error }: RetryWait,
  { clock, log, metrics, signal, span }: CallContext,
): Promise<void> {
  const wait = Math.round(waitMs);
  log.warn(WAITING, {
    what,
    attempt,
    wait_ms: wait,
    until: new Date(clock.now() + wait).toISOString(),
    code: codeName(error.code),
    error,
  });
  metrics?.add(RETRIES, { layer });
  const waiting = span?.startChild("wait", {
    attributes: {
      ...placeAttributes({ attempt }),
      "baton.wait_ms": wait,
      "baton.what": what,
      "error.message": error.message,
    },
  });
  await endWith(waiting, clock.sleep(waitMs, signal));
}
