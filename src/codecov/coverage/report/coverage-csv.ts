import type { Verdict } from "#codecov/coverage/model/rules.ts";
import { BYTE_ORDER_MARK, formatCsvLine } from "#format/csv.ts";
import type { CoverageContent, CoverageFacts, PullRow, RepositoryRow } from "./report-rows.ts";
import { toIso } from "./words.ts";

/** Empty is unknown. */
type Cell = string | number | null;

const REPOSITORY: Readonly<Record<string, (row: RepositoryRow, facts: CoverageFacts) => Cell>> = {
  service: (_, { organization }) => organization.service,
  owner: (_, { organization }) => organization.owner,
  repository: ({ name }) => name,
  private: ({ repository }) => toYesNo(repository.private),
  branch: ({ repository }) => repository.branch,
  language: ({ repository }) => repository.language,
  state: ({ state }) => state,
  reason: ({ repository }) => repository.reason,
  coverage: ({ assessment }) => assessment.coverage,
  files: (row) => readTotals(row, "files"),
  lines: (row) => readTotals(row, "lines"),
  hits: (row) => readTotals(row, "hits"),
  misses: (row) => readTotals(row, "misses"),
  partials: (row) => readTotals(row, "partials"),
  branches: (row) => readTotals(row, "branches"),
  sessions: (row) => readTotals(row, "sessions"),
  reported_at: ({ assessment }) => toTime(assessment.reportedAt),
  minimum: ({ assessment }) => assessment.minimum,
  below_minimum: ({ assessment }) => toYesNo(assessment.belowMinimum),
  delta_30d: ({ assessment }) => assessment.delta30d,
  declining: ({ assessment }) => toYesNo(assessment.declining),
  delta_7d: ({ assessment }) => assessment.delta7d,
  dropped: ({ assessment }) => toYesNo(assessment.dropped),
  stale: ({ assessment }) => toYesNo(assessment.stale),
  other_branch: ({ assessment }) => assessment.otherBranch,
  attention: ({ assessment }) => assessment.attention.join(" "),
  ignored: ({ assessment }) => toYesNo(assessment.match.ignore),
  read_at: ({ repository }) => toIso(repository.readAt),
  taken_at: (_, { takenAt }) => toIso(takenAt),
  url: ({ url }) => url,
};

const PULL: Readonly<Record<string, (row: PullRow, facts: CoverageFacts) => Cell>> = {
  service: (_, { organization }) => organization.service,
  owner: (_, { organization }) => organization.owner,
  repository: ({ pull }) => pull.repository,
  number: ({ pull }) => pull.number,
  title: ({ pull }) => pull.title,
  author: ({ pull }) => pull.author,
  state: ({ pull }) => pull.state,
  coverage: ({ figures }) => figures.coverage,
  delta: ({ figures }) => figures.delta,
  patch: ({ figures }) => figures.patch,
  patch_lines: ({ figures }) => figures.patchLines,
  patch_minimum: ({ match }) => (match.ignore ? null : match.rules.patchMinimum),
  holds_patch_minimum: ({ holdsPatchRule }) => toYesNo(holdsPatchRule),
  base_commit: ({ pull }) => pull.details?.baseCommit?.sha ?? null,
  head_commit: ({ pull }) => pull.details?.headCommit?.sha ?? null,
  risk_points: ({ risk }) => risk?.points ?? null,
  read_at: ({ pull }) => toIso(pull.readAt),
  url: ({ url }) => url,
};

export interface CsvOptions {
  /** Whether it begins with a byte order mark: for files that people open, not for programs that read a pipe. */
  readonly byteOrderMark: boolean;
}

/**
 * One line per repository, or per pull request if only those were asked for, in pieces, as {@link formatCsvLine} writes them. An
 * empty cell is unknown.
 */
export function* renderCsv(
  { facts, repositories, pulls }: CoverageContent,
  { byteOrderMark }: CsvOptions,
): Generator<string> {
  if (byteOrderMark) yield BYTE_ORDER_MARK;
  yield* repositories === null
    ? renderLines(PULL, pulls, facts)
    : renderLines(REPOSITORY, repositories, facts);
}

function* renderLines<Row>(
  columns: Readonly<Record<string, (row: Row, facts: CoverageFacts) => Cell>>,
  rows: readonly Row[],
  facts: CoverageFacts,
): Generator<string> {
  yield formatCsvLine(Object.keys(columns));
  const readers = Object.values(columns);
  for (const row of rows) yield formatCsvLine(readers.map((read) => read(row, facts) ?? ""));
}

function readTotals(
  { repository, assessment }: RepositoryRow,
  count: "files" | "lines" | "hits" | "misses" | "partials" | "branches" | "sessions",
): Cell {
  return assessment.coverage === null ? null : (repository.totals?.[count] ?? null);
}

function toTime(at: number | null): Cell {
  return at === null ? null : toIso(at);
}

function toYesNo(verdict: Verdict): string {
  if (verdict === null) return "";
  return verdict ? "yes" : "no";
}
