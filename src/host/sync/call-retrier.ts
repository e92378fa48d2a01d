import { isPassing, pauseAfter, repeat } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { announcePatience, usablePatience } from "#kernel/patience.ts";
import { announcePlace, type CallPlace } from "#kernel/trace.ts";

export interface RetrierOptions extends Pick<CallContext, "clock" | "log" | "span" | "metrics"> {
  /** How long a sync may go without any progress, in milliseconds, before it gives up. */
  readonly maxWaitMs: number;
  /** The setting that `maxWaitMs` comes from, for messages; undefined if nobody has chosen it. */
  readonly chosenBy?: string | undefined;
}

export const DEFAULT_MAX_WAIT_MS = 15 * 60_000;

const STEP_MS = 1_000;

/**
 * Repeats calls that failed for a passing reason. Waits are those of the Go host of baton-sdk v0.25.0 (as
 * many seconds as attempts, or what a rate limit in the error announces, at most a minute), but not for
 * ever: when no call has succeeded for `maxWaitMs`, the sync gives up, also in the middle of a call, and at once when a
 * pause is announced that lasts longer.
 */
export class Retrier {
  readonly #options: RetrierOptions;
  /** Start of the first call since the last success. */
  #waitingSince: number | undefined;
  /** Why the last attempt since then failed. */
  #lastError: BatonError | undefined;

  constructor(options: RetrierOptions) {
    this.#options = options;
  }

  /**
   * The result of `call`, repeated as long as it fails with `Unavailable` or `DeadlineExceeded`.
   *
   * @param what names the call in messages, for example `listing users`
   * @param place which of several such calls it is, for traces
   * @throws BatonError any other error of `call`; `Unavailable` when nothing came for too long.
   */
  async run<T>(
    what: string,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<T>,
    place: CallPlace = {},
  ): Promise<T> {
    const { clock } = this.#options;
    const pause = (error: BatonError, attempt: number): number => {
      signal.throwIfAborted();
      if (error instanceof GaveUpError || !isPassing(error)) throw error;
      this.#lastError = error;
      const waitMs = pauseAfter(error, attempt * STEP_MS, clock.now());
      const budgetMs = this.#budgetMs();
      if (announcedPause(error, clock.now()) >= budgetMs) throw this.#giveUpOnPause(what, error);
      if (waitMs >= budgetMs) throw this.#giveUp(what);
      return waitMs;
    };
    const ctx = { ...this.#options, signal };
    const result = await repeat({ what, layer: "call", pause }, ctx, async (attempt) => {
      this.#waitingSince ??= clock.monotonic();
      return await this.once(what, signal, call, { ...place, attempt });
    });
    this.#waitingSince = undefined;
    this.#lastError = undefined;
    return result;
  }

  /** The result of one `call`, which is given up when it takes too long. */
  async once<T>(
    what: string,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<T>,
    place: CallPlace = { attempt: 1 },
  ): Promise<T> {
    const answered = new AbortController();
    const expired = new AbortController();
    const patienceMs = this.#budgetMs();
    const startedAt = this.#options.clock.monotonic();
    const timer = this.#options.clock.sleep(patienceMs, answered.signal).then(
      () => expired.abort(this.#giveUp(what)),
      () => undefined,
    );
    try {
      const callSignal = announcePatience(AbortSignal.any([signal, expired.signal]), patienceMs);
      return await call(announcePlace(callSignal, place));
    } catch (thrown) {
      const error = toBatonError(thrown);
      const elapsedMs = this.#options.clock.monotonic() - startedAt;
      // The connector ends a little earlier than this side would, in order to say what it waited for.
      if (signal.aborted || !isPassing(error) || elapsedMs < usablePatience(patienceMs)) throw thrown;
      if (!(error instanceof GaveUpError)) this.#lastError = error;
      throw this.#giveUp(what);
    } finally {
      answered.abort();
      await timer;
    }
  }

  #budgetMs(): number {
    const { clock, maxWaitMs } = this.#options;
    const now = clock.monotonic();
    return maxWaitMs - (now - (this.#waitingSince ?? now));
  }

  /** For example `2.5 min (--max-wait)`. */
  #describePatience(): string {
    const { maxWaitMs, chosenBy } = this.#options;
    return describeWait(maxWaitMs) + (chosenBy === undefined ? "" : ` (${chosenBy})`);
  }

  #giveUpOnPause(what: string, cause: BatonError): GaveUpError {
    const patience = this.#describePatience();
    return new GaveUpError(
      Code.Unavailable,
      `gave up ${what}: ${cause.message}; this run waits no longer than ${patience}`,
      { cause, ...(cause.rateLimit === undefined ? {} : { rateLimit: cause.rateLimit }) },
    );
  }

  #giveUp(what: string): GaveUpError {
    const cause = this.#lastError;
    const reason =
      cause === undefined
        ? "the connector sent no response in that time; see its log, or allow more time"
        : cause.message;
    return new GaveUpError(
      Code.Unavailable,
      `gave up ${what} after ${this.#describePatience()} without progress: ${reason}`,
      { cause, ...(cause?.rateLimit === undefined ? {} : { rateLimit: cause.rateLimit }) },
    );
  }
}

function describeWait(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms / 6_000) / 10} min`;
}

/** The wait is over, as opposed to an `Unavailable` of the connector itself. */
export class GaveUpError extends BatonError {}

/** Milliseconds until the upstream accepts requests again; requests before that would only be refused. */
function announcedPause({ rateLimit }: BatonError, now: number): number {
  if (rateLimit?.resetAt === undefined || (rateLimit.remaining ?? 0) > 0) return 0;
  return rateLimit.resetAt - now;
}
