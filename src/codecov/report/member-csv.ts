import { BYTE_ORDER_MARK, formatCsvLine } from "#format/csv.ts";
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
  // For the reviewer.
  decision: () => "",
  reviewer: () => "",
};

export interface CsvOptions {
  /** Whether it begins with a byte order mark: for files that people open, not for programs that read a pipe. */
  readonly byteOrderMark: boolean;
}

/**
 * One line per member, and per person who has left, with everything that is known, in pieces, as
 * {@link formatCsvLine} writes them.
 */
export function* renderCsv(review: ReviewContent, { byteOrderMark }: CsvOptions): Generator<string> {
  if (byteOrderMark) yield BYTE_ORDER_MARK;
  yield formatCsvLine(Object.keys(COLUMNS));
  const readers = Object.values(COLUMNS);
  for (const finding of review.list("everybody"))
    yield formatCsvLine(readers.map((read) => read(finding, review)));
}

function toYesNo(value: boolean | null): string {
  if (value === null) return "";
  return value ? "yes" : "no";
}
