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
  name_before: ({ nameBefore }) => nameBefore ?? "",
  email_before: ({ emailBefore }) => emailBefore ?? "",
  sync_id: (_, { facts }) => facts.sync.id,
  sync_ended_at: (_, { facts }) => facts.sync.endedAt ?? "",
  previous_sync_id: (_, { facts }) => facts.previousSync?.id ?? "",
  previous_sync_ended_at: (_, { facts }) => facts.previousSync?.endedAt ?? "",
  file_sha256: (_, { facts }) => facts.sync.fileHash,
  // For whoever reviews it.
  decision: () => "",
  reviewer: () => "",
};

/**
 * What a spreadsheet takes for a formula: a sign of one, full-width ones included, at the beginning of a cell, also
 * behind blanks and quotes.
 */
const FORMULA = /^[\s"]*[=+\-@＝＋－＠]/;

/**
 * The same behind what separates cells elsewhere: `;` where the comma is the decimal sign, `|`, and the comma itself
 * where the quotes around our cell mean nothing. Quotes before the sign would be taken for those of a cell. Tabs are
 * spelled out anyway.
 */
const FORMULA_BEHIND_SEPARATOR = /([,;|][\s"]*)(?=[=+\-@＝＋－＠])/g;

/** Excel takes a file without it for text in the code page of the machine. */
const BYTE_ORDER_MARK = "\ufeff";

export interface CsvOptions {
  /** Whether it begins with a byte order mark: for files that people open, not for programs that read a pipe. */
  readonly byteOrderMark: boolean;
}

/**
 * One line per member, and per person who has left, with everything that is known, in pieces: RFC 4180 in
 * UTF-8. Written for spreadsheets: what would be a formula gets an apostrophe in front, wherever a spreadsheet may
 * begin a cell, and what cannot be seen is spelled out.
 */
export function* renderCsv(review: ReviewContent, { byteOrderMark }: CsvOptions): Generator<string> {
  if (byteOrderMark) yield BYTE_ORDER_MARK;
  yield toLine(Object.keys(COLUMNS));
  const readers = Object.values(COLUMNS);
  for (const finding of review.list("everybody")) yield toLine(readers.map((read) => read(finding, review)));
}

function toLine(cells: readonly string[]): string {
  return `${cells.map(toCell).join(",")}\r\n`;
}

function toCell(text: string): string {
  const visible = showHidden(text);
  const begun = FORMULA.test(visible) ? `'${visible}` : visible;
  const harmless = begun.replace(FORMULA_BEHIND_SEPARATOR, "$1'");
  return /[",;|']|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function toYesNo(value: boolean | null): string {
  if (value === null) return "";
  return value ? "yes" : "no";
}
