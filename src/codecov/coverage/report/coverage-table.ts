import { type GridColumn, layOutGrid } from "#format/grid.ts";
import { formatNumber, formatPercent, formatPoints, UNKNOWN_NUMBER } from "#format/number.ts";
import { formatSparkline } from "#format/sparkline.ts";
import { formatFigures, formatText, INDENT } from "#format/text.ts";
import { formatAge } from "#format/times.ts";
import { showHidden } from "#kernel/visible-text.ts";
import type { CoverageContent, CoverageFacts, PullRow, RepositoryRow } from "./report-rows.ts";
import {
  countPulls,
  countRepositories,
  DELTA_NOTE,
  describeAge,
  describeFile,
  describeOrganization,
  describeOverview,
  describePatch,
  describePull,
  describePullSubject,
  describeRepository,
  describeTime,
  explainMissingFiles,
  markRepository,
  namePull,
} from "./words.ts";

/** Rows that are shown; nobody reads more on a terminal. */
const MAX_REPOSITORIES = 1_000;
const MAX_PULLS = 1_000;
const MAX_FILES = 200;

/** Pull requests below a table of repositories. */
const MAX_PULLS_BELOW = 20;

/** Columns that names and notes keep; before they get fewer, other columns are left out. */
const NAME_COLUMNS = 24;
const NOTE_COLUMNS = 20;

/** Columns for a trend, the first for which the line is wide enough. */
const TREND_COLUMNS = [
  { width: 130, columns: 30 },
  { width: 100, columns: 15 },
  { width: 0, columns: 10 },
] as const;

/**
 * The report for a terminal, in pieces and without colours. No name is cut or broken, so a line can be longer than the terminal
 * is wide if one of them is.
 *
 * @param width columns that a line may take
 */
export function* renderTable(content: CoverageContent, width: number): Generator<string> {
  const { facts, repositories, pulls } = content;
  yield formatText(`Codecov coverage: ${describeOrganization(facts)}`, width, "");
  yield formatText(describeTime(facts), width, "");
  for (const note of facts.notes) yield formatText(note, width, "");
  if (content.pull !== null) {
    yield* renderPull(content.pull, facts, width);
    return;
  }
  if (repositories === null) {
    yield* renderPulls(pulls, facts, width, MAX_PULLS);
    return;
  }
  yield "\n";
  yield* renderRepositories(repositories, facts, width);
  if (pulls.length > 0) yield* renderPulls(pulls, facts, width, MAX_PULLS_BELOW);
}

function* renderRepositories(
  rows: readonly RepositoryRow[],
  facts: CoverageFacts,
  width: number,
): Generator<string> {
  const { columns: trendColumns } = TREND_COLUMNS.find((step) => width >= step.width) ?? TREND_COLUMNS[2];
  const columns: readonly GridColumn[] = [
    { title: "Repository", least: NAME_COLUMNS },
    { title: "Coverage", isNumber: true },
    { title: "Age", isNumber: true },
    { title: "Δ30d", isNumber: true, isDispensable: true },
    { title: `${facts.days.length} days`, isFixed: true, isDispensable: true },
    { title: "Minimum", isNumber: true, isDispensable: true },
    { title: "Branch", isDispensable: true },
    { title: "Note", least: NOTE_COLUMNS },
  ];
  const cells = rows.slice(0, MAX_REPOSITORIES).map((row) => {
    const { repository, assessment, trend } = row;
    return [
      showHidden(row.name),
      formatPercent(assessment.coverage),
      describeAge(row, facts),
      formatPoints(assessment.delta30d),
      repository.detailsReadAt === null ? "" : formatSparkline(trend, trendColumns),
      formatPercent(assessment.minimum),
      showHidden(repository.branch ?? UNKNOWN_NUMBER),
      describeNote(row, facts),
    ];
  });
  if (rows.length > 0) yield* renderGrid(columns, cells, width);
  if (rows.length > cells.length)
    yield `${INDENT}… and ${formatNumber(rows.length - cells.length)} more; --format csv or json shows all\n`;
  if (rows.length < facts.names.length)
    yield formatText(
      `(${formatNumber(rows.length)} of ${countRepositories(facts.names.length)} shown)`,
      width,
      INDENT,
    );
  const { overview } = facts;
  yield "\n";
  yield formatText(
    `organization  ${formatPercent(overview.coverage)} ${describeOverview(overview)}`,
    width,
    INDENT,
  );
}

