import { isLoss } from "./assess.ts";
import { isBelow, percentOf, shownDelta, shownPatch, shownPercent, soundTotals } from "./coverage.ts";
import { subtractExact } from "./exact.ts";
import { type GateResult, negate, verdictOf } from "./gate.ts";
import { allowed, describeChange, describeMinimum, describePatch } from "./gate-sentences.ts";
import type { StoredPull } from "./pull.ts";
import { holdsPatchRule } from "./pull-rules.ts";
import type { MatchedRules } from "./rules.ts";

export interface PullGateOptions {
  /** The page of the pull request at Codecov. */
  readonly link: string | null;
  /** The commit that Codecov should have compared with, at least seven digits of it; undefined: any. */
  readonly expectedBase?: string | undefined;
}

/**
 * Judges a pull request: `minimum` for its newest commit, `max_drop` for the change against the commit that Codecov compares
 * with, `patch_minimum` for the lines that it changes. If Codecov compared with another commit than the expected one, change
 * and patch are unknown.
 */
export function judgePull(pull: StoredPull, match: MatchedRules, options: PullGateOptions): GateResult[] {
  if (match.ignore) return [];
  const { rules } = match;
  const baseCommit = pull.details?.baseCommit ?? null;
  const headCommit = pull.details?.headCommit ?? null;
  const from = {
    repository: pull.repository,
    pull: pull.number,
    commit: headCommit?.sha ?? null,
    committedAt: headCommit?.committedAt ?? null,
    base: baseCommit?.sha ?? null,
    baseCommittedAt: baseCommit?.committedAt ?? null,
    link: options.link,
    pattern: match.pattern,
  };
  const base = soundTotals(pull.base);
  const head = soundTotals(pull.head);
  const mismatch = describeMismatch(options.expectedBase, baseCommit?.sha ?? null);
  const results: GateResult[] = [];

  if (rules.minimum !== null) {
    const percent = percentOf(head);
    const below = percent === null ? null : isBelow(percent, rules.minimum);
    const coverage = shownPercent(head);
    results.push({
      ...from,
      rule: "minimum",
      verdict: verdictOf(negate(below)),
      value: coverage,
      limit: rules.minimum,
      sentence: describeMinimum(coverage, rules.minimum, below, "its newest commit has no report"),
    });
  }
  if (rules.maxDrop !== null) {
    const [before, after] = [percentOf(base), percentOf(head)];
    const unknown =
      after === null
        ? "its newest commit has no report"
        : before === null
          ? "the commit that Codecov compares with has no report"
          : mismatch;
    const isKnown = unknown === undefined && before !== null && after !== null;
    const delta = isKnown ? shownDelta(base, head) : null;
    const lost = isKnown ? isLoss(subtractExact(after, before), rules.maxDrop) : null;
    results.push({
      ...from,
      rule: "max_drop",
      verdict: verdictOf(negate(lost)),
      value: delta,
      limit: rules.maxDrop,
      sentence:
        delta === null
          ? `the change is unknown: ${unknown}`
          : `coverage is ${describeChange(delta)} against the commit that Codecov compares with; ${allowed(rules.maxDrop)}`,
    });
  }
  if (rules.patchMinimum !== null) {
    const unknown = describeUnknownPatch(pull) ?? mismatch;
    const patch = unknown === undefined ? pull.patch : null;
    const holds = holdsPatchRule(patch, rules);
    results.push({
      ...from,
      rule: "patch_minimum",
      verdict: verdictOf(holds),
      value: shownPatch(patch),
      limit: rules.patchMinimum,
      sentence: describePatch(patch, holds, rules, unknown),
    });
  }
  return results;
}

function describeUnknownPatch({ patch, details }: StoredPull): string | undefined {
  if (details?.comparison === "pending") return "Codecov is still comparing";
  if (details?.comparison === "error") return "Codecov could not compare";
  return patch === null ? "Codecov has not compared it yet" : undefined;
}

/** Undefined if the base is the expected one, or if any will do. */
function describeMismatch(expected: string | undefined, actual: string | null): string | undefined {
  if (expected === undefined) return undefined;
  if (actual === null) return `Codecov does not say which commit it compares with, expected ${expected}`;
  if (actual.toLowerCase().startsWith(expected.toLowerCase())) return undefined;
  return `Codecov compares with ${actual}, expected ${expected}`;
}
