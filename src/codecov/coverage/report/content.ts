import { assess } from "#codecov/coverage/model/assess.ts";
import { addDays, dayOf } from "#codecov/coverage/model/calendar.ts";
import { usableTotals } from "#codecov/coverage/model/coverage.ts";
import { OverviewSum } from "#codecov/coverage/model/coverage-overview.ts";
import { floorPercent } from "#codecov/coverage/model/exact.ts";
import type { History, Organization } from "#codecov/coverage/model/ledger.ts";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import { assessRisk, figuresOf, holdsPatchRule } from "#codecov/coverage/model/pull-rules.ts";
import type { StoredRepository } from "#codecov/coverage/model/repository.ts";
import type { MatchedRules } from "#codecov/coverage/model/rules.ts";
import { judgedFrom } from "#codecov/coverage/model/trend.ts";
import { linkPull, linkRepository } from "./links.ts";
import { comparePulls, compareRows, isAmong, type Only, type Sort } from "./order.ts";
import type { CoverageContent, PullRow, RepositoryRow } from "./report-rows.ts";

export interface ContentOptions {
  readonly rulesFor: (repository: string) => MatchedRules;
  /** What has to be said of the policy, given the names of all repositories. */
  readonly describePolicy?: (repositories: readonly string[]) => readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** When the list was read, see `History`. */
  readonly takenAt: number;
  /** Days of the trends, today included. */
  readonly days: number;
  readonly madeBy: string;
  /** Repositories to show; all unless given. */
  readonly isWanted?: ((repository: string) => boolean) | undefined;
  readonly only?: Only | undefined;
  /** The one pull request that the report is about. */
  readonly pull?: StoredPull | undefined;
  readonly sort: Sort;
}

const UNFINISHED =
  "The last reading is still running or was interrupted: trend, age and pull requests of some repositories are missing or come from an earlier one; coverage sync continues it.";

/** Judges what is stored, and picks and orders what is asked for. */
export function readContent(history: History, options: ContentOptions): CoverageContent {
  const { rulesFor, now, takenAt, madeBy, isWanted = () => true, only, sort } = options;
  const { organization, lastReading, listNotes } = history;
  const days = listDays(now, options.days);
  const sum = new OverviewSum();
  const rows: RepositoryRow[] = [];
  const names: string[] = [];
  for (const repository of history.repositories({ sinceDay: firstDayFor(days, now) })) {
    names.push(repository.name);
    const row = judge(repository, organization, rulesFor, { days, now });
    sum.add(repository, row.assessment);
    if (isWanted(row.name) && isAmong(row, only)) rows.push(row);
  }
  const shown = new Set(rows.map(({ name }) => name));
  const pulls = [...history.pulls({ state: "open" })]
    .filter(({ repository }) => shown.has(repository))
    .map((pull) => judgePull(pull, organization, rulesFor));
  const asked = options.pull === undefined ? null : judgePull(options.pull, organization, rulesFor);
  return {
    facts: {
      organization,
      takenAt,
      now,
      days,
      overview: sum.result(),
      names,
      lastReading,
      notes: [
        ...describeLimits({ takenAt, lastReading, listNotes }),
        ...(options.describePolicy?.(names) ?? []),
      ],
      madeBy,
    },
    repositories: only === "pulls" || asked !== null ? null : rows.sort(compareRows(sort)),
    pulls: asked === null ? pulls.sort(comparePulls) : [asked],
    pull: asked,
  };
}

function judgePull(
  pull: StoredPull,
  organization: Organization,
  rulesFor: (repository: string) => MatchedRules,
): PullRow {
  const match = rulesFor(pull.repository);
  return {
    pull,
    figures: figuresOf(pull),
    holdsPatchRule: match.ignore ? null : holdsPatchRule(pull.patch, match.rules),
    risk: assessRisk(pull.details),
    match,
    url: linkPull(organization, pull.repository, pull.number),
  };
}

function judge(
  stored: StoredRepository,
  organization: Organization,
  rulesFor: (repository: string) => MatchedRules,
  { days, now }: { readonly days: readonly string[]; readonly now: number },
): RepositoryRow {
  const { trend, ...repository } = stored;
  const { name } = stored;
  return {
    name,
    repository,
    state: stored.state === "measured" && usableTotals(stored) === null ? "unreadable" : stored.state,
    assessment: assess(stored, rulesFor(name), now),
    trend: spreadTrend(trend, days),
    url: linkRepository(organization, name),
  };
}

function spreadTrend(trend: StoredRepository["trend"], days: readonly string[]): (number | null)[] {
  const averages = new Map(trend.map(({ day, avg }) => [day, avg]));
  return days.map((day) => {
    const average = averages.get(day);
    return average === undefined || !(average >= 0 && average <= 100) ? null : floorPercent(average);
  });
}

function listDays(now: number, count: number): string[] {
  const today = dayOf(now);
  return Array.from({ length: count }, (_, index) => addDays(today, index + 1 - count));
}

/** Judging may need more days than are shown. */
function firstDayFor(days: readonly string[], now: number): string {
  const judged = judgedFrom(now);
  const [first = judged] = days;
  return first < judged ? first : judged;
}

function describeLimits({
  takenAt,
  lastReading,
  listNotes,
}: Pick<History, "lastReading" | "listNotes"> & { readonly takenAt: number }): string[] {
  // The list is stored first, how the reading went at its end.
  if (lastReading === null || lastReading.endedAt < takenAt)
    return [...listNotes.map(toSentence), UNFINISHED];
  const { failed } = lastReading;
  const notes = lastReading.notes.map(toSentence);
  if (failed.length === 0) return notes;
  const names = failed.slice(0, 5).join(", ") + (failed.length > 5 ? " and others" : "");
  const are = failed.length === 1 ? "1 repository" : `${failed.length} repositories`;
  return [
    ...notes,
    `The last reading failed on ${are} (${names}); what is shown of them comes from an earlier one.`,
  ];
}

function toSentence(note: string): string {
  return note.charAt(0).toUpperCase() + note.slice(1) + (note.endsWith(".") ? "" : ".");
}
