import { ServerFailure } from "../answer.ts";

// The server keeps times in microseconds; as whole numbers they fit a double until the year 2255.

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** Microseconds since 1970 of an ISO 8601 time; without an offset it is UTC, a day alone its beginning. Undefined if it is none. */
export function readMicros(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, day = "", clock = "00:00", second = "00", fraction = "", zone = "Z"] = match;
  const offset = zone === "Z" ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const millis = Date.parse(`${day}T${clock}:${second}${offset}`);
  return Number.isNaN(millis) ? undefined : millis * 1_000 + Number(fraction.padEnd(6, "0"));
}

/** The same for what the server has stored itself. */
export function parseMicros(text: string): number {
  const micros = readMicros(text);
  if (micros === undefined) throw new ServerFailure(`not a time: ${text}`);
  return micros;
}

/** ISO 8601 in UTC with `Z`, with six digits of a fraction only if there is one. */
export function formatMicros(micros: number): string {
  const fraction = micros % 1_000_000;
  const second = new Date((micros - fraction) / 1_000).toISOString().slice(0, -".000Z".length);
  return fraction === 0 ? `${second}Z` : `${second}.${String(fraction).padStart(6, "0")}Z`;
}

/** A stored time as answers show it. */
export function formatStamp(text: string | null): string | null {
  return text === null ? null : formatMicros(parseMicros(text));
}
