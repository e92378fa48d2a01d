import type { Mark } from "#format/html-page.ts";
import { formatNumber, formatPercent, formatPoints, UNKNOWN_NUMBER } from "#format/number.ts";
import { formatAge, formatDay, formatMinute } from "#format/times.ts";
import { findContradiction } from "../model/coverage.ts";
import type { Overview } from "../model/overview.ts";
import type { State } from "../model/repository.ts";
import type { Attention } from "../model/rules.ts";
import type { CoverageFacts, PullRow, RepositoryRow } from "./content.ts";

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
  not_active: "never uploaded",
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
    ...(otherBranch === null ? [] : [`newest commit is on ${otherBranch}`]),
    ...(repository.reason === null ? [] : [repository.reason.replace(/\.$/, "")]),
    ...(state === "unreadable" && contradiction !== undefined ? [`its report ${contradiction}`] : []),
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
