import { findContradiction, shownPatch } from "#codecov/coverage/model/coverage.ts";
import type { Overview } from "#codecov/coverage/model/coverage-overview.ts";
import type { ChangedFile, ComparedCommit } from "#codecov/coverage/model/pull.ts";
import type { State } from "#codecov/coverage/model/repository.ts";
import type { Attention } from "#codecov/coverage/model/rules.ts";
import type { Figure } from "#format/figures.ts";
import type { Mark } from "#format/html-page.ts";
import { formatNumber, formatPercent, formatPoints, UNKNOWN_NUMBER } from "#format/number.ts";
import { formatAge, formatDay, formatMinute } from "#format/times.ts";
import type { CoverageFacts, PullRow, RepositoryRow } from "./report-rows.ts";

/** What people read, the same in the table and on the page. */

/** The organization, for example `acme on github`. */
export function describeOrganization({ organization: { owner, service } }: CoverageFacts): string {
  return `${owner} on ${service}`;
}

/** How old everything is, and whose view it is. */
export function describeTime({ takenAt, now }: CoverageFacts): string {
  return `As of ${formatMinute(toIso(takenAt))}, ${formatAge(now - takenAt)} ago. Shows the repositories that are visible to the token that read them.`;
}

const NOT_MEASURED: Readonly<Record<Exclude<State, "measured">, string>> = {
  no_report: "without a report",
  not_active: "not active",
  no_access: "not readable without a seat",
  unreadable: "unreadable",
  gone: "gone",
  pending: "being processed",
};

/** The figure of the organization and what it leaves out. */
export function describeOverview(overview: Overview): string {
  const { totals, measured } = overview;
  const of =
    totals === null
      ? "no repository is measured"
      : `of ${formatNumber(totals.lines)} lines in ${countRepositories(measured)}`;
  const without = describeNotMeasured(overview);
  return without === "" ? of : `${of}; ${without}`;
}

/** How many repositories have no figure, and why; empty if all have one. */
export function describeNotMeasured({ notMeasured, leftOut, ignored }: Overview): string {
  const reasons = Object.entries(NOT_MEASURED).flatMap(([state, words]) => {
    const count = leftOut[state as keyof typeof NOT_MEASURED];
    return count === 0 ? [] : [`${formatNumber(count)} ${words}`];
  });
  return [
    ...(notMeasured === 0 ? [] : [`${formatNumber(notMeasured)} not measured (${reasons.join(", ")})`]),
    ...(ignored === 0 ? [] : [`${formatNumber(ignored)} left out by the policy`]),
  ].join("; ");
}

/** Why a repository needs a person, in a word or two each. */
export function markRepository({ assessment }: RepositoryRow): Mark[] {
  return assessment.attention.map((reason) => MARKS[reason]);
}

const MARKS: Readonly<Record<Attention, Mark>> = {
  below_minimum: { text: "below minimum", urgency: "high" },
  dropped: { text: "dropped", urgency: "high" },
  declining: { text: "declining", urgency: "medium" },
  unreadable: { text: "unreadable", urgency: "medium" },
  other_branch: { text: "other branch", urgency: "medium" },
  stale: { text: "stale", urgency: "low" },
  gone: { text: "gone", urgency: "low" },
};

/** What has to be said of a repository beside its numbers and marks; empty if there is nothing. */
export function describeRepository(
  { repository, state, assessment }: RepositoryRow,
  { takenAt }: CoverageFacts,
): string {
  const { attention, otherBranch, delta7d, match } = assessment;
  const contradiction = repository.totals === null ? undefined : findContradiction(repository.totals);
  const isKept = state !== "gone" && repository.readAt < takenAt;
  return [
    ...(attention.includes("dropped") ? [`${formatPoints(delta7d)} within a week`] : []),
    ...(repository.reason === null ? [] : [repository.reason.replace(/\.$/, "")]),
    ...(otherBranch === null ? [] : [`newest commit is on ${otherBranch}`]),
    ...(state === "unreadable" && contradiction !== undefined ? [`its report ${contradiction}`] : []),
    ...(repository.details === "no_access" ? ["trend and pull requests need a seat to read"] : []),
    ...(isKept ? [`as it was on ${formatDay(toIso(repository.readAt))}`] : []),
    ...(match.ignore ? ["left out by the policy"] : []),
  ].join("; ");
}

