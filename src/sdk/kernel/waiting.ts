import type { Clock } from "./clock.ts";

/**
 * The result of `work`, unless `signal` is aborted first; the work itself continues.
 *
 * @throws the signal's reason, or whatever the work fails with
 */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Waits for the end of `work`, but no longer than `ms` milliseconds; the work itself continues.
 *
 * @returns whether the work has ended
 * @throws the reason of `signal` once it is aborted, or whatever the work fails with
 */
export async function endsWithin(
  work: Promise<unknown>,
  ms: number,
  clock: Pick<Clock, "sleep">,
  signal?: AbortSignal,
): Promise<boolean> {
  const over = new AbortController();
  const waiting = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    return await Promise.race([work.then(() => true), clock.sleep(ms, waiting).then(() => false)]);
  } finally {
    over.abort();
  }
}
