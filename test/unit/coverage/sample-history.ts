import { addDays, dayOf } from "#codecov/coverage/model/calendar.ts";
import type { History, Reading } from "#codecov/coverage/model/ledger.ts";
import type { ListedPull, StoredPull } from "#codecov/coverage/model/pull.ts";
import type { Day, StoredRepository } from "#codecov/coverage/model/repository.ts";
import { DEFAULT_RULES, type MatchedRules, NO_POLICY } from "#codecov/coverage/model/rules.ts";
import type { Totals } from "#codecov/coverage/model/totals.ts";

/** A made-up organization for tests of reports and for pictures of them. */

export const NOW = Date.parse("2026-11-27T12:00:00Z");
const HOUR = 60 * 60 * 1_000;
const DAY = 24 * HOUR;
export const READ_AT = NOW - 2 * HOUR;

export function totals(hits: number, lines: number, partials = 0): Totals {
  const misses = lines - hits - partials;
  return { files: 40, lines, hits, misses, partials, branches: 12, sessions: 3 };
}

/** Days up to today, `null` for one without a commit; the last value is today's. */
export function days(...values: readonly (number | null)[]): Day[] {
  const first = addDays(dayOf(NOW), 1 - values.length);
  return values.flatMap((avg, index) =>
    avg === null ? [] : [{ day: addDays(first, index), min: avg, max: avg, avg }],
  );
}

/** Values of `count` days on a straight line, without the weekends of a week that begins today. */
export function slope(from: number, to: number, count = 30): (number | null)[] {
  return Array.from({ length: count }, (_, index) => {
    const isWeekend = index % 7 >= 5 && index !== count - 1;
    return isWeekend ? null : from + ((to - from) * index) / (count - 1);
  });
}

export function repository(name: string, rest: Partial<StoredRepository> = {}): StoredRepository {
  const { branch = "main" } = rest;
  const head = { sha: "0123456789abcdef0123456789abcdef01234567", branch, committedAt: NOW - 5 * HOUR };
  return {
    name,
    private: false,
    branch,
    language: "typescript",
    active: true,
    updatedAt: NOW - 5 * HOUR,
    state: "measured",
    reason: null,
    totals: totals(800, 1_000),
    readAt: READ_AT,
    detailsReadAt: READ_AT,
    firstSeenAt: NOW - 200 * DAY,
    missingSince: null,
    head,
    newest: head,
    trend: [],
    ...rest,
  };
}

/** A repository that only the list is known of. */
function listed(name: string, rest: Partial<StoredRepository>): StoredRepository {
  return repository(name, {
    totals: null,
    detailsReadAt: null,
    head: null,
    newest: null,
    branch: "main",
    language: null,
    ...rest,
  });
}

function commit(days: number, branch: string) {
  return { sha: "fedcba9876543210fedcba9876543210fedcba98", branch, committedAt: NOW - days * DAY };
}

/** One of every state, and one for every reason to need a person. */
export const REPOSITORIES: readonly StoredRepository[] = [
  repository("android", {
    private: true,
    language: "kotlin",
    totals: totals(40_000, 46_000, 1_000),
    trend: days(...slope(86.2, 86.95)),
  }),
  listed("archive-2019", {
    state: "gone",
    reason: "missing from the list for three readings",
    missingSince: NOW - DAY,
  }),
  listed("billing-internal", {
    state: "no_access",
    private: true,
    reason: "reading it needs a seat, which the owner of the token does not have",
  }),
  listed("broken-row", { state: "unreadable", reason: "Codecov fails on this row" }),
  repository("checkout", {
    language: "go",
    totals: totals(17_100, 20_000, 300),
    trend: days(...slope(92.4, 85.5)),
  }),
  listed("docs-site", { state: "no_report", active: true, reason: "no complete report yet" }),
  repository("gateway", {
    language: "go",
    totals: totals(29_599, 36_000, 401),
    trend: days(...Array.from({ length: 29 }, () => 89.93), 82.21),
  }),
  repository("legacy-batch", {
    branch: "master",
    language: "java",
    totals: totals(5_490, 10_000),
    head: commit(412, "master"),
    newest: commit(1, "main"),
    trend: [],
  }),
  repository("mobile-kit", { totals: totals(1, 3), trend: days(33.33333), language: null }),
  listed("new-service", { state: "pending", reason: "its first report is still being processed" }),
  listed("notes", { state: "not_active", active: null, reason: "nothing was ever uploaded" }),
  repository("payments-api", {
    private: true,
    totals: totals(7_142, 10_000, 258),
    trend: days(...slope(77.52, 71.42)),
  }),
  repository("payments-sandbox", { totals: totals(10, 100), trend: days(10) }),
  repository("web", {
    totals: totals(176_029, 200_000, 4_000),
    trend: days(...slope(87.7, 88.0145)),
  }),
];

