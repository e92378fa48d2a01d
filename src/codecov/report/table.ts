import { layOutGrid } from "#format/grid.ts";
import { formatNumber } from "#format/number.ts";
import { formatFigures, formatProperties, formatText, INDENT } from "#format/text.ts";
import { showHidden } from "#kernel/visible-text.ts";
import { describeFigures, describeOrganization } from "./overview.ts";
import { describeComparison, describeSource } from "./provenance.ts";
import type { ReviewContent } from "./review.ts";
import { describeSections, type Section } from "./sections.ts";

/** Rows of a list that are shown; nobody reads more on a terminal. */
const MAX_ROWS = 40;

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
  yield* formatFigures(describeFigures(facts), width);
  for (const note of facts.notes) yield `\n${formatText(note, width, INDENT)}`;
  for (const section of describeSections(facts)) yield* renderSection(review, section, width);
  yield "\nALL MEMBERS\n";
  yield formatText(
    "The formats html, csv and json list them, the first two with room for decisions.",
    width,
    INDENT,
  );
  yield "\nWHERE THIS COMES FROM\n";
  yield* formatProperties(describeSource(facts), width);
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
    yield formatText(`(The column ${column} does not fit into ${width} characters.)`, width, INDENT);
  }
  if (count > rows.length) {
    const rest = formatNumber(count - rows.length);
    yield `${INDENT}… and ${rest} more; --format csv or json shows all\n`;
  }
}

function takeRows(review: ReviewContent, { list, columns }: Section): string[][] {
  const findings = Iterator.from(review.list(list)).take(MAX_ROWS);
  const rows = findings.map((finding) => columns.map((column) => showHidden(column.read(finding))));
  return rows.toArray();
}
