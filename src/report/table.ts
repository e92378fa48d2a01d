import { showHidden } from "#kernel/visible-text.ts";
import { wrapText } from "#kernel/wrap-text.ts";
import { countColumns, fitToColumns } from "./columns.ts";
import { describeFigures, describeOrganization, describeTime, formatNumber } from "./overview.ts";
import type { ReviewContent } from "./review.ts";
import { type Column, describeSections, type Section } from "./sections.ts";

/** Rows of a list that are shown; nobody reads more on a terminal. */
const MAX_ROWS = 40;

/** No column is made narrower than this for the sake of the last one, which says what was found. */
const MIN_COLUMN = 12;

const INDENT = "  ";
const GAP = "  ";

/**
 * The review for a terminal, in pieces.
 *
 * @param width columns that a line may take
 */
export function* renderTable(review: ReviewContent, width: number): Generator<string> {
  const { facts } = review;
  const compared = facts.previousSync === null ? "" : `, compared with ${describeTime(facts.previousSync)}`;
  yield `${showHidden(`Codecov access review: ${describeOrganization(facts)}`)}\n`;
  yield `${showHidden(`${describeTime(facts.sync)}${compared}, from ${facts.file}`)}\n\n`;
  const figures = describeFigures(facts).map(({ label, value, detail }) => [label, value, detail]);
  for (const line of alignFigures(figures)) yield `${INDENT}${line}\n`;
  for (const note of facts.notes) yield `\n${wrapText(showHidden(note), width, INDENT)}\n`;
  for (const section of describeSections(facts)) yield* renderSection(review, section, width);
}

function alignFigures(figures: readonly (readonly string[])[]): string[] {
  const widthOf = (column: number) => Math.max(...figures.map((cells) => cells[column]?.length ?? 0));
  const [labels, values] = [widthOf(0), widthOf(1)];
  return figures.map(([label = "", value = "", detail = ""]) =>
    `${label.padEnd(labels)}${GAP}${value.padStart(values)}${GAP}${detail}`.trimEnd(),
  );
}

function* renderSection(review: ReviewContent, section: Section, width: number): Generator<string> {
  const { title, count, explanation, columns } = section;
  yield `\n${title.toUpperCase()} (${count === undefined ? "unknown" : formatNumber(count)})\n`;
  if (count === 0) return;
  yield `${wrapText(explanation, width, INDENT)}\n`;
  if (count === undefined) return;
  const rows = takeRows(review, section);
  const widths = fitColumns(columns, rows, width - INDENT.length);
  yield "\n";
  yield formatRow(
    columns.map((column) => column.title),
    widths,
  );
  for (const row of rows) yield formatRow(row, widths);
  if (count > rows.length) {
    const rest = formatNumber(count - rows.length);
    yield `${INDENT}… and ${rest} more; --format csv or json shows all\n`;
  }
}

function takeRows(review: ReviewContent, { list, columns }: Section): string[][] {
  const rows: string[][] = [];
  for (const finding of review.list(list)) {
    if (rows.length === MAX_ROWS) break;
    rows.push(columns.map((column) => showHidden(column.read(finding))));
  }
  return rows;
}

/** Widths of columns that fit into `available`: the widest ones give way, but never the last one. */
function fitColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  available: number,
): number[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => countColumns(row[index] ?? ""))),
  );
  const room = available - GAP.length * (columns.length - 1);
  for (let surplus = sum(widths) - room; surplus > 0; surplus -= 1) {
    const widest = widths.indexOf(Math.max(...widths.slice(0, -1)));
    const width = widths[widest] ?? 0;
    if (width <= MIN_COLUMN) break;
    widths[widest] = width - 1;
  }
  return widths;
}

function formatRow(cells: readonly string[], widths: readonly number[]): string {
  const fitted = cells.map((cell, index) => fitToColumns(cell, widths[index] ?? 0));
  return `${`${INDENT}${fitted.join(GAP)}`.trimEnd()}\n`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
