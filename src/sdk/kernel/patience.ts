/**
 * The header of a call with the time until which its caller waits, in epoch milliseconds. A point in time, as caller and
 * connector share a clock and a call may lie in a queue for a while; and a header, as a deadline of gRPC would end the
 * call with no reason at all.
 */
export const PATIENCE_HEADER = "baton-waits-until";

const ends = new WeakMap<AbortSignal, number>();

/**
 * Makes known when a signal of a call will be aborted: `ms` milliseconds from now. The callee can then
 * end a little earlier, and say what it waited for.
 */
export function announcePatience(signal: AbortSignal, ms: number): AbortSignal {
  ends.set(signal, Date.now() + ms);
  return signal;
}

/** The headers that tell the other side what is known of a call's patience. */
export function patienceHeaders(signal: AbortSignal): Readonly<Record<string, string>> {
  const end = ends.get(signal);
  return end === undefined ? {} : { [PATIENCE_HEADER]: String(Math.floor(end)) };
}

/** The time that a header tells, in epoch milliseconds; undefined if there is none, or none that makes sense. */
export function readPatience(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** A response takes time to reach the caller: at most this much of its patience is kept for that. */
const LONGEST_MARGIN_MS = 2_000;

/** Of the milliseconds that a caller waits, those in which its call can be carried out: four fifths at least. */
export function usablePatience(ms: number): number {
  return ms - Math.min(LONGEST_MARGIN_MS, ms / 5);
}
