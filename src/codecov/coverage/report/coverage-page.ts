import type { Figure, Property } from "#format/figures.ts";
import { renderShares, renderTrend, type Share } from "#format/html-charts.ts";
import {
  type Markup,
  type PageColumn,
  renderCharts,
  renderFoot,
  renderHead,
  renderLink,
  renderMarks,
  renderNotes,
  renderProperties,
  renderRows,
  renderSection,
  renderTiles,
} from "#format/html-page.ts";
import { makeStyle } from "#format/html-style.ts";
import { renderTabs } from "#format/html-tabs.ts";
import { formatNumber, formatPercent, formatPoints, UNKNOWN_NUMBER } from "#format/number.ts";
import { formatAge, formatTime } from "#format/times.ts";
import type { CoverageContent, CoverageFacts, PullRow, RepositoryRow } from "./report-rows.ts";
import {
  countRepositories,
  DELTA_NOTE,
  describeAge,
  describeFile,
  describeNotMeasured,
  describeOrganization,
  describePatch,
  describePull,
  describePullSubject,
  describeRepository,
  describeTime,
  describeTrend,
  explainMissingFiles,
  markRepository,
  namePull,
  toIso,
} from "./words.ts";

const STYLE = makeStyle({
  shares: [
    { name: "hit", light: "#2f6fde", dark: "#5b93f5" },
    { name: "partial", light: "#e0a31e", dark: "#f0bd4a" },
    { name: "miss", light: "#c2571a", dark: "#e78650" },
    { name: "none", light: "#d5dae3", dark: "#363e4d" },
    { name: "unknown", light: "#8f99ab", dark: "#7b8599" },
  ],
});

const REPOSITORY_COLUMNS: readonly PageColumn[] = [
  { title: "Repository" },
  { title: "Coverage", isNumber: true },
  { title: "Age", isNumber: true },
  { title: "Trend" },
  { title: "30 days", isNumber: true },
  { title: "Minimum", isNumber: true },
  { title: "Note" },
];

const PULL_COLUMNS: readonly PageColumn[] = [
  { title: "Pull request" },
  { title: "Change", isNumber: true },
  { title: "Patch", isNumber: true },
  { title: "Coverage", isNumber: true },
  { title: "Read", isNumber: true },
  { title: "Author" },
];

const FILE_COLUMNS: readonly PageColumn[] = [
  { title: "File" },
  { title: "Patch", isNumber: true },
  { title: "After", isNumber: true },
  { title: "Before", isNumber: true },
];

/** The report as one page without scripts that loads nothing, in pieces. */
export function* renderHtml(content: CoverageContent): Generator<string> {
  const { facts, repositories, pulls, pull } = content;
  if (pull !== null) {
    yield* renderPull(pull, facts);
    return;
  }
  yield renderHead({
    kind: "Codecov coverage",
    subject: describeOrganization(facts),
    sentences: [describeTime(facts), ...describeChoice(content)],
    style: STYLE,
  });
  yield renderTiles(describeFigures(content));
  yield renderCharts([
    { title: "Lines", content: renderShares("Lines", shareLines(facts), "No repository is measured.") },
    {
      title: "Repositories",
      content: renderShares("Repositories", shareRepositories(facts), "There is no repository."),
    },
  ]);
  yield renderNotes([...facts.notes, ...describeLeftOut(facts)]);
  const pullsTab = {
    id: "pulls",
    title: "Pull requests",
    badge: formatNumber(pulls.length),
    explanation:
      pulls.length === 0
        ? "No open pull request is stored."
        : `Open ones, the largest loss first. ${DELTA_NOTE}`,
    content: renderPulls(pulls, facts),
  };
  if (repositories === null) {
    yield* renderSection(pullsTab, pullsTab.content);
  } else {
    const urgent = repositories.filter(({ assessment }) => assessment.attention.length > 0);
    yield* renderTabs("What to show", [
      {
        id: "attention",
        title: "Needs attention",
        badge: formatNumber(urgent.length),
        explanation:
          urgent.length === 0 ? "Nothing needs a person." : "What needs a person, the most urgent first.",
        content: renderRepositories(urgent, facts),
      },
      {
        id: "all",
        title: "All",
        badge: formatNumber(repositories.length),
        explanation:
          repositories.length === 0 ? "None." : `Unknown is ${UNKNOWN_NUMBER}, and never counts as 0.`,
        content: renderRepositories(repositories, facts),
      },
      pullsTab,
    ]);
  }
  yield* renderSection(
    {
      id: "source",
      title: "How to read this",
      explanation: "Percentages are rounded down. All times are UTC.",
    },
    [renderProperties(describeReading(facts))],
  );
  yield renderEnd(facts);
}

