import { linesOf, shownPatch } from "./coverage.ts";
import type { StoredPull } from "./pull.ts";
import type { Rules, Verdict } from "./rules.ts";

/** How a figure stands to its minimum. */
export function describeMinimum(value: number | null, limit: number, below: Verdict, why: string): string {
  if (value === null || below === null) return `coverage is unknown: ${why}`;
  return `coverage is ${percentText(value)}; the minimum is ${limit} %`;
}

/** How the lines that a pull request changes stand to their minimum. */
export function describePatch(
  patch: StoredPull["patch"],
  holds: Verdict,
  rules: Rules,
  unknown: string | undefined,
) {
  const value = shownPatch(patch);
  if (patch === null || holds === null)
    return `patch coverage is unknown: ${unknown ?? "its counts contradict each other"}`;
  const lines = linesOf(patch);
  if (lines === 0) return "the patch has no lines to cover";
  const small = lines < rules.patchLines ? `; patches below ${rules.patchLines} lines are not judged` : "";
  return `${value === null ? "" : `${percentText(value)} of `}${lines} changed ${lines === 1 ? "line" : "lines"}; the minimum is ${rules.patchMinimum} %${small}`;
}

/** A change in points, with its direction in words. */
export function describeChange(delta: number): string {
  if (delta === 0) return "unchanged";
  return `${delta < 0 ? "down" : "up"} ${Math.abs(delta).toFixed(2)} points`;
}

/** The limit of a drop. */
export function allowed(maxDrop: number): string {
  return `a drop of at most ${points(maxDrop)} is allowed`;
}

/** A number of points, as it was written. */
export function points(count: number): string {
  return `${count} ${count === 1 ? "point" : "points"}`;
}

/** A number of days. */
export function dayCount(days: number): string {
  return `${days} ${days === 1 ? "day" : "days"}`;
}

function percentText(value: number): string {
  return `${value.toFixed(2)} %`;
}
