import { addDays, dayOf } from "#codecov/coverage/model/calendar.ts";
import type { Day, StoredRepository } from "#codecov/coverage/model/repository.ts";
import { DEFAULT_RULES, type MatchedRules, NO_POLICY, type Rules } from "#codecov/coverage/model/rules.ts";
import type { Totals } from "#codecov/coverage/model/totals.ts";

/** The moment at which these tests judge. */
export const NOW = Date.parse("2026-11-27T12:00:00Z");
export const TODAY = dayOf(NOW);
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export function totalsOf(hits: number, lines: number): Totals {
  return { files: 3, lines, hits, misses: lines - hits, partials: 0, branches: 0, sessions: 1 };
}

/** A measured repository that was read completely just now. */
export function repositoryOf(over: Partial<StoredRepository> = {}): StoredRepository {
  return {
    name: "web",
    private: false,
    branch: "main",
    language: "python",
    active: true,
    updatedAt: NOW - 2 * DAY_MS,
    state: "measured",
    reason: null,
    totals: totalsOf(80, 100),
    readAt: NOW,
    detailsReadAt: NOW,
    firstSeenAt: NOW - 100 * DAY_MS,
    missingSince: null,
    head: { sha: "a".repeat(40), branch: "main", committedAt: NOW - 2 * DAY_MS },
    newest: { sha: "a".repeat(40), branch: "main", committedAt: NOW - 2 * DAY_MS },
    trend: [],
    ...over,
  };
}

/** Days by how long ago they are: `{ 29: 80, 3: 70.5 }`. */
export function trendOf(values: Readonly<Record<number, number>>): Day[] {
  return Object.entries(values)
    .map(([ago, avg]) => ({ day: addDays(TODAY, -Number(ago)), min: avg, max: avg, avg }))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}

export function matchOf(rules: Partial<Rules> = {}, over: Partial<MatchedRules> = {}): MatchedRules {
  return { ...NO_POLICY, rules: { ...DEFAULT_RULES, ...rules }, ...over };
}
