import type { Clock } from "#kernel/clock.ts";

/**
 * Time columns hold local wall-clock text without a zone, `2026-03-03 09:45:13.056791`: readers compare them
 * as text, and Go connectors write them so. Trailing zeros of the fraction are left out, with the dot if
 * nothing remains. We write microseconds; text from elsewhere may have up to nine digits.
 */

const LAYOUT = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?$/;
const DAY_IN_MICROS = 86_400_000_000;

/** Text of an instant, in the time zone of the process. */
export function formatTimestamp(epochMicros: number): string {
  const millis = Math.floor(epochMicros / 1000);
  const at = new Date(millis);
  const date = `${pad(at.getFullYear(), 4)}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return `${date} ${time}${fraction(at.getMilliseconds() * 1000 + (epochMicros - millis * 1000))}`;
}

/** What a time column says. */
export interface StoredTime {
  /** Epoch milliseconds; of wall-clock text those it would have if it were UTC. */
  readonly millis: number;
  /** Whether the text names its time zone, which Go reads and nobody writes. */
  readonly isZoned: boolean;
}

/**
 * Reads a time column; undefined if it holds something else. The time zone of this process has no part in it: the
 * file may come from anywhere. `sync-times.ts` finds out when it really was.
 */
export function readStoredTime(text: string): StoredTime | undefined {
  const parts = LAYOUT.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", digits = "", zone = ""] = parts;
  const fraction = digits.slice(0, 3).padEnd(3, "0");
  const millis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}${zone || "Z"}`);
  return Number.isNaN(millis) ? undefined : { millis, isZoned: zone !== "" };
}

/**
 * The first text of our layout that sorts after `text`: one microsecond later, or a day if `text` is in
 * another layout that sorts higher. Undefined if `text` is not a timestamp, or one that nothing of our layout follows.
 */
export function timestampAfter(text: string): string | undefined {
  const parts = LAYOUT.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", digits = ""] = parts;
  // Wall-clock arithmetic must not meet a change of the clocks, so it is done in UTC.
  const millis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(millis)) return undefined;
  const micros = millis * 1000 + Number(digits.slice(0, 6).padEnd(6, "0"));
  const candidates = [formatUtc(micros + 1), formatUtc(micros + DAY_IN_MICROS)];
  // Years beyond 9999 have a sign in front, which sorts before all digits.
  return candidates.find((candidate) => candidate > text);
}

/** Gives every call a later time than the one before, also when the clock stands still or is set back. */
export class TimestampSource {
  readonly #clock: Clock;
  #lastMicros = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Now, as text. */
  now(): string {
    const withinMilli = Math.floor((this.#clock.monotonic() % 1) * 1000);
    this.#lastMicros = Math.max(this.#lastMicros + 1, Math.floor(this.#clock.now()) * 1000 + withinMilli);
    return formatTimestamp(this.#lastMicros);
  }

  /** The text of `ms` milliseconds ago. */
  before(ms: number): string {
    return formatTimestamp((Math.floor(this.#clock.now()) - ms) * 1000);
  }
}

function formatUtc(epochMicros: number): string {
  const millis = Math.floor(epochMicros / 1000);
  const [date, time = ""] = new Date(millis).toISOString().split("T");
  const micros = Number(time.slice(9, 12)) * 1000 + (epochMicros - millis * 1000);
  return `${date} ${time.slice(0, 8)}${fraction(micros)}`;
}

function fraction(micros: number): string {
  return micros === 0 ? "" : `.${pad(micros, 6).replace(/0+$/, "")}`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}
