import { createHash } from "node:crypto";
import packageFile from "../../package.json" with { type: "json" };

/** When everything happens, as far as readers of a transcript can tell. */
const DAY = "2026-10-01";
const CLOCK = "09:00:00.000";

/**
 * Replaces what differs from run to run by examples of the same form and width, so that a document can hold what a
 * program printed: times between two moments, durations, sizes of files, ids of syncs and tasks, hashes, versions,
 * commits, platforms. Ids and hashes stay told apart: they are numbered in the order in which they appear.
 *
 * Counts, exit codes, names and every other time are left alone, since these are what the program is right or wrong about.
 *
 * @param begin of the run, in milliseconds since 1970
 * @param end of the run, likewise
 */
export function replaceVolatile(text: string, begin: number, end: number): string {
  const days = [begin, end].map((time) => new Date(time).toISOString().slice(0, 10));
  const times = new RegExp(`(?:${days.join("|")})(?:([ T])(\\d\\d:\\d\\d[:.\\d]*))?`, "g");
  const ids = new Map<string, number>();
  const numberOf = (id: string): number => {
    if (!ids.has(id)) ids.set(id, ids.size + 1);
    return ids.get(id) ?? 0;
  };
  return text
    .replaceAll(times, (_, between?: string, clock?: string) =>
      clock === undefined ? DAY : `${DAY}${between}${CLOCK.slice(0, clock.length)}`,
    )
    .replaceAll(/("ts":)[\d.]+/g, `$1${Date.parse(`${DAY}T${CLOCK}Z`) / 1_000}`)
    .replaceAll(/("duration":)[\d.]+/g, "$10.8")
    .replaceAll(/(duration +)[\d.]+ s/g, "$10.8 s")
    .replaceAll(/(_bytes":)\d+/g, "$15120")
    .replaceAll(/\([\d.]+ kB\)/g, "(5.1 kB)")
    .replaceAll(/\b[0-9A-Za-z]{27}\b/g, (id) => `3Example${String(numberOf(id)).padStart(19, "0")}`)
    .replaceAll(/\b[0-9a-f]{64}\b/g, (hash) => hashOf("sha256", numberOf(hash)))
    .replaceAll(/\b[0-9a-f]{40}\b(?:-dirty)?/g, (commit) => hashOf("sha1", numberOf(commit)))
    .replaceAll(`${packageFile.name} version ${packageFile.version}`, `${packageFile.name} version 1.2.3`)
    .replaceAll(`${packageFile.name} ${packageFile.version}`, `${packageFile.name} 1.2.3`)
    .replaceAll(/("version":)"[^"]*"/g, '$1"1.2.3"')
    .replaceAll(/(version=)"\d+\.[^"]*"/g, '$1"1.2.3"')
    .replaceAll(process.version, "v26.10.0")
    .replaceAll(`${process.platform}-${process.arch}`, "linux-x64");
}

function hashOf(algorithm: string, number: number): string {
  return createHash(algorithm).update(`example ${number}`).digest("hex");
}
