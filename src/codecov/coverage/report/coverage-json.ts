import { linesOf, shownPatch } from "#codecov/coverage/model/coverage.ts";
import type { ChangedFile, ComparedCommit } from "#codecov/coverage/model/pull.ts";
import type { PatchTotals, Totals } from "#codecov/coverage/model/totals.ts";
import { escapeHiddenInJson } from "#kernel/visible-text.ts";
import type { CoverageContent, CoverageFacts, PullRow, RepositoryRow } from "./report-rows.ts";
import { toIso } from "./words.ts";

/** Raised when a key changes its meaning or goes; new ones can come at any time. */
const FORMAT = 1;

/** The report as one JSON object, in pieces; `docs/coverage.md` describes it. */
export function* renderJson({ facts, repositories, pulls }: CoverageContent): Generator<string> {
  yield "{\n";
  for (const [name, value] of Object.entries(describeFacts(facts))) yield `  "${name}": ${toText(value)},\n`;
  yield* renderList("repositories", repositories, (row) => describeRepository(row, facts), ",\n");
  yield* renderList("pulls", pulls, describePull, "\n");
  yield "}\n";
}

function* renderList<Row>(
  name: string,
  rows: readonly Row[] | null,
  describe: (row: Row) => unknown,
  end: string,
): Generator<string> {
  if (rows === null || rows.length === 0) {
    yield `  "${name}": ${rows === null ? "null" : "[]"}${end}`;
    return;
  }
  let separator = `  "${name}": [\n    `;
  for (const row of rows) {
    yield separator + toText(describe(row));
    separator = ",\n    ";
  }
  yield `\n  ]${end}`;
}

function describeFacts({
  organization,
  takenAt,
  now,
  overview,
  names,
  lastReading,
  notes,
  madeBy,
}: CoverageFacts) {
  const {
    coverage,
    totals,
    measured,
    notMeasured,
    leftOut,
    ignored,
    belowMinimum,
    declining,
    stale,
    attention,
  } = overview;
  return {
    format: FORMAT,
    made_by: madeBy,
    made_at: toIso(now),
    taken_at: toIso(takenAt),
    last_sync_ended_at: lastReading === null ? null : toIso(lastReading.endedAt),
    notes,
    organization: {
      service: organization.service,
      owner: organization.owner,
      coverage,
      totals: describeTotals(totals),
      measured,
      not_measured: notMeasured,
      not_measured_by_state: leftOut,
      ignored,
      repositories: names.length,
      below_minimum: belowMinimum,
      declining,
      stale,
      needs_attention: attention,
    },
  };
}

function describeRepository(
  { name, repository, state, assessment, trend, url }: RepositoryRow,
  { days }: CoverageFacts,
) {
  const { match } = assessment;
  return {
    name,
    private: repository.private,
    branch: repository.branch,
    language: repository.language,
    state,
    reason: repository.reason,
    coverage: assessment.coverage,
    totals: assessment.coverage === null ? null : describeTotals(repository.totals),
    reported_at: toTime(assessment.reportedAt),
    commit: assessment.reportedFrom === "commits" ? (repository.head?.sha ?? null) : null,
    read_at: toIso(repository.readAt),
    details: repository.details ?? null,
    details_read_at: toTime(repository.detailsReadAt),
    minimum: assessment.minimum,
    below_minimum: assessment.belowMinimum,
    trend: trend.flatMap((coverage, index) => (coverage === null ? [] : [{ day: days[index], coverage }])),
    delta_30d: assessment.delta30d,
    declining: assessment.declining,
    delta_7d: assessment.delta7d,
    dropped: assessment.dropped,
    stale: assessment.stale,
    other_branch: assessment.otherBranch,
    attention: assessment.attention,
    rule: match.pattern,
    ignored: match.ignore,
    url,
  };
}

function describePull({ pull, figures, holdsPatchRule, risk, match, url }: PullRow) {
  const { details } = pull;
  return {
    repository: pull.repository,
    number: pull.number,
    title: pull.title,
    author: pull.author,
    state: pull.state,
    coverage: figures.coverage,
    delta: figures.delta,
    patch: figures.patch,
    patch_lines: figures.patchLines,
    patch_minimum: match.ignore ? null : match.rules.patchMinimum,
    holds_patch_minimum: holdsPatchRule,
    totals: describeTotals(pull.head),
    base_totals: describeTotals(pull.base),
    read_at: toIso(pull.readAt),
    comparison: details?.comparison ?? null,
    base: describeCommit(details?.baseCommit ?? null),
    head: describeCommit(details?.headCommit ?? null),
    files: details?.files?.map(describeFile) ?? null,
    files_without_report: risk?.withoutReport ?? null,
    risk: risk && {
      points: risk.points,
      coverage: risk.coverage,
      hits: risk.hits,
      lines: risk.lines,
      files: risk.files,
    },
    details_read_at: toTime(pull.detailsReadAt),
    url,
  };
}

function describeCommit(commit: ComparedCommit | null) {
  return commit && { commit: commit.sha, committed_at: toTime(commit.committedAt) };
}

function describeFile({ path, base, head, patch }: ChangedFile) {
  return { path, base: describeLines(base), head: describeLines(head), patch: describeLines(patch) };
}

function describeLines(totals: PatchTotals | null) {
  if (totals === null) return null;
  const { hits, misses, partials } = totals;
  return { coverage: shownPatch(totals), lines: linesOf(totals), hits, misses, partials };
}

function describeTotals(totals: Totals | null) {
  if (totals === null) return null;
  const { files, lines, hits, misses, partials, branches, sessions } = totals;
  return { files, lines, hits, misses, partials, branches, sessions };
}

function toTime(at: number | null): string | null {
  return at === null ? null : toIso(at);
}

function toText(value: unknown): string {
  return escapeHiddenInJson(JSON.stringify(value));
}
