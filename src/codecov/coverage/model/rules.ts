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
  /** A report older than this is stale while the repository is active. */
  readonly staleAfterDays: number;
  /** A trend that fell by this many points or more declines. */
  readonly decliningPoints: number;
  /** Days of history that `declining` needs. */
  readonly decliningDays: number;
}

/** The rules of one repository and where they come from. */
export interface MatchedRules {
  readonly rules: Rules;
  /** The pattern of the policy that matched; null: its defaults, or no policy. */
  readonly pattern: string | null;
  /** Whether the policy leaves the repository out. */
  readonly ignore: boolean;
}

/** How rules say yes, no, or that it cannot be told: null is neither a pass nor a failure. */
export type Verdict = boolean | null;

/** One repository judged by its rules. */
export interface Assessment {
  /** Percent, rounded down to two decimals on whole numbers; null unless measured. */
  readonly coverage: number | null;
  readonly minimum: number | null;
  readonly belowMinimum: Verdict;
  /** Points since the start of a window of 30 days, rounded down to two decimals; null where it cannot be told. */
  readonly delta30d: number | null;
  readonly declining: Verdict;
  readonly stale: Verdict;
  /** Time of the commit that the figure comes from, in epoch milliseconds; null if it was not read. */
  readonly reportedAt: number | null;
  readonly match: MatchedRules;
}
