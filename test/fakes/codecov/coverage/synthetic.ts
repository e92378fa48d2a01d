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

/** The totals of a report with these files. */
export function totalsOfFiles(files: readonly FileCounts[]): StoredTotals {
  const sum = (key: "hits" | "misses" | "partials"): number =>
    files.reduce((total, file) => total + file[key], 0);
  return makeTotals({
    hits: sum("hits"),
    misses: sum("misses"),
    partials: sum("partials"),
    files: files.length,
  });
}

/** A report with these files: the lines of each are hit first, then partly hit, then missed. */
export function reportOfFiles(files: readonly FileCounts[]): StoredReport {
  return {
    sessions: { "0": { flags: ["unit"], type: "uploaded" } },
    files: Object.fromEntries(files.map((file) => [file.path, linesOfFile(file)])),
  };
}

function linesOfFile({ hits, partials, misses }: FileCounts): Record<string, Record<string, LineCoverage>> {
  const lines: Record<string, Record<string, LineCoverage>> = {};
  for (let line = 1; line <= hits + partials + misses; line++) {
    lines[line] = { "0": line <= hits ? 1 : line <= hits + partials ? "1/2" : 0 };
  }
  return lines;
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
