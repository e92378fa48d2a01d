import { showHidden } from "#kernel/visible-text.ts";
import { countColumns, padToColumns, wrapToColumns } from "./columns.ts";
import type { Figure, Property } from "./figures.ts";

/** What stands before each line of a list or an explanation. */
export const INDENT = "  ";

const GAP = "  ";

/** A text of which others may have written a part, in lines of at most `width` columns after `indent`. */
export function formatText(text: string, width: number, indent: string): string {
  const lines = wrapToColumns(showHidden(text), width - indent.length);
  return lines.map((line) => `${indent}${line}\n`).join("");
}

/** A line or more for each figure, with label, value and detail below each other. */
export function* formatFigures(figures: readonly Figure[], width: number): Generator<string> {
  const labels = Math.max(...figures.map(({ label }) => label.length));
  const values = Math.max(...figures.map(({ value }) => value.length));
  for (const { label, value, detail } of figures) {
    const head = `${INDENT}${label.padEnd(labels)}${GAP}${value.padStart(values)}${GAP}`;
    yield formatBehind(head, detail, width);
  }
}

/** A line or more for each property, with the values below each other. */
export function* formatProperties(properties: readonly Property[], width: number): Generator<string> {
  const labels = Math.max(...properties.map(({ label }) => label.length));
  for (const { label, value } of properties) {
    yield formatBehind(`${INDENT}${padToColumns(label, labels)}${GAP}`, showHidden(value), width);
  }
}

/** `text` after `head`, with its further lines below its first one; all below `head` if a word has no room after it. */
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
