import type { ProviderComparison, ProviderFile } from "./provider.ts";
import type {
  ComparedCounts,
  ComparedFile,
  StoredCommit,
  StoredComparison,
  StoredPull,
  StoredReport,
} from "./stored.ts";
import { type FileCounts, HOUR_MS, makeCommit, reportOfFiles, shaOf, totalsOfFiles } from "./synthetic.ts";
import { formatMicros } from "./times.ts";

/** A made-up pull request: lines that it adds to files, and what became of them. */
export interface PullPlan {
  readonly number: number;
  readonly title: string | null;
  readonly state: "open" | "merged" | "closed";
  readonly author: number | null;
  /** Epoch milliseconds of its newest commit. */
  readonly atMs: number;
  readonly added: readonly FileCounts[];
  /** What the background computation has left behind; `missing`: it was never asked for. */
  readonly comparison: "processed" | "pending" | "error" | "missing";
}

/** What a made-up pull request leaves in a repository, in the reports and at the git provider. */
export interface SyntheticPull {
  readonly pull: StoredPull;
  readonly commits: readonly StoredCommit[];
  readonly comparison: StoredComparison | undefined;
  readonly reports: readonly (readonly [key: string, make: () => StoredReport])[];
  readonly pair: string;
  readonly compare: ProviderComparison;
}

/** Makes a pull request on top of the files of its base. */
export function makePull(repoid: number, plan: PullPlan, base: readonly FileCounts[]): SyntheticPull {
  const [baseSha, headSha] = [shaOf(repoid, 0x10_0000 + plan.number), shaOf(repoid, 0x20_0000 + plan.number)];
  // The lines of the diff lie behind those that a file had before.
  const head = [...base, ...plan.added];
  const baseAt = plan.atMs - HOUR_MS;
  const stored = { base: baseSha, head: headSha, error: null, result: null };
  return {
    pull: {
      pullid: plan.number,
      title: plan.title,
      state: plan.state,
      author: plan.author,
      base: baseSha,
      compared_to: baseSha,
      head: headSha,
      updatestamp: formatMicros(plan.atMs * 1_000),
    },
    commits: [
      makeCommit({
        commitid: baseSha,
        atMs: baseAt,
        branch: "merged",
        totals: totalsOfFiles(base),
        report: baseSha,
      }),
      makeCommit({
        commitid: headSha,
        atMs: plan.atMs,
        branch: `pull/${plan.number}`,
        author: plan.author,
        parent: baseSha,
        message: plan.title,
        totals: totalsOfFiles(head),
        report: headSha,
      }),
    ],
    comparison: makeComparison(plan, stored, base),
    reports: [
      [baseSha, () => reportOfFiles(base)],
      [headSha, () => reportOfFiles(head)],
    ],
    pair: `${baseSha}...${headSha}`,
    compare: {
      base_commit: providerCommit(baseSha, "Base", baseAt),
      commits: [providerCommit(headSha, plan.title ?? "Change", plan.atMs)],
      files: plan.added.map((file) => diffOf(file, base)),
    },
  };
}

function makeComparison(
  { comparison, added }: PullPlan,
  stored: Omit<StoredComparison, "state">,
  base: readonly FileCounts[],
): StoredComparison | undefined {
  if (comparison === "missing") return undefined;
  if (comparison === "pending") return { ...stored, state: "pending" };
  if (comparison === "error") return { ...stored, state: "error", error: "missing_base_report" };
  return { ...stored, state: "processed", result: { files: added.map((file) => comparedFile(file, base)) } };
}

function merge(file: FileCounts, added: FileCounts | undefined): FileCounts {
  if (added === undefined) return file;
  const { path, hits, misses, partials } = file;
  return {
    path,
    hits: hits + added.hits,
    misses: misses + added.misses,
    partials: partials + added.partials,
  };
}

function comparedFile(added: FileCounts, base: readonly FileCounts[]): ComparedFile {
  const before = base.find(({ path }) => path === added.path);
  const codes = [...codesOf("h", added.hits), ...codesOf("p", added.partials), ...codesOf("m", added.misses)];
  const first = lengthOf(before) + 1;
  return {
    base_name: added.path,
    head_name: added.path,
    file_was_added_by_diff: before === undefined,
    file_was_removed_by_diff: false,
    base_coverage: before === undefined ? null : countsOf(before),
    head_coverage: countsOf(merge(added, before)),
    removed_diff_coverage: before === undefined ? null : [],
    added_diff_coverage: codes.map((code, index) => [first + index, code]),
    unexpected_line_changes: [],
  };
}

function codesOf(code: string, count: number): string[] {
  return Array.from({ length: count }, () => code);
}

function lengthOf(file: FileCounts | undefined): number {
  return file === undefined ? 0 : file.hits + file.misses + file.partials;
}

function countsOf({ hits, misses, partials }: FileCounts): ComparedCounts {
  return { hits, misses, partials, branches: 0, sessions: 0, complexity: 0, complexity_total: 0, methods: 0 };
}

function diffOf(added: FileCounts, base: readonly FileCounts[]): ProviderFile {
  const before = lengthOf(base.find(({ path }) => path === added.path));
  const size = lengthOf(added);
  const lines = Array.from({ length: size }, (_, index) => `+line ${before + index + 1}`);
  const patch = [`@@ -${before},0 +${before + 1},${size} @@`, ...lines].join("\n");
  return { filename: added.path, status: before === 0 ? "added" : "modified", patch };
}

function providerCommit(sha: string, message: string, atMs: number): ProviderComparison["base_commit"] {
  const date = new Date(atMs).toISOString();
  return { sha, message, date, id: 0, login: "somebody", name: null, email: null };
}