function* renderPull(row: PullRow, facts: CoverageFacts): Generator<string> {
  yield renderHead({
    kind: `Codecov coverage of a pull request, ${describeOrganization(facts)}`,
    subject: namePull(row),
    sentences: [describePullSubject(row)],
    style: STYLE,
  });
  yield renderTiles(describePull(row, facts));
  yield renderNotes(facts.notes);
  const { details } = row.pull;
  const files = details?.files ?? [];
  const explanation = explainMissingFiles(row) ?? (files.length === 0 ? "None has a report." : "");
  yield* renderSection(
    {
      id: "files",
      title: "Changed files",
      badge: details === null ? "unknown" : formatNumber(files.length),
      explanation,
    },
    files.length === 0 ? [] : renderRows(FILE_COLUMNS, files.map(describeFile)),
  );
  const without = row.risk?.withoutReport ?? details?.untracked ?? [];
  if (without.length > 0)
    yield* renderSection(
      {
        id: "without",
        title: "Changed files without a report",
        badge: formatNumber(without.length),
        explanation: "They count neither for coverage nor for risk.",
      },
      renderRows(
        [{ title: "File" }],
        without.map((path) => [path]),
      ),
    );
  yield renderEnd(facts);
}

function renderEnd({ madeBy }: CoverageFacts): string {
  return renderFoot(`Made by ${madeBy} without contacting Codecov.`);
}

function describeLeftOut({ overview }: CoverageFacts): string[] {
  const text = describeNotMeasured(overview);
  return text === "" ? [] : [`In no figure of the organization: ${text}.`];
}

function describeChoice({ facts, repositories }: CoverageContent): string[] {
  if (repositories === null || repositories.length === facts.names.length) return [];
  return [`Shows ${formatNumber(repositories.length)} of ${countRepositories(facts.names.length)}.`];
}

function describeFigures({ facts: { overview }, pulls }: CoverageContent): Figure[] {
  const { coverage, totals, measured, notMeasured, belowMinimum, declining, stale } = overview;
  const losing = pulls.filter(({ figures }) => figures.delta !== null && figures.delta < 0).length;
  const describeUnknown = (unknown: number) => (unknown === 0 ? "" : `unknown for ${formatNumber(unknown)}`);
  const judged = belowMinimum.yes + belowMinimum.no + belowMinimum.unknown;
  return [
    {
      label: "Coverage",
      value: formatPercent(coverage),
      detail: totals === null ? "no repository is measured" : `of ${formatNumber(totals.lines)} lines`,
      list: undefined,
    },
    {
      label: "Measured repositories",
      value: formatNumber(measured),
      detail: notMeasured === 0 ? "all of them" : `${formatNumber(notMeasured)} not measured`,
      list: undefined,
    },
    {
      label: "Below minimum",
      value: judged === 0 ? UNKNOWN_NUMBER : formatNumber(belowMinimum.yes),
      detail: judged === 0 ? "no repository has a minimum" : `of ${formatNumber(judged)} that have a minimum`,
      list: undefined,
    },
    {
      label: "Declining",
      value: formatNumber(declining.yes),
      detail: describeUnknown(declining.unknown),
      list: undefined,
    },
    {
      label: "Stale",
      value: formatNumber(stale.yes),
      detail: describeUnknown(stale.unknown),
      list: undefined,
    },
    {
      label: "Pull requests that lose coverage",
      value: formatNumber(losing),
      detail: `of ${formatNumber(pulls.length)} open ones`,
      list: undefined,
    },
  ];
}

