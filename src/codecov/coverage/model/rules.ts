/** Limits for one repository, from the policy, flags or defaults. */
export interface Rules {
  /** Least coverage in percent; null: no rule. */
  readonly minimum: number | null;
  /** Most that coverage may fall, in points; null: no rule. */
  readonly maxDrop: number | null;
  /** Least coverage of the lines that a pull request changes, in percent; null: no rule. */
  readonly patchMinimum: number | null;
  /** Patches with fewer lines than this are not judged by percentage. */
  readonly patchLines: number;
  /** A report older than this is stale while the repository is active, which is Codecov's own mark for one that uploads. */
  readonly staleAfterDays: number;
  /** A trend that fell by this many points or more declines. */
  readonly decliningPoints: number;
  /** Days of history that `declining` needs. */
  readonly decliningDays: number;
}

/** What holds without a policy and without flags. */
export const DEFAULT_RULES: Rules = {
  minimum: null,
  maxDrop: null,
  patchMinimum: null,
  patchLines: 20,
  staleAfterDays: 14,
  decliningPoints: 1,
  decliningDays: 14,
};

/** The rules of one repository and where they come from. */
export interface MatchedRules {
  readonly rules: Rules;
  /**
   * Which of them somebody has set, in a policy or by a flag. A report shows what declines and what is stale by default, but
   * a gate fails only by rules that were asked for.
   */
  readonly stated: readonly (keyof Rules)[];
  /** The pattern of the policy that matched; null: its defaults, or no policy. */
  readonly pattern: string | null;
  /** Whether the policy leaves the repository out. */
  readonly ignore: boolean;
}

/** How rules say yes, no, or that it cannot be told: null is neither a pass nor a failure. */
export type Verdict = boolean | null;

/** Without a policy. */
export const NO_POLICY: MatchedRules = { rules: DEFAULT_RULES, stated: [], pattern: null, ignore: false };

/** The rules with those that somebody has set in their place. */
export function setRules(
  base: Pick<MatchedRules, "rules" | "stated">,
  set: Partial<Rules>,
): Pick<MatchedRules, "rules" | "stated"> {
  const names = Object.keys(set) as (keyof Rules)[];
  return { rules: { ...base.rules, ...set }, stated: [...new Set([...base.stated, ...names])] };
}

/** Why a repository needs a person, the most urgent first. */
export const ATTENTION = [
  "below_minimum",
  "dropped",
  "declining",
  "unreadable",
  "other_branch",
  "stale",
  "gone",
] as const;
export type Attention = (typeof ATTENTION)[number];

/** One repository judged by its rules. */
export interface Assessment {
  /** Percent, rounded down to two decimals on whole numbers; null unless measured. */
  readonly coverage: number | null;
  readonly minimum: number | null;
  /** Null without a minimum. */
  readonly belowMinimum: Verdict;
  /**
   * Points from the first to the last day of a window of 30 days, which begins later if the first measured day is later;
   * rounded down to two decimals. Null where it cannot be told.
   */
  readonly delta30d: number | null;
  readonly declining: Verdict;
  /** Points from the median of the seven days before to the figure, rounded down to two decimals; null where it cannot be told. */
  readonly delta7d: number | null;
  /** Whether the figure is further below that median than allowed. Null without such a rule. */
  readonly dropped: Verdict;
  readonly stale: Verdict;
  /**
   * Time of the newest report, in epoch milliseconds; null if it was not read. From the trend it is the midnight in UTC with
   * which the day of the report begins.
   */
  readonly reportedAt: number | null;
  /** Where `reportedAt` comes from. */
  readonly reportedFrom: "commits" | "trend" | null;
  /** The branch on which work goes on while the default branch has no new report, as after a rename; null if there is none. */
  readonly otherBranch: string | null;
  /** Why it needs a person, the most urgent first; empty if it does not. */
  readonly attention: readonly Attention[];
  readonly match: MatchedRules;
}
