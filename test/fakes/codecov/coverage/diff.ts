import type { ProviderFile } from "./provider.ts";

/** A line of a diff: on both sides, or added or removed. */
export interface DiffLine {
  readonly kind: " " | "+" | "-";
  readonly text: string;
  /** Null for an added line. */
  readonly base: number | null;
  /** Null for a removed line. */
  readonly head: number | null;
}

export interface Hunk {
  /** `-3,6 +3,9`. */
  readonly header: string;
  readonly lines: readonly DiffLine[];
}

/** The hunks of a file; none if it was only renamed. */
export function readHunks({ patch = "" }: ProviderFile): Hunk[] {
  const hunks: { header: string; lines: DiffLine[] }[] = [];
  let [base, head] = [0, 0];
  for (const line of patch === "" ? [] : patch.split("\n")) {
    const [, header, baseStart, headStart] = /^@@ (-(\d+)\S* \+(\d+)\S*) @@/.exec(line) ?? [];
    if (header !== undefined) {
      hunks.push({ header, lines: [] });
      [base, head] = [Number(baseStart), Number(headStart)];
      continue;
    }
    const kind = readKind(line);
    const numbers = { base: kind === "+" ? null : base++, head: kind === "-" ? null : head++ };
    hunks.at(-1)?.lines.push({ kind, text: line.slice(1), ...numbers });
  }
  return hunks;
}

function readKind(line: string): DiffLine["kind"] {
  const [first] = line;
  return first === "+" || first === "-" ? first : " ";
}

/** The lines of both sides that are the same in both: those of the hunks' context, and all between and behind the hunks. */
export function pairUnchanged(
  hunks: readonly Hunk[],
  headLines: number,
): (readonly [base: number, head: number])[] {
  const touched = new Map<number, number | null>();
  for (const { base, head } of hunks.flatMap(({ lines }) => lines))
    if (head !== null) touched.set(head, base);
  const shifts = hunks.map(shiftBehind);
  const pairs: (readonly [number, number])[] = [];
  for (let head = 1; head <= headLines; head++) {
    const shift = shifts.findLast(({ from }) => from <= head)?.shift ?? 0;
    const base = touched.has(head) ? touched.get(head) : head - shift;
    if (base !== null && base !== undefined) pairs.push([base, head]);
  }
  return pairs;
}

/** By how much lines behind a hunk have moved, and from which line of the head on. */
function shiftBehind({ header }: Hunk): { readonly from: number; readonly shift: number } {
  const [baseStart = 0, baseSize = 1, headStart = 0, headSize = 1] = (
    /^-(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))?$/.exec(header)?.slice(1) ?? []
  ).map((text: string | undefined) => (text === undefined ? undefined : Number(text)));
  const baseEnd = baseSize === 0 ? baseStart + 1 : baseStart + baseSize;
  const headEnd = headSize === 0 ? headStart + 1 : headStart + headSize;
  return { from: headEnd, shift: headEnd - baseEnd };
}
