/** What errors of a call say, and to whom. */

import { BatonError, Code } from "#kernel/errors.ts";

/**
 * What a handler's failure means to the caller. Errors of our own pass unchanged; the end of the call's
 * signal is what its reason says; everything else is a defect, of which the caller learns only that.
 */
export function classifyFailure(thrown: unknown, signal: AbortSignal): BatonError {
  if (thrown instanceof BatonError) return thrown;
  const name = thrown instanceof Error ? thrown.name : "";
  if (name === "AbortError" || name === "TimeoutError") {
    if (signal.aborted && signal.reason instanceof BatonError) return signal.reason;
    return name === "AbortError"
      ? new BatonError(Code.Canceled, "canceled", { cause: thrown })
      : new BatonError(Code.DeadlineExceeded, "deadline exceeded", { cause: thrown });
  }
  return new BatonError(Code.Internal, "Internal Server Error", { cause: thrown });
}

/** Runs `work`; an error of it that is meant for people says first, as in Go connectors, what failed. */
export async function withPrefix<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof BatonError ? error.prefixed(prefix) : error;
  }
}

/**
 * The value of a field that a request cannot do without.
 *
 * @throws BatonError InvalidArgument naming it, if it is missing
 */
export function requireField<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new BatonError(Code.InvalidArgument, `the request has no ${what}`);
}
