import { makeTotals } from "./commit-totals.ts";
import type { LineCoverage, StoredCommit, StoredReport, StoredTotals } from "./stored.ts";

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

/** A file of a made-up report by what became of its lines. */
export interface FileCounts {
  readonly path: string;
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
}

/** Files of a report in which a share of the lines of each is hit, and one line in two hundred partly. */
export function makeFiles(paths: readonly string[], lines: number, share: number): FileCounts[] {
  const each = Math.floor(lines / paths.length);
  return paths.map((path, index) => {
    const size = index === 0 ? lines - each * (paths.length - 1) : each;
    const hits = Math.round(size * share);
    const partials = Math.min(size - hits, Math.floor(size / 200));
    return { path, hits, misses: size - hits - partials, partials };
  });
}

/** The totals of a report with these files; what is given of one file in several pieces is one file. */
export function totalsOfFiles(files: readonly FileCounts[]): StoredTotals {
  const sum = (key: "hits" | "misses" | "partials"): number =>
    files.reduce((total, file) => total + file[key], 0);
  const paths = new Set(files.map(({ path }) => path));
  return makeTotals({
    hits: sum("hits"),
    misses: sum("misses"),
    partials: sum("partials"),
    files: paths.size,
  });
}

/** A report with these files: the lines of each piece are hit first, then partly hit, then missed. */
export function reportOfFiles(pieces: readonly FileCounts[]): StoredReport {
  const files: Record<string, Record<string, Record<string, LineCoverage>>> = {};
  for (const { path, hits, partials, misses } of pieces) {
    const lines = files[path] ?? {};
    const before = Object.keys(lines).length;
    for (let line = 1; line <= hits + partials + misses; line++) {
      lines[before + line] = { "0": line <= hits ? 1 : line <= hits + partials ? "1/2" : 0 };
    }
    files[path] = lines;
  }
  return { sessions: { "0": { flags: ["unit"], type: "uploaded" } }, files };
}

/** A made-up SHA: a repository and a number within it. */
export function shaOf(repoid: number, number: number): string {
  return `${repoid.toString(16).padStart(8, "0")}${"c0de".repeat(6)}${number.toString(16).padStart(8, "0")}`;
}

/** A complete commit of the main branch without anything remarkable; `at` is in epoch milliseconds. */
export function makeCommit(
  commit: Pick<StoredCommit, "commitid" | "totals"> & Partial<StoredCommit> & { readonly atMs: number },
): StoredCommit {
  const { atMs, ...columns } = commit;
  return {
    at: Math.round(atMs) * 1_000,
    branch: "main",
    state: "complete",
    author: null,
    message: "Change",
    parent: null,
    ciPassed: true,
    report: null,
    ...columns,
  };
}
