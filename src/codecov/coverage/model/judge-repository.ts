import { assess } from "./assess.ts";
import { DAY_MS } from "./calendar.ts";
import { type GateResult, negate, verdictOf } from "./gate.ts";
import { allowed, dayCount, describeChange, describeMinimum, points } from "./gate-sentences.ts";
import type { StoredRepository } from "./repository.ts";
import type { Assessment, MatchedRules } from "./rules.ts";

/**
 * Judges a repository by each rule that was set for it: `minimum`, `max_drop`, and `declining` and `stale` if a policy sets
 * their limits. Empty if it has none, or if the policy leaves it out.
 *
 * @param link the page of the repository at Codecov
 */
export function judgeRepository(
  repository: StoredRepository,
  match: MatchedRules,
  now: number,
  link: string | null,
): GateResult[] {
  if (match.ignore) return [];
  const { rules, stated } = match;
  const assessment = assess(repository, match, now);
  const { coverage, reportedAt, reportedFrom } = assessment;
  const from = {
    repository: repository.name,
    pull: null,
    commit: reportedFrom === "commits" ? (repository.head?.sha ?? null) : null,
    committedAt: reportedFrom === "commits" ? reportedAt : null,
    base: null,
    baseCommittedAt: null,
    link,
    pattern: match.pattern,
  };
  const unmeasured = repository.reason ?? "it has no coverage figure";
  const why = coverage === null ? unmeasured : whyUnknown(repository, assessment);
  const results: GateResult[] = [];

  if (rules.minimum !== null) {
    const { belowMinimum } = assessment;
    results.push({
      ...from,
      rule: "minimum",
      verdict: verdictOf(negate(belowMinimum)),
      value: coverage,
      limit: rules.minimum,
      sentence: describeMinimum(coverage, rules.minimum, belowMinimum, unmeasured),
    });
  }
  if (rules.maxDrop !== null) {
    const { delta7d, dropped } = assessment;
    results.push({
      ...from,
      rule: "max_drop",
      verdict: verdictOf(negate(dropped)),
      value: delta7d,
      limit: rules.maxDrop,
      sentence:
        delta7d === null
          ? `the drop is unknown: ${why}`
          : `coverage is ${describeChange(delta7d)} against the median of the seven days before; ${allowed(rules.maxDrop)}`,
    });
  }
  if (stated.includes("decliningPoints")) {
    const { delta30d, declining } = assessment;
    results.push({
      ...from,
      rule: "declining",
      verdict: verdictOf(negate(declining)),
      value: delta30d,
      limit: rules.decliningPoints,
      sentence:
        declining === null
          ? `the trend is unknown: ${why}`
          : `the last week is ${declining ? "" : "not "}${points(rules.decliningPoints)} or more below the first of 30 days`,
    });
  }
  if (stated.includes("staleAfterDays")) {
    const { stale } = assessment;
    const days = reportedAt === null ? null : Math.floor((now - reportedAt) / DAY_MS);
    results.push({
      ...from,
      rule: "stale",
      verdict: verdictOf(negate(stale)),
      value: days,
      limit: rules.staleAfterDays,
      sentence:
        stale === null || days === null
          ? `the age of the newest report is unknown: ${why}`
          : `the newest report is ${dayCount(days)} old; stale after ${dayCount(rules.staleAfterDays)}`,
    });
  }
  return results;
}

function whyUnknown({ detailsReadAt }: StoredRepository, { stale }: Assessment): string {
  if (detailsReadAt === null) return "its trend and commits were not read";
  if (stale === null) return "its trend and commits were not read lately enough";
  return "there are too few measured days";
}
