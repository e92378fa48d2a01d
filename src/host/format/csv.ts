import { showHidden } from "#kernel/visible-text.ts";

/**
 * What a spreadsheet takes for a formula: a sign of one, full-width ones included, at the beginning of a cell, also
 * after blanks and quotes.
 */
const FORMULA = /^[\s"]*[=+\-@＝＋－＠]/;

/**
 * The same after what separates cells elsewhere: `;` where the comma is the decimal sign, `|`, and the comma itself
 * where the quotes around our cell mean nothing. Quotes before the sign would be taken for those of a cell. Tabs are
 * spelled out anyway.
 */
const FORMULA_BEHIND_SEPARATOR = /([,;|][\s"]*)(?=[=+\-@＝＋－＠])/g;

/** Begins a file that people open: without it Excel reads the text in the code page of the machine. */
export const BYTE_ORDER_MARK = "\ufeff";

/**
 * One line of RFC 4180, line end included. Written for spreadsheets: what would be a formula gets an apostrophe in
 * front, wherever a spreadsheet may begin a cell, and what cannot be seen is spelled out. Numbers stay numbers, negative
 * ones too.
 */
export function formatCsvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(toCell).join(",")}\r\n`;
}

function toCell(text: string | number): string {
  if (typeof text === "number") return String(text);
  const visible = showHidden(text);
  const begun = FORMULA.test(visible) ? `'${visible}` : visible;
  const harmless = begun.replace(FORMULA_BEHIND_SEPARATOR, "$1'");
  return /[",;|']|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
