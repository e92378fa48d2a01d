import type { ComparedFile, Repository, StoredComparison, StoredPull } from "./stored.ts";

/** Lines of a diff that a report knows. */
export interface PatchCounts {
  readonly hits: number;
  readonly misses: number;
  readonly partials: number;
}

/** The comparison that is stored for a pair of commits. */
export function findComparison(
  { comparisons }: Repository,
  base: string | null,
  head: string | null,
): StoredComparison | undefined {
  return comparisons.find((comparison) => comparison.base === base && comparison.head === head);
}

/** The coverage of what a pull request changes, as computed when its commits were last compared; null if they were not. */
export function patchOf(
  repository: Repository,
  { compared_to, head }: StoredPull,
): (PatchCounts & { readonly coverage: number }) | null {
  const comparison = findComparison(repository, compared_to, head);
  if (comparison?.state !== "processed") return null;
  const counts = sumPatches((comparison.result?.files ?? []).map(patchCounts));
  const lines = counts.hits + counts.misses + counts.partials;
  return { ...counts, coverage: lines === 0 ? 0 : Number(((counts.hits / lines) * 100).toFixed(2)) };
}

/** What became of the lines that a file's diff adds. */
export function patchCounts({ added_diff_coverage }: ComparedFile): PatchCounts {
  const count = (code: string): number =>
    (added_diff_coverage ?? []).filter(([, line]) => line === code).length;
  return { hits: count("h"), misses: count("m"), partials: count("p") };
}

function sumPatches(patches: readonly PatchCounts[]): PatchCounts {
  const sum = (key: keyof PatchCounts): number => patches.reduce((total, patch) => total + patch[key], 0);
  return { hits: sum("hits"), misses: sum("misses"), partials: sum("partials") };
}
