import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { waitToRetry } from "#kernel/retry-wait.ts";

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

const MAX_DELAY_MS = 60_000;

/**
 * Repeats `attempt` while it fails with `Unavailable` or `DeadlineExceeded`, waiting for the announced reset
 * of a rate limit where there is one, within the caller's patience. Gives up with the last error.
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
  for (let retries = 0; ; retries += 1) {
    try {
      const maxWaitMs = rest();
      return await attempt(Number.isFinite(maxWaitMs) ? { ...ctx, maxWaitMs: Math.max(0, maxWaitMs) } : ctx);
    } catch (error) {
      if (!isTransient(error) || ctx.signal.aborted || retries >= policy.maxRetries) throw error;
      const delay = delayBefore(error, (retries + 1) * policy.stepMs, ctx.clock.now());
      if (delay >= rest()) throw error;
      const { what } = policy;
      await waitToRetry({ what, layer: "operation", attempt: retries + 1, waitMs: delay, error }, ctx);
    }
  }
}

function isTransient(error: unknown): error is BatonError {
  return (
    error instanceof BatonError && (error.code === Code.Unavailable || error.code === Code.DeadlineExceeded)
  );
}

/** Until the reset if the quota is used up, a fair share of that time if some of it is left. */
function delayBefore({ rateLimit }: BatonError, fallbackMs: number, now: number): number {
  if (rateLimit?.resetAt === undefined || rateLimit.resetAt <= now) return Math.min(fallbackMs, MAX_DELAY_MS);
  const untilReset = rateLimit.resetAt - now;
  const remaining = rateLimit.remaining ?? 0;
  const share = remaining <= 0 ? untilReset : Math.ceil(untilReset / remaining / 1000) * 1000;
  return Math.min(share, MAX_DELAY_MS);
}
