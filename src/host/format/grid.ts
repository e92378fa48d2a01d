import { countColumns, padToColumns, wrapToColumns } from "./columns.ts";

/**
 * Columns of a list on a terminal. Nothing is cut: an id or an address that is only half there is of no use to
 * anybody. Texts are wrapped at their blanks, and a word that is wider than its column has a line of its own, with the
 * cells after it below.
 */

const GAP = 2;

/** No column is made narrower than this. */
const MIN_COLUMN = 8;

/** A column that may be left out if there is no room even for the narrowest form of all. */
export interface GridColumn {
  readonly title: string;
  readonly isDispensable?: boolean;
  /** It is not made narrower than this, or than its longest cell if that takes less; 8 unless given. */
  readonly least?: number;
  /** Cells stand below each other at the right, and are never wrapped. */
  readonly isNumber?: boolean;
  /** Cells are never wrapped, such as those with a picture. */
  readonly isFixed?: boolean;
}

export interface Grid {
  /** The titles, then the rows; each can be several lines, which end in line breaks. */
  readonly rows: readonly string[];
  /** Titles of the columns that had no room. */
  readonly leftOut: readonly string[];
}

/** Lays out `rows`, which have a cell for each column, in lines of `width` columns, each after `indent`. */
export function layOutGrid(
  columns: readonly GridColumn[],
  rows: readonly (readonly string[])[],
  width: number,
  indent: string,
): Grid {
  const room = width - indent.length;
  const aligned = alignNumbers(columns, rows);
  const kept = columns.map((_, index) => index);
  const leftOut: string[] = [];
  const least = columns.map((column, index) =>
    narrowest(
      column,
      aligned.map((row) => row[index] ?? ""),
    ),
  );
  const takesAtLeast = () => sum(kept.map((index) => least[index] ?? 0)) + GAP * (kept.length - 1);
  while (takesAtLeast() > room) {
    const victim = kept.findLastIndex((index) => columns[index]?.isDispensable === true);
    if (victim === -1) break;
    leftOut.push(...kept.splice(victim, 1).map((index) => columns[index]?.title ?? ""));
  }
  const [titles = [], ...cells] = aligned.map((row) => kept.map((index) => row[index] ?? ""));
  const floors = kept.map((index) => least[index] ?? 0);
  const widths = chooseWidths(titles, cells, floors, room - GAP * (kept.length - 1));
  const formatted = [titles, ...cells].map((row) =>
    formatRow(row, widths, room)
      .map((line) => `${(indent + line).trimEnd()}\n`)
      .join(""),
  );
  return { rows: formatted, leftOut };
}

/** Titles and rows, with those of numbers filled up at the left to the width of the longest. */
function alignNumbers(columns: readonly GridColumn[], rows: readonly (readonly string[])[]): string[][] {
  const all = [columns.map(({ title }) => title), ...rows.map((row) => [...row])];
  for (const [index, { isNumber }] of columns.entries()) {
    if (isNumber !== true) continue;
    const width = Math.max(...all.map((row) => countColumns(row[index] ?? "")));
    for (const row of all) row[index] = (row[index] ?? "").padStart(width);
  }
  return all;
}

function narrowest(column: GridColumn | undefined, cells: readonly string[]): number {
  if (column?.isNumber === true || column?.isFixed === true) return Math.max(0, ...cells.map(countColumns));
  if (column?.least !== undefined) return Math.min(column.least, Math.max(...cells.map(countColumns)));
  return Math.max(MIN_COLUMN, column?.title.length ?? 0);
}

/**
 * Widths that fit into `room` where that is possible. Of all the steps in which a column can give way, that one comes
 * first which makes the fewest rows higher for each column of the terminal that it brings, so that one long id does not
 * take the room of everybody else's name.
 */
function chooseWidths(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  floors: readonly number[],
  room: number,
): number[] {
  const lengths = titles.map((_, index) => rows.map((row) => countColumns(row[index] ?? "")));
  const widths = titles.map((title, index) => Math.max(title.length, ...(lengths[index] ?? [])));
  while (sum(widths) > room) {
    const steps = widths.flatMap((width, index) => {
      const floor = floors[index] ?? 0;
      if (width <= floor) return [];
      const own = lengths[index] ?? [];
      const next = Math.max(floor, ...own.filter((length) => length < width));
      const cost = own.filter((length) => length > next).length / (width - next);
      return [{ index, next, cost }];
    });
    const [best] = steps.toSorted((a, b) => a.cost - b.cost);
    if (best === undefined) break;
    // Not further than needed: the rest of the line would stay empty.
    widths[best.index] = Math.max(best.next, (widths[best.index] ?? 0) - (sum(widths) - room));
  }
  return widths;
}

function formatRow(cells: readonly string[], widths: readonly number[], room: number): string[] {
  const lines: string[] = [];
  /** Where the cells that are still to come begin. */
  let top = 0;
  let start = 0;
  cells.forEach((cell, index) => {
    const width = widths[index] ?? 0;
    const isLast = index === cells.length - 1;
    let at = top;
    for (const part of wrapToColumns(cell, width)) {
      const taken = countColumns(part);
      const isTooWide = taken > width && !(isLast && start + taken <= room);
      // What reaches beyond the edge begins further to the left, where nothing else may stand.
      const from = isTooWide ? Math.max(0, Math.min(start, room - taken)) : start;
      if (from < start) at = Math.max(at, lines.length);
      lines[at] = padToColumns(lines[at] ?? "", from) + part;
      at += 1;
      if (isTooWide) top = at;
    }
    start += width + GAP;
  });
  return Array.from(lines, (line) => line ?? "");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
