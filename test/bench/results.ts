/** Measured figures: kept in a file, so that a long run can be taken up again, and boiled down. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SIDES, type Side, WORK_DIRECTORY } from "./programs.ts";
import type { Figures } from "./runs.ts";

/** The runs of one scenario by side; the n-th runs of all sides were made in one round. */
export interface Result {
  readonly runs: Partial<Record<Side, Figures[]>>;
  /** Time in which the simulator alone gives out the roster, in one page or in pages of 100. */
  readonly simulator: { readonly largePagesMs: number; readonly smallPagesMs: number };
}

const FILE = join(WORK_DIRECTORY, "results.json");

export class Results {
  readonly #byScenario: Record<string, Result>;

  /** @param keep whether results of earlier runs count */
  constructor(keep: boolean) {
    this.#byScenario = keep && existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
  }

  get(scenario: string): Result | undefined {
    return this.#byScenario[scenario];
  }

  set(scenario: string, result: Result): void {
    this.#byScenario[scenario] = result;
    writeFileSync(FILE, JSON.stringify(this.#byScenario, undefined, 1));
  }
}

/** The middle of the values of `figure` over all runs of a side; undefined if there are none. */
export function medianOf(result: Result | undefined, side: Side, figure: keyof Figures): number | undefined {
  return median(valuesOf(result, side, figure));
}

/** The middle of the ratios of ours to `side`, each of two runs of one round. */
export function ratioOf(result: Result | undefined, side: Side, figure: keyof Figures): number | undefined {
  const theirs = valuesOf(result, side, figure);
  const ratios = valuesOf(result, "ours", figure).flatMap((value, round) => {
    const other = theirs[round];
    return other === undefined || other === 0 ? [] : [value / other];
  });
  return median(ratios);
}

/** The fastest Go side among those that `accept` takes. */
export function fastestOf(
  result: Result | undefined,
  accept: (side: Side) => boolean = () => true,
): Side | undefined {
  const candidates = SIDES.filter((side) => side !== "ours" && accept(side)).flatMap((side) => {
    const value = medianOf(result, side, "wallMs");
    return value === undefined ? [] : [{ side, value }];
  });
  return candidates.sort((a, b) => a.value - b.value)[0]?.side;
}

function valuesOf(result: Result | undefined, side: Side, figure: keyof Figures): number[] {
  return (result?.runs[side] ?? []).flatMap((figures) => figures[figure] ?? []);
}

/** The middle value; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}
