import * as z from "zod";

/** What Codecov counts in one report. All are whole numbers; `hits + misses + partials = lines`. */
export interface ReportCounts {
  /** Null where Codecov does not say, as the next two. */
  readonly files: number | null;
  readonly lines: number;
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
  readonly branches: number | null;
  /** Uploads that the report consists of. */
  readonly sessions: number | null;
}

/** The totals of a commit or a report as a response shows them. */
export type ReportedTotals =
  | { readonly kind: "counts"; readonly counts: ReportCounts }
  /** No commit that counts, or one without a report. */
  | { readonly kind: "none" }
  /** Something that cannot be a report's totals; `problem` is the end of a sentence. */
  | { readonly kind: "unreadable"; readonly problem: string };

/** Codecov cuts off after two decimals; the rest is for sums of floats. */
const CUT_OFF = 0.01 + 1e-6;

const count = z.int().nonnegative();

/**
 * The keys that matter. Codecov builds them from what an upload once stored, in whatever form that was, so each is
 * checked; `coverage` is in percent, cut off after two decimals, and null or 0 if there is no line.
 */
const countsSchema = z.object({
  files: count.nullish(),
  lines: count,
  hits: count,
  misses: count,
  partials: count,
  branches: count.nullish(),
  sessions: count.nullish(),
  coverage: z.number().min(0).max(100).nullish(),
});

/** Totals in any form. Damaged ones are no error, as one row must not cost a whole page. */
export const totalsSchema = z.unknown().optional().transform(readTotals);

/** @param value what stands under the key; undefined if there is no such key */
export function readTotals(value: unknown): ReportedTotals {
  if (value === null) return { kind: "none" };
  if (value === undefined) return unreadable("this Codecov does not report totals here");
  const parsed = countsSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place = issue === undefined || issue.path.length === 0 ? "the totals" : issue.path.join(".");
    return unreadable(`Codecov reports totals in a form that makes no sense (${place}: ${issue?.message})`);
  }
  const { coverage, files = null, branches = null, sessions = null, ...lines } = parsed.data;
  const problem = findContradiction(lines, coverage);
  return problem === undefined
    ? { kind: "counts", counts: { ...lines, files, branches, sessions } }
    : unreadable(`Codecov reports totals that contradict each other (${problem})`);
}

function findContradiction(
  { lines, hits, misses, partials }: Pick<ReportCounts, "lines" | "hits" | "misses" | "partials">,
  coverage: number | null | undefined,
): string | undefined {
  if (hits + misses + partials !== lines)
    return `${hits} hits, ${misses} misses and ${partials} partial lines are not ${lines} lines`;
  if (coverage === undefined || lines === 0) return undefined;
  if (coverage === null) return `no coverage for ${lines} lines`;
  return Math.abs((100 * hits) / lines - coverage) < CUT_OFF
    ? undefined
    : `${hits} hits of ${lines} lines are not ${coverage} %`;
}

function unreadable(problem: string): ReportedTotals {
  return { kind: "unreadable", problem };
}
