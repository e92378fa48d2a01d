import { isPassing, pauseAfter, repeat } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import type { BatonError } from "#kernel/errors.ts";

/** How often and how long a call is repeated inside the process when the caller would not repeat it. */
export interface RetryPolicy {
  /** What is repeated, in messages: `granting`. */
  readonly what: string;
  readonly maxRetries: number;
  /** Wait before the first repetition in milliseconds; each later one waits that much longer. */
  readonly stepMs: number;
  /** Milliseconds after which no further attempt begins. Handlers see the rest as `maxWaitMs`. */
  readonly budgetMs?: number;
}

/**
 * Repeats `attempt` while it fails with a BatonError of the code `Unavailable` or `DeadlineExceeded`, waiting for the
 * announced reset of a rate limit where there is one, within the caller's patience. Gives up with the last error. What
 * else is thrown, a time-out of the platform for example, does not tell whether repeating does harm, so it is passed on.
 */
export async function retryTransient<T>(
  policy: RetryPolicy,
  ctx: CallContext,
  attempt: (ctx: CallContext) => Promise<T>,
): Promise<T> {
  const started = ctx.clock.monotonic();
  const end = Math.min(
    ctx.deadline ?? Number.POSITIVE_INFINITY,
    started + (policy.budgetMs ?? Number.POSITIVE_INFINITY),
    started + (ctx.maxWaitMs ?? Number.POSITIVE_INFINITY),
  );
  const rest = () => end - ctx.clock.monotonic();
  const { what, maxRetries, stepMs } = policy;
  const pause = (error: BatonError, failures: number, thrown: unknown): number | undefined => {
    if (thrown !== error || !isPassing(error) || ctx.signal.aborted || failures > maxRetries)
      return undefined;
    const waitMs = pauseAfter(error, failures * stepMs, ctx.clock.now());
    return waitMs < rest() ? waitMs : undefined;
  };
  return await repeat({ what, layer: "operation", pause }, ctx, async () => {
    const maxWaitMs = rest();
    return await attempt(Number.isFinite(maxWaitMs) ? { ...ctx, maxWaitMs: Math.max(0, maxWaitMs) } : ctx);
  });
}