/** Marks first, then what explains them. */
function describeNote(row: RepositoryRow, facts: CoverageFacts): string {
  const marks = markRepository(row)
    .map(({ text }) => text)
    .join(", ");
  return showHidden([marks, describeRepository(row, facts)].filter((part) => part !== "").join(": "));
}

function* renderPulls(
  pulls: readonly PullRow[],
  { now }: CoverageFacts,
  width: number,
  most: number,
): Generator<string> {
  yield `\nOPEN PULL REQUESTS (${formatNumber(pulls.length)})\n`;
  if (pulls.length === 0) return;
  yield formatText(`The largest loss first. ${DELTA_NOTE}`, width, INDENT);
  yield "\n";
  const columns: readonly GridColumn[] = [
    { title: "Pull request", least: NAME_COLUMNS },
    { title: "Change", isNumber: true },
    { title: "Patch", isNumber: true },
    { title: "Coverage", isNumber: true },
    { title: "Read", isNumber: true },
    { title: "Author", isDispensable: true },
    { title: "Title", isDispensable: true },
  ];
  const rows = pulls.slice(0, most).map((row) => {
    const { pull, figures } = row;
    return [
      showHidden(namePull(row)),
      formatPoints(figures.delta),
      describePatch(row),
      formatPercent(figures.coverage),
      formatAge(now - pull.readAt),
      showHidden(pull.author ?? UNKNOWN_NUMBER),
      showHidden(pull.title ?? UNKNOWN_NUMBER),
    ];
  });
  yield* renderGrid(columns, rows, width);
  if (pulls.length > rows.length)
    yield `${INDENT}… and ${countPulls(pulls.length - rows.length)} more; --only pulls shows all\n`;
}

function* renderPull(row: PullRow, facts: CoverageFacts, width: number): Generator<string> {
  yield `\n${formatText(`${namePull(row)}: ${describePullSubject(row)}`, width, "")}`;
  if (row.url !== null) yield formatText(row.url, width, "");
  yield "\n";
  yield* formatFigures(describePull(row, facts), width);
  const files = row.pull.details?.files ?? [];
  yield `\nCHANGED FILES${files.length === 0 ? "" : ` (${formatNumber(files.length)})`}\n`;
  const missing = explainMissingFiles(row);
  if (missing !== undefined) yield formatText(missing, width, INDENT);
  else if (files.length === 0) yield formatText("None has a report.", width, INDENT);
  if (files.length > 0) {
    const columns = [
      { title: "File", least: NAME_COLUMNS },
      { title: "Patch", isNumber: true },
      { title: "After", isNumber: true },
      { title: "Before", isNumber: true },
    ];
    const cells = files.slice(0, MAX_FILES).map((file) => describeFile(file).map(showHidden));
    yield* renderGrid(columns, cells, width);
    if (files.length > cells.length)
      yield `${INDENT}… and ${formatNumber(files.length - cells.length)} more; --format json shows all\n`;
  }
  const without = row.risk?.withoutReport ?? row.pull.details?.untracked ?? [];
  if (without.length === 0) return;
  yield `\nCHANGED FILES WITHOUT A REPORT (${formatNumber(without.length)})\n`;
  for (const path of without.slice(0, MAX_FILES)) yield formatText(path, width, INDENT);
  if (without.length > MAX_FILES) yield `${INDENT}… and ${formatNumber(without.length - MAX_FILES)} more\n`;
}

function* renderGrid(
  columns: readonly GridColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): Generator<string> {
  const grid = layOutGrid(columns, rows, width, INDENT);
  yield* grid.rows;
  if (grid.leftOut.length === 0) return;
  const [are, them] = grid.leftOut.length === 1 ? ["column", "does"] : ["columns", "do"];
  yield formatText(
    `(The ${are} ${grid.leftOut.join(", ")} ${them} not fit into ${width} characters.)`,
    width,
    INDENT,
  );
}
