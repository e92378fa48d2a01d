import { STATES } from "#codecov/coverage/model/repository.ts";
import type { Verdict } from "#codecov/coverage/model/rules.ts";
import type { Labels } from "#kernel/metrics.ts";
import { formatLabels } from "#kernel/metrics-text.ts";
import { showHidden } from "#kernel/visible-text.ts";
import type { CoverageContent, CoverageFacts, RepositoryRow } from "./report-rows.ts";

/**
 * One metric of a repository. What is unknown has no series: 0 would be a statement, and the series of a repository that is
 * gone end with it.
 */
interface RepositoryMetric {
  readonly name: string;
  readonly help: string;
  readonly unit?: "ratio" | "seconds";
  /** Values with the labels that they have beside those of the repository; null is unknown. */
  readonly read: (
    row: RepositoryRow,
  ) => readonly { readonly labels?: Labels; readonly value: number | null }[];
}

const METRICS: readonly RepositoryMetric[] = [
  {
    name: "codecov_repository_coverage_ratio",
    help: "Covered lines of all lines on the default branch.",
    unit: "ratio",
    read: (row) => [{ value: readRatio(row) }],
  },
  {
    name: "codecov_repository_coverage_minimum_ratio",
    help: "Least coverage that the policy asks for.",
    unit: "ratio",
    read: ({ assessment: { minimum } }) => [{ value: minimum === null ? null : minimum / 100 }],
  },
  {
    name: "codecov_repository_lines",
    help: "Lines by result.",
    read: (row) => [
      { labels: { result: "hit" }, value: readCount(row, "hits") },
      { labels: { result: "miss" }, value: readCount(row, "misses") },
      { labels: { result: "partial" }, value: readCount(row, "partials") },
    ],
  },
  {
    name: "codecov_repository_files",
    help: "Files in the report.",
    read: (row) => [{ value: readCount(row, "files") }],
  },
  {
    name: "codecov_repository_report_timestamp_seconds",
    help: "Time of the newest report.",
    unit: "seconds",
    read: ({ assessment: { reportedAt } }) => [{ value: reportedAt === null ? null : reportedAt / 1_000 }],
  },
  {
    name: "codecov_repository_read_timestamp_seconds",
    help: "When these values were read from Codecov.",
    unit: "seconds",
    read: ({ repository }) => [{ value: repository.readAt / 1_000 }],
  },
  {
    name: "codecov_repository_below_minimum",
    help: "Whether coverage is below its minimum.",
    read: ({ assessment }) => [{ value: toNumber(assessment.belowMinimum) }],
  },
  {
    name: "codecov_repository_declining",
    help: "Whether the trend of 30 days declines.",
    read: ({ assessment }) => [{ value: toNumber(assessment.declining) }],
  },
  {
    name: "codecov_repository_stale",
    help: "Whether the newest report is older than allowed although the repository is active.",
    read: ({ assessment }) => [{ value: toNumber(assessment.stale) }],
  },
];

/** The content type of {@link renderOpenMetrics}. */
export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/**
 * Gauges in the text format of OpenMetrics 1.0, in pieces, all from one moment. Percentages are ratios from 0 to 1 and not
 * rounded.
 */
export function* renderOpenMetrics({ facts, repositories }: CoverageContent): Generator<string> {
  const { organization } = facts;
  const whose = { service: organization.service, owner: organization.owner };
  const rows = repositories ?? [];
  for (const { name, help, unit, read } of METRICS) {
    yield describe(name, "gauge", help, unit);
    for (const row of rows) {
      if (row.state === "gone" || row.assessment.match.ignore) continue;
      for (const { labels, value } of read(row)) {
        if (value !== null) yield formatSample(name, { ...whose, repository: row.name, ...labels }, value);
      }
    }
  }
  yield describe("codecov_repository", "info", "What is known of a repository.");
  for (const { name, state, repository } of rows) {
    if (state === "gone") continue;
    const labels = {
      ...whose,
      repository: name,
      state,
      private: String(repository.private),
      ...(repository.branch === null ? {} : { branch: repository.branch }),
      ...(repository.language === null ? {} : { language: repository.language }),
    };
    yield formatSample("codecov_repository_info", labels, 1);
  }
  yield* renderOrganization(facts, whose);
  yield "# EOF\n";
}

function* renderOrganization(
  { overview, takenAt, lastReading }: CoverageFacts,
  whose: Labels,
): Generator<string> {
  const { totals, measured, leftOut } = overview;
  yield describe("codecov_repositories", "gauge", "Repositories by what is known of their coverage.");
  for (const state of STATES) {
    const count = state === "measured" ? measured : leftOut[state];
    yield formatSample("codecov_repositories", { ...whose, state }, count);
  }
  yield describe(
    "codecov_organization_coverage_ratio",
    "gauge",
    "Covered lines of all lines of the measured repositories.",
    "ratio",
  );
  if (totals !== null)
    yield formatSample("codecov_organization_coverage_ratio", whose, totals.hits / totals.lines);
  yield describe(
    "codecov_list_read_timestamp_seconds",
    "gauge",
    "When the list of repositories was read.",
    "seconds",
  );
  yield formatSample("codecov_list_read_timestamp_seconds", whose, takenAt / 1_000);
  yield* renderSync(lastReading, whose);
}

function* renderSync(reading: CoverageFacts["lastReading"], whose: Labels): Generator<string> {
  if (reading === null) return;
  const { startedAt, endedAt, failed } = reading;
  const gauges = [
    ["codecov_sync_last_end_timestamp_seconds", "End of the last sync.", "seconds", endedAt / 1_000],
    [
      "codecov_sync_last_success_timestamp_seconds",
      "End of the last sync; absent if it failed on a repository.",
      "seconds",
      failed.length === 0 ? endedAt / 1_000 : null,
    ],
    ["codecov_sync_duration_seconds", "Duration of the last sync.", "seconds", (endedAt - startedAt) / 1_000],
    [
      "codecov_sync_failed_repositories",
      "Repositories that the last sync failed on; their values are older.",
      undefined,
      failed.length,
    ],
  ] as const;
  for (const [name, help, unit, value] of gauges) {
    if (value === null) continue;
    yield describe(name, "gauge", help, unit);
    yield formatSample(name, whose, value);
  }
}

function describe(name: string, type: "gauge" | "info", help: string, unit?: string): string {
  const lines = [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${help}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Hidden characters are spelled out: what scrapes a file may show its labels on a terminal. */
function formatSample(name: string, labels: Labels, value: number): string {
  const visible = Object.entries(labels).map(([label, text]) => [label, showHidden(text)] as const);
  return `${name}${formatLabels(Object.fromEntries(visible))} ${value}\n`;
}

function readRatio({ repository: { totals }, assessment }: RepositoryRow): number | null {
  return assessment.coverage === null || totals === null ? null : totals.hits / totals.lines;
}

function readCount(
  { repository: { totals }, assessment }: RepositoryRow,
  count: "hits" | "misses" | "partials" | "files",
): number | null {
  return assessment.coverage === null || totals === null ? null : totals[count];
}

function toNumber(verdict: Verdict): number | null {
  return verdict === null ? null : Number(verdict);
}
