import type { GateFlags, GateResult } from "#codecov/coverage/model/gate.ts";
import { judgeRepository } from "#codecov/coverage/model/judge-repository.ts";
import type { History, Organization } from "#codecov/coverage/model/ledger.ts";
import type { StoredRepository } from "#codecov/coverage/model/repository.ts";
import type { MatchedRules } from "#codecov/coverage/model/rules.ts";
import { judgedFrom } from "#codecov/coverage/model/trend.ts";
import type { Policy } from "#codecov/coverage/policy/policy.ts";
import { linkRepository } from "#codecov/coverage/report/links.ts";
import type { ConfigOf } from "#config/field.ts";
import { formatAge } from "#format/times.ts";
import { systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { coverageCheckFields } from "./coverage-check-fields.ts";
import { refuseUnmatched, selectNames } from "./repository-names.ts";

export type CheckOptions = ConfigOf<typeof coverageCheckFields>;

/** What repositories are judged by. */
export interface Gate {
  readonly policy: Policy | undefined;
  readonly flags: GateFlags;
  readonly rulesFor: (name: string) => MatchedRules;
}

/** The result of a check, before it is shown. */
export interface Judged {
  readonly organization: Organization;
  /** When what was judged was read, in epoch milliseconds. */
  readonly takenAt: number | null;
  readonly source: "store" | "codecov";
  readonly results: readonly GateResult[];
  /** Which entry of the policy holds for each repository, if that was asked for. */
  readonly explanations: readonly string[];
  /** What else has to be said, a sentence each. */
  readonly notes: readonly string[];
  /** Whether any rule was set for what was judged. */
  readonly hasRule: boolean;
}

export interface JudgeOptions {
  readonly source: Judged["source"];
  /** What the names are of. */
  readonly where: string;
  /** Age from which on a reading is unknown; undefined for one of just now. */
  readonly maxAgeMs?: number | undefined;
}

/**
 * Judges the repositories that are asked for. One that is gone counts only if it was named.
 *
 * @throws BatonError NotFound for a name that nothing has, and if there is nothing to judge
 */
export function judgeHistory(
  history: History,
  { repository: patterns, explain }: Pick<CheckOptions, "repository" | "explain">,
  { policy, rulesFor }: Gate,
  { source, where, maxAgeMs }: JudgeOptions,
): Judged {
  const now = systemClock.now();
  const results: GateResult[] = [];
  const explanations: string[] = [];
  const names: string[] = [];
  const ignored: string[] = [];
  const missing: string[] = [];
  let hasRule = false;
  let judgedOnes = 0;
  for (const repository of findRepositories(history, patterns, judgedFrom(now))) {
    const { name } = repository;
    names.push(name);
    if (repository.state === "gone" && !patterns.includes(name)) continue;
    judgedOnes += 1;
    const match = rulesFor(name);
    const link = linkRepository(history.organization, name);
    const judged = judgeRepository(repository, match, now, link);
    hasRule ||= match.ignore || judged.length > 0;
    if (match.ignore) ignored.push(name);
    else if (repository.missingSince !== null) missing.push(name);
    results.push(...judged.map((result) => withAge(result, repository, now, maxAgeMs)));
    if (explain) explanations.push(explainRules(name, policy));
  }
  refuseUnmatched(patterns, names, where);
  if (judgedOnes === 0) throw nothingToJudge(where);
  return {
    organization: history.organization,
    takenAt: history.takenAt,
    source,
    results,
    explanations,
    notes: [
      ...noteOf(missing, "no longer on Codecov's list and judged by the last values"),
      ...noteOf(ignored, "left out by the policy"),
    ],
    hasRule,
  };
}

/** Names that a note lists. */
const MOST_NAMES = 10;

/** What a gate does not judge, or not by what Codecov says now, has to be said: it looks like a pass otherwise. */
function noteOf(names: readonly string[], what: string): string[] {
  if (names.length === 0) return [];
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} others` : "";
  return [`${what}: ${names.slice(0, MOST_NAMES).join(", ")}${more}`];
}

/** A gate that has nothing to judge must not be open. */
function nothingToJudge(where: string): BatonError {
  return new BatonError(
    Code.NotFound,
    `there is no repository to check in ${where}; check with doctor which ones the token's owner sees`,
    { kind: "configuration" },
  );
}

/** A few names are looked up, so that a gate for one repository does not read thousands. */
function findRepositories(
  history: History,
  patterns: readonly string[],
  sinceDay: string,
): Iterable<StoredRepository> {
  if (patterns.length > 0 && patterns.every((pattern) => !pattern.includes("*"))) {
    return [...new Set(patterns)].flatMap((name) => history.repository(name, { sinceDay }) ?? []);
  }
  return filterNames(history.repositories({ sinceDay }), selectNames(patterns));
}

function* filterNames(
  repositories: Iterable<StoredRepository>,
  isWanted: (name: string) => boolean,
): Iterable<StoredRepository> {
  for (const repository of repositories) if (isWanted(repository.name)) yield repository;
}

/** What is too old to be relied on is unknown, whatever it says. */
function withAge(
  result: GateResult,
  { readAt }: StoredRepository,
  now: number,
  maxAgeMs: number | undefined,
): GateResult {
  if (maxAgeMs === undefined || now - readAt <= maxAgeMs) return result;
  return {
    ...result,
    verdict: "unknown",
    sentence: `it was last read ${formatAge(now - readAt)} ago, longer than --max-age allows; run coverage sync (then: ${result.sentence})`,
  };
}

export function explainRules(name: string, policy: Policy | undefined): string {
  if (policy === undefined) return `${name}: there is no policy; the rules are those of the flags`;
  return `${name}: ${policy.explain(name).sentence}`;
}
