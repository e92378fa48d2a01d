import { showHidden } from "#kernel/visible-text.ts";
import type { Finding } from "./findings.ts";
import type { ReviewContent } from "./review.ts";

const COLUMNS: Readonly<Record<string, (finding: Finding, review: ReviewContent) => string>> = {
  organization: (_, { facts }) => facts.owner ?? "",
  id: ({ id }) => id,
  username: ({ username }) => username ?? "",
  name: ({ name }) => name ?? "",
  email: ({ email }) => email ?? "",
  service: ({ service }) => service,
  seat: ({ hasSeat }) => toYesNo(hasSeat),
  admin: ({ isAdmin }) => toYesNo(isAdmin),
  seat_before: ({ hadSeat }) => toYesNo(hadSeat),
  admin_before: ({ wasAdmin }) => toYesNo(wasAdmin),
  session: ({ signIn }) => signIn,
  session_ends_at: ({ sessionEnds }) => sessionEnds ?? "",
  changes: ({ changes }) => changes.join(" "),
  possibly_same_as: ({ possiblySameAs }) => possiblySameAs ?? "",
  attention: ({ concerns }) => concerns.join(" "),
  shares_email_with: ({ sharesEmailWith }) => sharesEmailWith.join(" "),
};

/** A text that a spreadsheet would take for a formula, also behind blanks and in full-width characters. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;

/**
 * One line per member, and per person who has left, with everything that is known, in pieces: RFC 4180 in
 * UTF-8. Written for spreadsheets: what would be a formula gets an apostrophe in front, and what cannot be seen
 * is spelled out.
 */
export function* renderCsv(review: ReviewContent): Generator<string> {
  yield toLine(Object.keys(COLUMNS));
  const readers = Object.values(COLUMNS);
  for (const finding of review.list("everybody")) yield toLine(readers.map((read) => read(finding, review)));
}

function toLine(cells: readonly string[]): string {
  return `${cells.map(toCell).join(",")}\r\n`;
}

function toCell(text: string): string {
  const visible = showHidden(text);
  const harmless = FORMULA.test(visible) ? `'${visible}` : visible;
  return /[",']|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function toYesNo(value: boolean | null): string {
  if (value === null) return "";
  return value ? "yes" : "no";
}
