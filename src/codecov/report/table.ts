import { countColumns, padToColumns, wrapToColumns } from "#format/columns.ts";
import { layOutGrid } from "#format/grid.ts";
import { formatNumber } from "#format/number.ts";
import { showHidden } from "#kernel/visible-text.ts";
import { describeFigures, describeOrganization, type Figure } from "./overview.ts";
import { describeComparison, describeSource, type Fact } from "./provenance.ts";
import type { ReviewContent } from "./review.ts";
import { describeSections, type Section } from "./sections.ts";

/** Rows of a list that are shown; nobody reads more on a terminal. */
const MAX_ROWS = 40;

const INDENT = "  ";
const GAP = "  ";

/**
 * The review for a terminal, in pieces. No id and no address is cut or broken, so a line can be longer than the
 * terminal is wide if one of them is.
 *
 * @param width columns that a line may take
 */
export function* renderTable(review: ReviewContent, width: number): Generator<string> {
  const { facts } = review;
  yield formatText(`Codecov access review: ${describeOrganization(facts)}`, width, "");
  for (const sentence of describeComparison(facts)) yield formatText(sentence, width, "");
  yield "\n";
  yield* renderFigures(describeFigures(facts), width);
  for (const note of facts.notes) yield `\n${formatText(note, width, INDENT)}`;
  for (const section of describeSections(facts)) yield* renderSection(review, section, width);
  yield "\nALL MEMBERS\n";
  yield formatText(
    "The forms html, csv and json list them, with room for decisions in the first two.",
    width,
    INDENT,
  );
  yield "\nWHERE THIS COMES FROM\n";
  yield* renderFacts(describeSource(facts), width);
}

/** A text of which others may have written a part, in lines behind `indent`. */
function formatText(text: string, width: number, indent: string): string {
  const lines = wrapToColumns(showHidden(text), width - indent.length);
  return lines.map((line) => `${indent}${line}\n`).join("");
}

function* renderFigures(figures: readonly Figure[], width: number): Generator<string> {
  const labels = Math.max(...figures.map(({ label }) => label.length));
  const values = Math.max(...figures.map(({ value }) => value.length));
  for (const { label, value, detail } of figures) {
    const head = `${INDENT}${label.padEnd(labels)}${GAP}${value.padStart(values)}${GAP}`;
    yield formatBehind(head, detail, width);
  }
}

function* renderFacts(facts: readonly Fact[], width: number): Generator<string> {
  const labels = Math.max(...facts.map(({ label }) => label.length));
  for (const { label, value } of facts) {
    yield formatBehind(`${INDENT}${padToColumns(label, labels)}${GAP}`, showHidden(value), width);
  }
}

/** `text` behind `head`, with its further lines below its first one; all below `head` if a word has no room behind it. */
function formatBehind(head: string, text: string, width: number): string {
  const start = countColumns(head);
  const longest = Math.max(...text.split(" ").map(countColumns));
  const isBehind = start + longest <= width;
  const indent = isBehind ? start : 2 * INDENT.length;
  const lines = wrapToColumns(text, width - indent).map((line) => " ".repeat(indent) + line);
  const [first = "", ...more] = lines;
  return (isBehind ? [head + first.slice(start), ...more] : [head, ...lines])
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function* renderSection(review: ReviewContent, section: Section, width: number): Generator<string> {
  const { title, count, explanation, columns } = section;
  yield `\n${title.toUpperCase()} (${count === undefined ? "unknown" : formatNumber(count)})\n`;
  if (count === 0) return;
  yield formatText(explanation, width, INDENT);
  if (count === undefined) return;
  const rows = takeRows(review, section);
  const grid = layOutGrid(columns, rows, width, INDENT);
  yield "\n";
  yield* grid.rows;
  for (const column of grid.leftOut) {
    yield formatText(`(There is no room for the column ${column} in ${width} columns.)`, width, INDENT);
  }
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
