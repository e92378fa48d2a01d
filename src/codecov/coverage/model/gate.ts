import { type MatchedRules, type Rules, setRules, type Verdict } from "./rules.ts";

/** Rules that a gate can judge, as they are named in its output. */
export const GATE_RULES = ["minimum", "max_drop", "patch_minimum", "declining", "stale"] as const;
export type GateRule = (typeof GATE_RULES)[number];

export type GateVerdict = "pass" | "fail" | "unknown";

/** What a gate makes of an unknown. */
export const IF_UNKNOWN = ["fail", "pass", "unknown"] as const;
export type IfUnknown = (typeof IF_UNKNOWN)[number];

/** Exit codes of a gate: all rules hold, one is broken, it cannot be told. */
export const GATE_EXIT = { pass: 0, fail: 1, unknown: 11 } as const satisfies Record<GateVerdict, number>;

/** One rule judged for one repository or pull request. */
export interface GateResult {
  readonly repository: string;
  /** Null for the repository itself. */
  readonly pull: number | null;
  readonly rule: GateRule;
  readonly verdict: GateVerdict;
  /** Percent (`minimum`, `patch_minimum`), points (`max_drop`, `declining`: negative is a loss) or whole days (`stale`). */
  readonly value: number | null;
  /** In the unit of the value; a loss as a positive number. */
  readonly limit: number;
  /** Commit that the value comes from; null if it was not read. */
  readonly commit: string | null;
  /** Time of that commit in epoch milliseconds. */
  readonly committedAt: number | null;
  /** Commit that a pull request is compared with; null if unknown, or for a repository. */
  readonly base: string | null;
  readonly baseCommittedAt: number | null;
  /** Why, in one sentence without the name of the repository. */
  readonly sentence: string;
  readonly link: string | null;
  /** Pattern of the policy that matched the repository; null: its defaults, or no policy. */
  readonly pattern: string | null;
}

/** Limits from the command line; they go before those of the policy. */
export type GateFlags = Partial<Pick<Rules, "minimum" | "maxDrop" | "patchMinimum">>;

/** The rules of a repository with those from the command line in their place. */
export function withFlags(match: MatchedRules, flags: GateFlags): MatchedRules {
  const { minimum, maxDrop, patchMinimum } = flags;
  return {
    ...match,
    ...setRules(match, {
      ...(minimum === undefined ? {} : { minimum }),
      ...(maxDrop === undefined ? {} : { maxDrop }),
      ...(patchMinimum === undefined ? {} : { patchMinimum }),
    }),
  };
}

/**
 * What a gate exits with. A broken rule wins over an unknown one.
 *
 * @param results of all repositories; without any the rules hold, so that a caller refuses to run without a rule
 */
export function gateExit(results: Iterable<Pick<GateResult, "verdict">>, ifUnknown: IfUnknown): number {
  let worst: GateVerdict = "pass";
  for (const { verdict } of results) {
    const counted = verdict === "unknown" ? ifUnknown : verdict;
    if (counted === "fail") return GATE_EXIT.fail;
    if (counted === "unknown") worst = "unknown";
  }
  return GATE_EXIT[worst];
}

/** What a gate says of a rule that holds, does not hold, or cannot be told. */
export function verdictOf(holds: Verdict): GateVerdict {
  return holds === null ? "unknown" : holds ? "pass" : "fail";
}

/** The answer to the opposite question; unknown stays unknown. */
export function negate(verdict: Verdict): Verdict {
  return verdict === null ? null : !verdict;
}
