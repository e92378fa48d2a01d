import type { NameTest } from "#codecov/coverage/model/pattern.ts";
import { type MatchedRules, NO_POLICY } from "#codecov/coverage/model/rules.ts";
import type { Target } from "./policy-schema.ts";

/** What alerts go by; a gate and a report do not. */
export interface AlertRules {
  /** Points above the minimum at which an alert has recovered. */
  readonly recoverAt: number;
  /** How often an alert that lasts is repeated, in milliseconds; null: never. */
  readonly remindMs: number | null;
  /** Names of targets; null: all of them. */
  readonly notify: readonly string[] | null;
}

export const DEFAULT_ALERTS: AlertRules = { recoverAt: 0.5, remindMs: null, notify: null };

/** One entry of the file, with the defaults in the place of what it does not set. */
export interface PolicyEntry {
  /** As written; several if the entry has a list. */
  readonly patterns: readonly Pattern[];
  readonly match: Omit<MatchedRules, "pattern">;
  readonly alerts: AlertRules;
}

export interface Pattern {
  readonly text: string;
  readonly test: NameTest;
  /** Where it stands in the file, from 1. */
  readonly line: number;
}

/** Which rule matched a repository, for a person who wonders. */
export interface Explanation {
  readonly match: MatchedRules;
  readonly alerts: AlertRules;
  /** Line of the pattern in the file; null: the defaults hold. */
  readonly line: number | null;
  /** One sentence. */
  readonly sentence: string;
}

/** A pattern that decides nothing. */
export interface IdlePattern {
  readonly pattern: string;
  readonly line: number;
  /** `nothing`: no repository has such a name; `earlier`: every repository that it matches is matched by an entry above. */
  readonly why: "nothing" | "earlier";
}

/** A policy file that was read. The first entry that matches a repository holds, otherwise the defaults. */
export class Policy {
  readonly path: string;
  /** Targets of `coverage publish` by name, in the order of the file. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly #defaults: Omit<PolicyEntry, "patterns">;
  readonly #entries: readonly PolicyEntry[];

  constructor(
    path: string,
    defaults: Omit<PolicyEntry, "patterns">,
    entries: readonly PolicyEntry[],
    targets: ReadonlyMap<string, Target>,
  ) {
    this.path = path;
    this.#defaults = defaults;
    this.#entries = entries;
    this.targets = targets;
  }

  /** The rules of a repository. */
  match(name: string): MatchedRules {
    return this.#find(name).match;
  }

  /** The same, with where it comes from. */
  explain(name: string): Explanation {
    const { match, alerts, pattern } = this.#find(name);
    const where =
      pattern === null ? "no entry matches, the defaults" : `"${pattern.text}" in line ${pattern.line}`;
    const sentence = match.ignore
      ? `${where} of ${this.path} leaves it out`
      : `${where} of ${this.path} ${pattern === null ? "hold" : "holds"}`;
    return { match, alerts, line: pattern?.line ?? null, sentence };
  }

  /** Patterns that decide nothing for these repositories, in the order of the file. */
  unmatched(names: Iterable<string>): IdlePattern[] {
    const matching = new Set<Pattern>();
    const deciding = new Set<Pattern>();
    const all = this.#entries.flatMap(({ patterns }) => patterns);
    for (const name of names) {
      const hits = all.filter(({ test }) => test(name));
      for (const pattern of hits) matching.add(pattern);
      const [first] = hits;
      if (first !== undefined) deciding.add(first);
    }
    return all
      .filter((pattern) => !deciding.has(pattern))
      .map((pattern) => ({
        pattern: pattern.text,
        line: pattern.line,
        why: matching.has(pattern) ? "earlier" : "nothing",
      }));
  }

  #find(name: string): { match: MatchedRules; alerts: AlertRules; pattern: Pattern | null } {
    for (const { patterns, match, alerts } of this.#entries) {
      const pattern = patterns.find(({ test }) => test(name));
      if (pattern !== undefined) return { match: { ...match, pattern: pattern.text }, alerts, pattern };
    }
    return {
      match: { ...this.#defaults.match, pattern: null },
      alerts: this.#defaults.alerts,
      pattern: null,
    };
  }
}

/** The rules of a repository under a policy, if there is one. */
export function matchRules(policy: Policy | undefined, name: string): MatchedRules {
  return policy?.match(name) ?? NO_POLICY;
}
