import { capAnnounced, LONGEST_PAUSE_MS } from "#kernel/announced.ts";
import type { RateLimitFact } from "#kernel/errors.ts";

/** Header families that announce a quota, in the order in which baton-sdk v0.25.0 looks at them. */
const FAMILIES = ["x-ratelimit", "ratelimit", "x-ratelimit-requests", "x-rate-limit"] as const;

/** A reset value above this many seconds (30 years) is a point in time and not a distance. */
const LARGEST_DISTANCE_SECONDS = 30 * 365 * 24 * 3600;
/** A point in time above this is given in milliseconds. */
const LARGEST_SECONDS = 1e11;

/** Response headers under their lower-case names. */
export type ResponseHeaders = Readonly<Record<string, string | undefined>>;

/**
 * What a response says of the upstream's quota, undefined if it says nothing. A response with status 429 always
 * says that nothing remains. `Retry-After` wins over the reset of a quota family: it speaks of this request. A reset
 * further away than an hour counts as one in an hour, and numbers are whole numbers that JavaScript can hold.
 *
 * @param now epoch milliseconds, the start of relative waits.
 */
export function readRateLimit(
  status: number,
  headers: ResponseHeaders,
  now: number,
): RateLimitFact | undefined {
  const limit = firstNumber(headers, "limit");
  const remaining = status === 429 ? 0 : firstNumber(headers, "remaining");
  const announced = readRetryAfter(headers["retry-after"], now) ?? readReset(headers, now);
  const resetAt = announced === undefined ? undefined : capAnnounced(announced, now);
  if (limit === undefined && remaining === undefined && resetAt === undefined) return undefined;
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetAt === undefined ? {} : { resetAt }),
  };
}

/** `Retry-After` as a point in time: whole seconds from now, or an HTTP date. Undefined if absent or unreadable. */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim();
  if (text === undefined || text === "") return undefined;
  return /^\d+$/.test(text) ? fromNumber(Number(text), now) : fromDate(text);
}

function readReset(headers: ResponseHeaders, now: number): number | undefined {
  for (const family of FAMILIES) {
    const text = headers[`${family}-reset`]?.trim();
    if (text === undefined) continue;
    const digits = /^\d+/.exec(text)?.[0];
    return digits === undefined ? fromDate(text) : fromNumber(Number(digits), now);
  }
  return undefined;
}

function firstNumber(headers: ResponseHeaders, name: "limit" | "remaining"): number | undefined {
  for (const family of FAMILIES) {
    // Weighted forms such as "500, 500;w=1" begin with the plain number.
    const digits = /^\s*(\d+)/.exec(headers[`${family}-${name}`] ?? "")?.[1];
    if (digits !== undefined) return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  }
  return undefined;
}

function fromNumber(value: number, now: number): number {
  if (value <= LARGEST_DISTANCE_SECONDS) return now + value * 1000;
  return value > LARGEST_SECONDS ? value : value * 1000;
}

function fromDate(text: string): number | undefined {
  // The parser also takes fragments such as "-5" for dates; those of HTTP begin with a weekday or a year.
  if (!/^([A-Za-z]{3,9},|\d{4}-)/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** Remembers until when an upstream wants no requests. */
export class RateGate {
  #closedUntil = 0;

  /** Asks nothing more before `time` (epoch milliseconds). */
  closeUntil(time: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, time);
  }

  /** When the gate opens, or undefined if it is open. */
  closedUntil(now: number): number | undefined {
    const left = this.#closedUntil - now;
    // Nobody closes it for longer than that, so the clock has been set back meanwhile.
    return left > 0 && left <= LONGEST_PAUSE_MS ? this.#closedUntil : undefined;
  }
}