function shareLines({ overview: { totals } }: CoverageFacts): Share[] {
  if (totals === null) return [];
  return [
    { label: "Covered", count: totals.hits, colour: "hit" },
    { label: "Partly covered", count: totals.partials, colour: "partial" },
    { label: "Not covered", count: totals.misses, colour: "miss" },
  ];
}

function shareRepositories({ overview }: CoverageFacts): Share[] {
  const { measured, notMeasured, ignored, belowMinimum } = overview;
  const judged = belowMinimum.yes + belowMinimum.no + belowMinimum.unknown;
  return [
    { label: "At or above the minimum", count: belowMinimum.no, colour: "hit" },
    { label: "Below the minimum", count: belowMinimum.yes, colour: "miss" },
    { label: "Measured, without a minimum", count: measured - judged, colour: "none" },
    { label: "Not measured", count: notMeasured + belowMinimum.unknown, colour: "unknown" },
    { label: "Left out by the policy", count: ignored, colour: "partial" },
  ];
}

function* renderRepositories(rows: readonly RepositoryRow[], facts: CoverageFacts): Generator<string> {
  if (rows.length === 0) return;
  yield* renderRows(
    REPOSITORY_COLUMNS,
    Iterator.from(rows).map((row) => describeCells(row, facts)),
  );
}

function describeCells(row: RepositoryRow, facts: CoverageFacts): (string | Markup)[] {
  const { repository, assessment, trend } = row;
  const about = [
    repository.branch ?? "unknown branch",
    repository.private ? "private" : "public",
    ...(repository.language === null ? [] : [repository.language]),
  ].join(" · ");
  return [
    renderLink(row.name, row.url, about),
    formatPercent(assessment.coverage),
    describeAge(row, facts),
    { html: renderTrend({ days: trend, limit: assessment.minimum, summary: describeTrend(row, facts) }) },
    formatPoints(assessment.delta30d),
    formatPercent(assessment.minimum),
    renderMarks(markRepository(row), describeRepository(row, facts)),
  ];
}

function* renderPulls(rows: readonly PullRow[], { now }: CoverageFacts): Generator<string> {
  if (rows.length === 0) return;
  yield* renderRows(
    PULL_COLUMNS,
    Iterator.from(rows).map((row) => [
      renderLink(namePull(row), row.url, row.pull.title ?? ""),
      formatPoints(row.figures.delta),
      describePatch(row),
      formatPercent(row.figures.coverage),
      formatAge(now - row.pull.readAt),
      row.pull.author ?? UNKNOWN_NUMBER,
    ]),
  );
}

function describeReading({ organization, takenAt, lastReading, days }: CoverageFacts): Property[] {
  return [
    { label: "Coverage", value: "covered lines of all lines; a partly covered line is not covered" },
    {
      label: "Branch",
      value: "the default branch that Codecov knows; its newest complete report that is at least an hour old",
    },
    { label: "Age", value: `since the commit of the newest report; ${UNKNOWN_NUMBER} if it was not read` },
    {
      label: "Trend",
      value: `the mean of each of the last ${days.length} days, each repository on its own scale; dotted over days without a commit; the dashed line is the minimum`,
    },
    { label: "30 days", value: "points between the first and the last day of 30" },
    {
      label: "Patch",
      value: "coverage of the lines that a pull request changes, when Codecov last compared",
    },
    { label: "Codecov's address", value: organization.origin },
    { label: "List read", value: formatTime(toIso(takenAt)) },
    {
      label: "Last sync ended",
      value: lastReading === null ? "none has ended" : formatTime(toIso(lastReading.endedAt)),
    },
  ];
}
