import type { ServerState } from "../state.ts";
import { roundDown } from "./commit-totals.ts";
import type { LineCoverage, StoredReport } from "./stored.ts";

/** What became of a line, as answers number it. */
export const LINE_CODES = { hit: 0, miss: 1, partial: 2 } as const;
export type LineCode = (typeof LINE_CODES)[keyof typeof LINE_CODES];

/** A file of a report: only lines with code, ascending. */
export interface FileLines {
  readonly name: string;
  readonly lines: readonly (readonly [line: number, code: LineCode])[];
}

/** A report with its sessions merged. */
export interface MergedReport {
  readonly files: readonly FileLines[];
  /** How many sessions it consists of. */
  readonly sessions: number;
  /** Whether it is a part of what is stored; shows in `diff` alone. */
  readonly isFiltered: boolean;
}

/** Lines counted by what became of them. */
export interface LineCounts {
  readonly lines: number;
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
}

/** Merges all sessions. Files come in the order of the length of their names, then of the names. */
export function mergeReport(stored: StoredReport): MergedReport {
  const sessions = Object.keys(stored.sessions);
  return { files: mergeFiles(stored, () => true), sessions: sessions.length, isFiltered: false };
}

/** Merges the sessions of some flags. Files that none of them touches are listed without lines. */
export function mergeFlags(stored: StoredReport, isWanted: (flag: string) => boolean): MergedReport {
  const sessions = new Set(
    Object.entries(stored.sessions)
      .filter(([, { flags }]) => flags?.some(isWanted) === true)
      .map(([number]) => number),
  );
  const files = mergeFiles(stored, (session) => sessions.has(session));
  return { files, sessions: sessions.size, isFiltered: true };
}

function mergeFiles({ files }: StoredReport, isWanted: (session: string) => boolean): FileLines[] {
  return Object.entries(files)
    .map(([name, lines]) => ({ name, lines: mergeLines(lines, isWanted) }))
    .toSorted((a, b) => byLength(a.name, b.name));
}

function byLength(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function mergeLines(
  lines: Readonly<Record<string, Readonly<Record<string, LineCoverage>>>>,
  isWanted: (session: string) => boolean,
): FileLines["lines"] {
  const merged: [number, LineCode][] = [];
  for (const [line, seen] of Object.entries(lines)) {
    const values = Object.entries(seen).flatMap(([session, value]) => (isWanted(session) ? [value] : []));
    if (values.length > 0) merged.push([Number(line), mergeValues(values)]);
  }
  return merged.toSorted(([a], [b]) => a - b);
}

/** A line is hit if any session hit it, else partial if any was, else missed. */
function mergeValues(values: readonly LineCoverage[]): LineCode {
  if (values.some((value) => typeof value === "number" && value > 0)) return LINE_CODES.hit;
  return values.some((value) => typeof value === "string") ? LINE_CODES.partial : LINE_CODES.miss;
}

export function countLines(files: readonly FileLines[]): LineCounts {
  const counts = [0, 0, 0];
  for (const { lines } of files) for (const [, code] of lines) counts[code] = (counts[code] ?? 0) + 1;
  const [hits = 0, misses = 0, partials = 0] = counts;
  return { lines: hits + misses + partials, hits, misses, partials };
}

/** Totals as reports, uploads and comparisons show them: without lines coverage is 0, not null. */
export function reportTotals(
  counts: LineCounts,
  { files, sessions, diff }: { readonly files: number; readonly sessions: number; readonly diff: 0 | null },
): Record<string, unknown> {
  const { lines, hits, misses, partials } = counts;
  return {
    files,
    lines,
    hits,
    misses,
    partials,
    coverage: lines === 0 ? 0 : roundDown(Number(((hits / lines) * 100).toFixed(5))),
    branches: 0,
    methods: 0,
    messages: 0,
    sessions,
    complexity: 0,
    complexity_total: 0,
    complexity_ratio: 0,
    diff,
  };
}

export function totalsOfReport({ files, sessions, isFiltered }: MergedReport): Record<string, unknown> {
  const touched = files.filter(({ lines }) => lines.length > 0).length;
  return reportTotals(countLines(files), { files: touched, sessions, diff: isFiltered ? 0 : null });
}

export function fileTotals(file: FileLines): Record<string, unknown> {
  return reportTotals(countLines([file]), { files: 0, sessions: 0, diff: 0 });
}

/** A stored report with every line, by its key; null if none is stored. */
export function reportObject(state: ServerState, key: string | null): Record<string, unknown> | null {
  const stored = key === null ? undefined : state.reports.get(key)?.();
  return stored === undefined ? null : linesOfReport(mergeReport(stored));
}

export function linesOfReport(report: MergedReport): Record<string, unknown> {
  return {
    totals: totalsOfReport(report),
    files: report.files.map((file) => ({
      name: file.name,
      totals: fileTotals(file),
      line_coverage: file.lines,
    })),
  };
}