/** Age of the newest report; `–` if it was not read. */
export function describeAge({ assessment }: RepositoryRow, { now }: CoverageFacts): string {
  return assessment.reportedAt === null ? UNKNOWN_NUMBER : formatAge(now - assessment.reportedAt);
}

/** A trend in words: what it shows to who cannot see it. */
export function describeTrend({ trend }: RepositoryRow, { days }: CoverageFacts): string {
  const known = trend.filter((value) => value !== null);
  if (known.length === 0) return `No commit in ${days.length} days`;
  const first = known.at(0) ?? null;
  const last = known.at(-1) ?? null;
  return `${days.length} days: from ${formatPercent(first)} to ${formatPercent(last)}, lowest ${formatPercent(Math.min(...known))}, highest ${formatPercent(Math.max(...known))}, ${known.length} days with a commit`;
}

/** What the change of a pull request is measured against. */
export const DELTA_NOTE =
  "The change is against the commit that Codecov compares with, which need not be the base of the pull request.";

/** The numbers of one pull request, with what they are measured against and from. */
export function describePull(row: PullRow, { now }: CoverageFacts): Figure[] {
  const { pull, figures, holdsPatchRule, risk, match } = row;
  const { patch } = pull;
  const base = pull.details?.baseCommit ?? null;
  const { patchMinimum } = match.rules;
  return [
    {
      label: "Coverage",
      value: formatPercent(figures.coverage),
      detail: `read ${formatAge(now - pull.readAt)} ago`,
      list: undefined,
    },
    {
      label: "Change",
      value: formatPoints(figures.delta),
      detail:
        figures.delta === null
          ? "there is no report on one side"
          : `against ${base === null ? "the commit that Codecov compares with" : describeCommit(base, now)}`,
      list: undefined,
    },
    {
      label: "Patch",
      value: describePatch(row),
      detail: [
        patch === null || figures.patchLines === null
          ? "Codecov has not compared"
          : `${formatNumber(patch.hits)} of ${formatNumber(figures.patchLines)} lines`,
        ...(holdsPatchRule === false ? [`below the minimum of ${formatPercent(patchMinimum)}`] : []),
      ].join(", "),
      list: undefined,
    },
    {
      label: "Risk",
      value: risk === null ? UNKNOWN_NUMBER : `+${risk.points}`,
      detail:
        risk === null
          ? "no data of changed files"
          : `changed files with a report: ${formatPercent(risk.coverage)}, ${formatNumber(risk.hits)} of ${formatNumber(risk.lines)} lines`,
      list: undefined,
    },
  ];
}

function describeCommit({ sha, committedAt }: ComparedCommit, now: number): string {
  const age = committedAt === null ? "of unknown age" : `${formatAge(now - committedAt)} old`;
  return `${sha.slice(0, 10)}, ${age}`;
}

/** A pull request as people name it. */
export function namePull({ pull: { repository, number } }: PullRow): string {
  return `${repository}#${number}`;
}

/** State, author and title, as far as they are known. */
export function describePullSubject({ pull: { state, author, title } }: PullRow): string {
  return `${title ?? "title unknown"}; ${state ?? "of unknown state"}, by ${author ?? "an unknown author"}`;
}

/** Why the files of a pull request are not there; undefined if they are. */
export function explainMissingFiles({ pull: { details } }: PullRow): string | undefined {
  const comparison = details?.comparison;
  switch (comparison) {
    case undefined:
      return "They were not read: coverage sync --pull reads one pull request with its files.";
    case "pending":
      return "Codecov is still comparing.";
    case "error":
      return "Codecov failed to compare.";
    case "missing":
      return "Codecov has not compared, and nobody asked it to.";
    case "processed":
      return undefined;
    default:
      return comparison satisfies never;
  }
}

/** Cells of a changed file: path, then patch, after and before in percent. */
export function describeFile({ path, base, head, patch }: ChangedFile): string[] {
  return [path, shownPatch(patch), shownPatch(head), shownPatch(base)].map((cell) =>
    typeof cell === "string" ? cell : formatPercent(cell),
  );
}

/** Coverage of the lines that a pull request changes. */
export function describePatch({ figures: { patch, patchLines } }: PullRow): string {
  return patchLines === 0 ? "no lines" : formatPercent(patch);
}

export function countRepositories(count: number): string {
  return count === 1 ? "1 repository" : `${formatNumber(count)} repositories`;
}

export function countPulls(count: number): string {
  return count === 1 ? "1 pull request" : `${formatNumber(count)} pull requests`;
}

/** A time in UTC, to the second where it has no fraction. */
export function toIso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}
