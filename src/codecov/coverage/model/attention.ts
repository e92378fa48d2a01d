import { type Assessment, ATTENTION } from "./rules.ts";

/** What the order needs of a judged repository. */
export interface Judged {
  readonly name: string;
  readonly assessment: Pick<Assessment, "attention" | "coverage" | "minimum" | "delta30d">;
}

/**
 * The order of a list that a person works through: by the most urgent reason, then by how many reasons there are, then how far
 * below the minimum, then the largest loss in 30 days, then the lowest coverage, then the name. Unknown figures come after
 * known ones.
 */
export function compareByAttention(a: Judged, b: Judged): number {
  return (
    urgencyOf(a) - urgencyOf(b) ||
    b.assessment.attention.length - a.assessment.attention.length ||
    compareKnown(marginOf(a), marginOf(b)) ||
    compareKnown(a.assessment.delta30d, b.assessment.delta30d) ||
    compareKnown(a.assessment.coverage, b.assessment.coverage) ||
    compareNames(a.name, b.name)
  );
}

function urgencyOf({ assessment }: Judged): number {
  const [most] = assessment.attention;
  return most === undefined ? ATTENTION.length : ATTENTION.indexOf(most);
}

function marginOf({ assessment: { coverage, minimum } }: Judged): number | null {
  return coverage === null || minimum === null ? null : coverage - minimum;
}

/** The smaller one first, null last. */
function compareKnown(a: number | null, b: number | null): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return a - b;
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
