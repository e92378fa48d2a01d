import type { Call } from "../view.ts";
import { storedCoverage } from "./commit-totals.ts";
import { type Comparison, codesOf, type DiffFile, findFile } from "./comparison.ts";
import { type DiffLine, pairUnchanged } from "./diff.ts";
import { type FileLines, fileTotals, LINE_CODES, type LineCode, reportTotals } from "./report.ts";
import { storedReport } from "./selection.ts";

/** One file of the head's report as `compare` shows it, with the lines given. */
export function comparedFileObject(
  comparison: Comparison,
  head: FileLines,
  lines: readonly unknown[],
): Record<string, unknown> {
  const diff = comparison.diff.get(head.name);
  const base = baseOf(comparison, head.name);
  return {
    name: { base: base?.name ?? null, head: head.name },
    totals: {
      base: base === undefined ? null : fileTotals(base),
      head: { ...fileTotals(head), diff: diff === undefined ? 0 : storedDiff(diff) },
      patch: diff === undefined ? null : reportTotals(diff.patch, { files: 0, sessions: 0, diff: 0 }),
    },
    has_diff: diff !== undefined,
    stats: diff === undefined ? null : countChanges(diff),
    change_summary: summarizeUnexpected(head, base, diff),
    lines,
  };
}

/** The file of the base's report that a file of the head was. */
function baseOf({ baseReport, diff }: Comparison, name: string): FileLines | undefined {
  return findFile(baseReport, diff.get(name)?.file.previous_filename ?? name);
}

/** As the report stores it: files, lines, hits, misses, partials, coverage, and seven more that are 0. */
function storedDiff({ patch }: DiffFile): readonly unknown[] {
  const { lines, hits, misses, partials } = patch;
  return [0, lines, hits, misses, partials, storedCoverage(hits, lines), 0, 0, 0, 0, 0, 0, 0];
}

function countChanges({ hunks }: DiffFile): { readonly added: number; readonly removed: number } {
  const count = (wanted: string): number =>
    hunks.flatMap(({ lines }) => lines).filter(({ kind }) => kind === wanted).length;
  return { added: count("+"), removed: count("-") };
}

const SUMMARY_KEYS: Readonly<Record<LineCode, string>> = {
  [LINE_CODES.hit]: "hits",
  [LINE_CODES.miss]: "misses",
  [LINE_CODES.partial]: "partials",
};

/** How lines that the diff does not touch have changed, by kind; kinds without a change are left out. */
function summarizeUnexpected(
  head: FileLines,
  base: FileLines | undefined,
  diff: DiffFile | undefined,
): Record<string, number> {
  const [before, after] = [codesOf(base), codesOf(head)];
  const summary: Record<string, number> = {};
  for (const [baseLine, headLine] of pairUnchanged(diff?.hunks ?? [], head.lines.at(-1)?.[0] ?? 0)) {
    const [was, is] = [before.get(baseLine), after.get(headLine)];
    if (was === undefined || is === undefined || was === is) continue;
    summary[SUMMARY_KEYS[was]] = (summary[SUMMARY_KEYS[was]] ?? 0) - 1;
    summary[SUMMARY_KEYS[is]] = (summary[SUMMARY_KEYS[is]] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(summary).filter(([, change]) => change !== 0));
}

/** The lines of a file's hunks. */
export function changedLines(call: Call, comparison: Comparison, head: FileLines): unknown[] {
  const hunks = comparison.diff.get(head.name)?.hunks ?? [];
  return showLines(
    call,
    comparison,
    head,
    hunks.flatMap(({ lines }) => lines),
    () => true,
  );
}

/** All lines of a file: those of its source that lie in no hunk have no sign in front. */
export function allLines(call: Call, comparison: Comparison, head: FileLines, source: string): unknown[] {
  const hunks = comparison.diff.get(head.name)?.hunks ?? [];
  const texts = source.replace(/\n$/, "").split("\n");
  const starts = new Map(hunks.map((hunk) => [hunk.lines.find((line) => line.head !== null)?.head, hunk]));
  const bases = new Map(pairUnchanged(hunks, texts.length).map(([base, headLine]) => [headLine, base]));
  const lines: DiffLine[] = [];
  const inDiff = new Set<DiffLine>();
  for (let number = 1; number <= texts.length; number++) {
    const hunk = starts.get(number);
    for (const line of hunk?.lines ?? []) inDiff.add(line);
    if (hunk !== undefined) {
      lines.push(...hunk.lines);
      number = hunk.lines.findLast((line) => line.head !== null)?.head ?? number;
    } else {
      lines.push({ kind: " ", text: texts[number - 1] ?? "", base: bases.get(number) ?? null, head: number });
    }
  }
  return showLines(call, comparison, head, lines, (line) => inDiff.has(line));
}

function showLines(
  call: Call,
  comparison: Comparison,
  head: FileLines,
  lines: readonly DiffLine[],
  isInDiff: (line: DiffLine) => boolean,
): unknown[] {
  const [before, after] = [codesOf(baseOf(comparison, head.name)), codesOf(head)];
  const seen = storedReport(call, comparison.head)?.files[head.name] ?? {};
  return lines.map((line) => ({
    value: isInDiff(line) ? `${line.kind}${line.text}` : line.text,
    number: { base: line.base, head: line.head },
    coverage: sidesOf(line, before, after),
    is_diff: isInDiff(line),
    added: line.kind === "+",
    removed: line.kind === "-",
    sessions: countHits(line, after, seen),
  }));
}

function sidesOf(
  { base, head }: DiffLine,
  before: ReadonlyMap<number, LineCode>,
  after: ReadonlyMap<number, LineCode>,
): { readonly base: LineCode | null; readonly head: LineCode | null } {
  return {
    base: base === null ? null : (before.get(base) ?? null),
    head: head === null ? null : (after.get(head) ?? null),
  };
}

/** How many sessions hit a line; null if it is not hit. */
function countHits(
  { head }: DiffLine,
  after: ReadonlyMap<number, LineCode>,
  seen: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): number | null {
  if (head === null || after.get(head) !== LINE_CODES.hit) return null;
  return Object.values(seen[head] ?? {}).filter((value) => value === 1).length;
}

/** The hunks of a file as the segments of a page. */
export function segmentsOf(comparison: Comparison, head: FileLines): unknown[] {
  const [before, after] = [codesOf(baseOf(comparison, head.name)), codesOf(head)];
  return (comparison.diff.get(head.name)?.hunks ?? []).map(({ header, lines }) => ({
    header,
    has_unintended_changes: false,
    lines: lines.map((line) => {
      const coverage = sidesOf(line, before, after);
      return {
        base_number: line.base,
        head_number: line.head,
        base_coverage: coverage.base,
        head_coverage: coverage.head,
        content: `${line.kind} ${line.text}`,
      };
    }),
  }));
}
