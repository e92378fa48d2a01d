import { doubling, repeat } from "#kernel/backoff.ts";
import { type CallContext, timeLeft } from "#kernel/context.ts";
import { BatonError, Code, type RateLimitFact } from "#kernel/errors.ts";
import type { RateGate } from "./rate-limit.ts";

/** The first wait when the upstream announces none; it doubles with each attempt. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** How long to stay away from an upstream that refuses for rate and does not say until when. */
const UNANNOUNCED_RESET_MS = 60_000;
/** Added to announced waits, so that many clients do not come back in the same instant. */
const ANNOUNCED_JITTER_MS = 250;

/** How long one call may wait in all, over all its requests. */
export class WaitBudget {
  #leftMs: number;

  constructor(ms: number) {
    this.#leftMs = ms;
  }

  /** Takes `ms` out of the budget; false, with nothing taken, if there is not enough left. */
  take(ms: number): boolean {
    if (ms > this.#leftMs) return false;
    this.#leftMs -= ms;
    return true;
  }
}

export interface RetryOptions {
  readonly ctx: CallContext;
  readonly budget: WaitBudget;
  readonly gate: RateGate;
  /** Attempts in all, not counting those after an announced pause. */
  readonly attempts: number;
  /** As `attempts`, for faults after which asking for less may help; default `attempts`. */
  readonly attemptsAtThisSize?: number | undefined;
  /** Name of the upstream in messages. */
  readonly upstream: string;
  /** The request in messages, for example `GET /users/`. */
  readonly what: string;
  /** Between 0 and 1; default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Runs `operation`, which must be safe to repeat, again after a fault that can pass (`Unavailable`): after the
 * wait that the upstream announced, else after a growing wait with jitter. When the wait does not fit into the
 * budget, or into what is left of the caller's patience, the caller gets the error and, if the upstream announced the
 * wait, the time until which it wants no request; until then the gate stays closed and every call is refused without
 * asking.
 *
 * Time-outs are not repeated: they have used up the patience already.
 *
 * @param operation gets the number of the attempt, beginning with 1
 */
export async function withRetries<T>(
  options: RetryOptions,
  operation: (attempt: number) => Promise<T>,
): Promise<T> {
  const { ctx, budget, gate, what } = options;
  // Attempts after an announced pause are counted for the log only.
  let guesses = 1;
  const pause = (error: BatonError): number | undefined => {
    if (error.code !== Code.Unavailable || error instanceof ClosedGateError) return undefined;
    // A server that says when to come back will be there then; guesses are limited in number.
    const isAnnounced = announcedReset(error.rateLimit) !== undefined;
    const waitMs = nextWait(error.rateLimit, guesses, options);
    const isTried = isAnnounced || guesses < attemptsFor(error, options);
    if (!isTried || waitMs >= timeLeft(ctx) || !budget.take(waitMs)) {
      throw handOver(error, gate, ctx.clock.now());
    }
    if (!isAnnounced) guesses += 1;
    return waitMs;
  };
  return await repeat({ what, layer: "request", pause }, ctx, async (attempt) => {
    refuseWhileClosed(options);
    return await operation(attempt);
  });
}

/** The upstream wants no request for now, and got none. */
class ClosedGateError extends BatonError {}

function attemptsFor({ lessMayHelp }: BatonError, { attempts, attemptsAtThisSize }: RetryOptions): number {
  return lessMayHelp ? (attemptsAtThisSize ?? attempts) : attempts;
}

function nextWait(
  limit: RateLimitFact | undefined,
  attempt: number,
  { ctx, random = Math.random }: RetryOptions,
): number {
  const announced = announcedReset(limit);
  if (announced !== undefined)
    return Math.max(FIRST_WAIT_MS, announced - ctx.clock.now()) + random() * ANNOUNCED_JITTER_MS;
  return doubling(attempt, FIRST_WAIT_MS, LONGEST_WAIT_MS) * (0.5 + random() / 2);
}

/** A reset counts as a wait only if nothing remains until then, or if nothing is said about what remains. */
function announcedReset(limit: RateLimitFact | undefined): number | undefined {
  return limit?.remaining === undefined || limit.remaining === 0 ? limit?.resetAt : undefined;
}

/** The error as the caller shall see it, with the time to wait for; closes the gate until then. */
function handOver(error: BatonError, gate: RateGate, now: number): BatonError {
  const { rateLimit } = error;
  if (rateLimit === undefined) return error;
  const announced = announcedReset(rateLimit);
  const resetAt = announced ?? (rateLimit.remaining === 0 ? now + UNANNOUNCED_RESET_MS : undefined);
  if (resetAt === undefined || resetAt <= now) return error;
  gate.closeUntil(resetAt);
  return new BatonError(
    error.code,
    `${error.message}; no further requests before ${new Date(resetAt).toISOString()}`,
    {
      kind: error.kind,
      cause: error,
      rateLimit: { ...rateLimit, remaining: 0, resetAt },
    },
  );
}

function refuseWhileClosed({ ctx, gate, upstream }: RetryOptions): void {
  const resetAt = gate.closedUntil(ctx.clock.now());
  if (resetAt === undefined) return;
  throw new ClosedGateError(
    Code.Unavailable,
    `${upstream} is rate limiting; no further requests before ${new Date(resetAt).toISOString()}`,
    { rateLimit: { remaining: 0, resetAt } },
  );
}
