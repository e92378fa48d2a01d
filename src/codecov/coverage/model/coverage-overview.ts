import { usableTotals } from "./coverage.ts";
import { floorExact } from "./exact.ts";
import type { State, StoredRepository } from "./repository.ts";
import type { Assessment, Verdict } from "./rules.ts";
import type { Totals } from "./totals.ts";

/** How many say yes and no, and for how many it cannot be told. */
export interface Tally {
  readonly yes: number;
  readonly no: number;
  readonly unknown: number;
}

/** The organization as one figure, and what it leaves out. */
export interface Overview {
  /** Percent of all lines of the measured repositories, rounded down to two decimals; null if none is measured. */
  readonly coverage: number | null;
  /**
   * Sums over the measured repositories; null if none is measured. A count that Codecov did not give for one of them has no
   * sum.
   */
  readonly totals: Totals | null;
  /** Repositories that the figure consists of. */
  readonly measured: number;
  /** Repositories without a figure. */
  readonly notMeasured: number;
  /** Those without a figure by what is known of them. */
  readonly leftOut: Readonly<Record<Exclude<State, "measured">, number>>;
  /** Repositories that the policy leaves out, measured or not. They are in none of the other counts. */
  readonly ignored: number;
  /** Of the measured repositories that have a minimum. */
  readonly belowMinimum: Tally;
  /** Of the measured repositories. */
  readonly declining: Tally;
  /** Of the measured repositories. */
  readonly stale: Tally;
  /** Repositories of any state that need a person. */
  readonly attention: number;
}

const COUNTS = ["files", "lines", "hits", "misses", "partials", "branches", "sessions"] as const;

/**
 * Adds up an organization repository by repository, in any order, without keeping them.
 *
 * @example
 * const overview = new OverviewSum();
 * for (const repository of history.repositories({ sinceDay })) overview.add(repository, assess(repository, match, now));
 * const { coverage, notMeasured } = overview.result();
 */
export class OverviewSum {
  readonly #sums: Record<(typeof COUNTS)[number], bigint | null> = {
    files: 0n,
    lines: 0n,
    hits: 0n,
    misses: 0n,
    partials: 0n,
    branches: 0n,
    sessions: 0n,
  };
  readonly #states = new Map<State, number>();
  readonly #tallies = { belowMinimum: newTally(), declining: newTally(), stale: newTally() };
  #ignored = 0;
  #attention = 0;

  add(repository: Pick<StoredRepository, "state" | "totals">, assessment: Assessment): void {
    if (assessment.match.ignore) {
      this.#ignored += 1;
      return;
    }
    if (assessment.attention.length > 0) this.#attention += 1;
    const totals = usableTotals(repository);
    // A row that says it is measured and has no usable counts is not.
    const state = repository.state === "measured" && totals === null ? "unreadable" : repository.state;
    this.#states.set(state, this.#count(state) + 1);
    if (totals === null) return;

    for (const count of COUNTS) {
      const sum = this.#sums[count];
      const more = totals[count];
      this.#sums[count] = sum === null || more === null ? null : sum + BigInt(more);
    }
    if (assessment.minimum !== null) tally(this.#tallies.belowMinimum, assessment.belowMinimum);
    tally(this.#tallies.declining, assessment.declining);
    tally(this.#tallies.stale, assessment.stale);
  }

  result(): Overview {
    const measured = this.#states.get("measured") ?? 0;
    const { lines, hits } = this.#sums;
    const counted = [...this.#states.values()].reduce((sum, count) => sum + count, 0);
    const percent =
      measured === 0 || lines === null || hits === null
        ? null
        : { numerator: hits * 100n, denominator: lines };
    return {
      coverage: percent === null ? null : floorExact(percent),
      totals: percent === null ? null : this.#totals(),
      measured,
      notMeasured: counted - measured,
      leftOut: {
        no_report: this.#count("no_report"),
        not_active: this.#count("not_active"),
        no_access: this.#count("no_access"),
        unreadable: this.#count("unreadable"),
        gone: this.#count("gone"),
        pending: this.#count("pending"),
      },
      ignored: this.#ignored,
      ...this.#tallies,
      attention: this.#attention,
    };
  }

  #count(state: State): number {
    return this.#states.get(state) ?? 0;
  }

  #totals(): Totals {
    const number = (count: (typeof COUNTS)[number]) => {
      const sum = this.#sums[count];
      return sum === null ? null : Number(sum);
    };
    return {
      files: number("files"),
      lines: number("lines") ?? 0,
      hits: number("hits") ?? 0,
      misses: number("misses") ?? 0,
      partials: number("partials") ?? 0,
      branches: number("branches"),
      sessions: number("sessions"),
    };
  }
}

type Counting = { -readonly [Answer in keyof Tally]: number };

function newTally(): Counting {
  return { yes: 0, no: 0, unknown: 0 };
}

function tally(counting: Counting, verdict: Verdict): void {
  counting[verdict === null ? "unknown" : verdict ? "yes" : "no"] += 1;
}
