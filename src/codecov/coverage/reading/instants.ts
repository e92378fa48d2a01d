import { parseInstant } from "#kernel/instant.ts";

/** A time of a response in epoch milliseconds; null if there is none. */
export function toInstant(text: string | null): number | null {
  return text === null ? null : (parseInstant(text) ?? null);
}