export const PULLS: readonly StoredPull[] = [
  pull("payments-api", 412, {
    title: "Retry settlements",
    author: "ann",
    head: totals(7_010, 10_000),
    base: totals(7_142, 10_000),
    patch: { hits: 40, misses: 70, partials: 10 },
  }),
  pull("web", 96, {
    title: "Dark mode",
    author: "bob",
    head: totals(176_100, 200_000),
    base: totals(176_029, 200_000),
    patch: { hits: 91, misses: 3, partials: 0 },
  }),
  pull("web", 97, {
    title: "Bump the linter",
    author: "dependency-bot",
    head: totals(176_029, 200_000),
    base: totals(176_029, 200_000),
    patch: { hits: 0, misses: 0, partials: 0 },
  }),
  pull("gateway", 7, { title: null, author: null, head: totals(29_000, 36_000), base: null, patch: null }),
];

export function pull(
  name: string,
  number: number,
  rest: Partial<StoredPull & ListedPull> = {},
): StoredPull & ListedPull {
  return {
    repository: name,
    number,
    title: "A change",
    author: "ann",
    state: "open",
    head: null,
    base: null,
    patch: null,
    updatedAt: NOW - 3 * HOUR,
    readAt: READ_AT,
    details: null,
    detailsReadAt: null,
    ...rest,
  };
}

export const READING: Reading = {
  startedAt: READ_AT - 9_500,
  endedAt: READ_AT,
  requests: 31,
  failed: [],
  notes: [
    "2 private repositories were not read in detail: the owner of the token is not known to hold a seat.",
  ],
};

export function makeHistory(
  repositories: readonly StoredRepository[],
  pulls: readonly StoredPull[] = [],
  reading: Reading | null = READING,
): History {
  return {
    organization: { service: "github", owner: "acme", origin: "https://api.codecov.io" },
    takenAt: READ_AT,
    listNotes: reading?.notes ?? [],
    lastReading: reading,
    repositories: () => repositories,
    repository: (name) => repositories.find((one) => one.name === name),
    pulls: (options = {}) =>
      pulls.filter(
        (one) =>
          (options.repository === undefined || one.repository === options.repository) &&
          (options.state === undefined || one.state === options.state),
      ),
    pull: (name, number) => pulls.find((one) => one.repository === name && one.number === number),
  };
}

/** As a policy would say: 80 %, 85 % for `payments-*`, at most 2 points down, and one repository left out. */
export function rulesFor(name: string): MatchedRules {
  const rules = { ...DEFAULT_RULES, minimum: 80, maxDrop: 2, patchMinimum: 75 };
  const stated = ["minimum", "maxDrop", "patchMinimum"] as const;
  if (name === "payments-sandbox") return { ...NO_POLICY, pattern: "*-sandbox", ignore: true };
  if (name.startsWith("payments-"))
    return { rules: { ...rules, minimum: 85 }, stated, pattern: "payments-*", ignore: false };
  return { rules, stated, pattern: null, ignore: false };
}
