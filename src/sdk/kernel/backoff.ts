import type { CallContext } from "./context.ts";
import { type BatonError, Code, toBatonError } from "./errors.ts";
import { type RetryWait, waitToRetry } from "./retry-wait.ts";

/** Longest pause between two attempts when an upstream or a connector is asked again, in milliseconds. */
const LONGEST_PAUSE_MS = 60_000;

const SECOND_MS = 1_000;

/** What is repeated, and how. */
export interface Repetition extends Pick<RetryWait, "what" | "layer"> {
  /**
   * Milliseconds before the next attempt, after `attempt` failed with `error`; undefined if there is none, and the
   * failure is passed on as it was thrown. What this throws is passed on instead of it. `thrown` is what `error` was
   * made of, the same if it was a BatonError.
   */
  readonly pause: (error: BatonError, attempt: number, thrown: unknown) => number | undefined;
}

/**
 * The result of `operation`, which is repeated as long as it fails and `pause` says when to try again. Each wait is told,
 * see {@link waitToRetry}.
 *
 * @param operation gets the number of the attempt, beginning with 1
 * @throws whatever the last attempt failed with, or the reason of `ctx.signal` if it is aborted before the next one
 */
export async function repeat<T>(
  { what, layer, pause }: Repetition,
  ctx: CallContext,
  operation: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation(attempt);
    } catch (thrown) {
      const error = toBatonError(thrown);
      const waitMs = pause(error, attempt, thrown);
      if (waitMs === undefined) throw thrown;
      ctx.signal.throwIfAborted();
      await waitToRetry({ what, layer, attempt, waitMs, error }, ctx);
    }
  }
}

/** `first` milliseconds after the first failure, twice as long after each further one, up to `longest`. */
export function doubling(failures: number, first: number, longest: number): number {
  return Math.min(first * 2 ** (failures - 1), longest);
}

/** Whether the same call may succeed later: the other side is not available, or did not answer in time. */
export function isPassing({ code }: BatonError): boolean {
  return code === Code.Unavailable || code === Code.DeadlineExceeded;
}

/**
 * Milliseconds until a call that failed with `error` should be made again. An announced reset counts if it lies ahead:
 * all of it when the quota is used up, else its share per remaining request, in whole seconds. Otherwise it is
 * `unannounced`. Never more than a minute.
 */
export function pauseAfter({ rateLimit }: BatonError, unannounced: number, now: number): number {
  const { resetAt = 0, remaining = 0 } = rateLimit ?? {};
  const untilReset = resetAt - now;
  if (untilReset <= 0) return Math.min(unannounced, LONGEST_PAUSE_MS);
  const share = remaining > 0 ? Math.ceil(untilReset / remaining / SECOND_MS) * SECOND_MS : untilReset;
  return Math.min(share, LONGEST_PAUSE_MS);
}
