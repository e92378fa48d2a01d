/** What a host said on standard error. */

import type { Json } from "./baton.ts";

/** The JSON lines of a log; other lines are left out. */
export function parseLog(stderr: string): Json[] {
  return stderr.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      return [JSON.parse(line) as Json];
    } catch {
      return [];
    }
  });
}

/** Messages of the levels that somebody has to look at. */
export function complaints(stderr: string): string[] {
  return parseLog(stderr)
    .filter(({ level }) => level === "warn" || level === "error" || level === "fatal")
    .map(({ level, msg, error }) => JSON.stringify({ level, msg, error }));
}
