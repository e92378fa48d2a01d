import { pairUnchanged, readHunks } from "./diff.ts";
import type { ProviderComparison, ProviderFile } from "./provider.ts";
import { countLines, type FileLines, LINE_CODES, type LineCode, mergeReport } from "./report.ts";
import type { ComparedCounts, ComparedFile, DiffLines, StoredComparison, StoredReport } from "./stored.ts";

/** What the background computation of a comparison has to go by; reports that are not stored are undefined. */
export interface ComputationInput {
  readonly base: StoredReport | undefined;
  readonly head: StoredReport | undefined;
  /** What the git provider says lies between the two commits. */
  readonly provider: ProviderComparison;
}

/** Finishes a comparison the way the server's background task does. */
export function computeComparison(
  pending: StoredComparison,
  { base, head, provider }: ComputationInput,
): StoredComparison {
  if (base === undefined) return { ...pending, state: "error", error: "missing_base_report" };
  if (head === undefined) return { ...pending, state: "error", error: "missing_head_report" };
  const before = new Map(mergeReport(base).files.map((file) => [file.name, file]));
  const after = new Map(mergeReport(head).files.map((file) => [file.name, file]));
  const diff = new Map(provider.files.map((file) => [file.filename, file]));
  const renamed = new Set(provider.files.map(({ previous_filename }) => previous_filename));
  const names = new Set([...after.keys(), ...[...before.keys()].filter((name) => !renamed.has(name))]);
  const files = [...names].flatMap((name) => {
    const file = diff.get(name);
    return compareFile(name, file, before.get(file?.previous_filename ?? name), after.get(name)) ?? [];
  });
  return { ...pending, state: "processed", error: null, result: { files } };
}

/** Undefined for a file whose coverage is as it was. */
function compareFile(
  name: string,
  diff: ProviderFile | undefined,
  base: FileLines | undefined,
  head: FileLines | undefined,
): ComparedFile | undefined {
  const hunks = diff === undefined ? [] : readHunks(diff);
  const codes = new Map(head?.lines);
  const added = hunks
    .flatMap(({ lines }) => lines)
    .flatMap(({ kind, head: line }): DiffLines => {
      const code = kind === "+" && line !== null ? codes.get(line) : undefined;
      return line === null || code === undefined ? [] : [[line, LETTERS[code]]];
    });
  const unexpected = base === undefined || head === undefined ? [] : findUnexpected(hunks, base, head);
  const isOnBothSides = base !== undefined && head !== undefined;
  if (isOnBothSides && added.length === 0 && unexpected.length === 0) return undefined;
  return {
    base_name: diff?.previous_filename ?? name,
    head_name: name,
    file_was_added_by_diff: diff?.status === "added",
    file_was_removed_by_diff: diff?.status === "removed",
    base_coverage: base === undefined ? null : countsOf(base),
    head_coverage: head === undefined ? null : countsOf(head),
    removed_diff_coverage: base === undefined ? null : [],
    added_diff_coverage: head === undefined ? null : added,
    unexpected_line_changes: unexpected,
  };
}

const LETTERS: Readonly<Record<LineCode, string>> = {
  [LINE_CODES.hit]: "h",
  [LINE_CODES.miss]: "m",
  [LINE_CODES.partial]: "p",
};

function findUnexpected(
  hunks: ReturnType<typeof readHunks>,
  base: FileLines,
  head: FileLines,
): ComparedFile["unexpected_line_changes"] {
  const [before, after] = [new Map(base.lines), new Map(head.lines)];
  const pairs = pairUnchanged(hunks, head.lines.at(-1)?.[0] ?? 0);
  return pairs.flatMap(([baseLine, headLine]): ComparedFile["unexpected_line_changes"] => {
    const [was, is] = [before.get(baseLine), after.get(headLine)];
    if (was === undefined || is === undefined || was === is) return [];
    return [
      [
        [baseLine, LETTERS[was]],
        [headLine, LETTERS[is]],
      ],
    ];
  });
}

function countsOf(file: FileLines): ComparedCounts {
  const { hits, misses, partials } = countLines([file]);
  return { hits, misses, partials, branches: 0, sessions: 0, complexity: 0, complexity_total: 0, methods: 0 };
}
