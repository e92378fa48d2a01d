import { jsonBody } from "../answer.ts";
import type { Call } from "../view.ts";
import { type Place, repositoryView } from "./access.ts";
import { commitObject } from "./commits.ts";
import { compare, comparisonHead, type Pair, selectPair, untrackedFiles } from "./comparison.ts";
import { findComparison, type PatchCounts, patchCounts } from "./patch.ts";
import type { ComparedFile, StoredCommit, StoredComparison } from "./stored.ts";

/**
 * `GET …/compare/impacted_files`: what the background computation found. If it was never asked for, asking here stores that it
 * is wanted and puts it on the queue, with or without a token, and even if the answer is an error then.
 */
export const impactedFilesView = repositoryView("Impacted Files", (call, place) => {
  const pair = selectPair(call, place);
  const stored = findOrCreate(call, place, pair);
  const comparison = compare(call, place, pair);
  const files = stored.state === "processed" ? (stored.result?.files ?? []) : [];
  return jsonBody({
    ...comparisonHead(call, place, comparison, (commit) => uploadObject(call, commit)),
    files: files.map(impactedFile),
    untracked: stored.state === "processed" && stored.result !== null ? untrackedFiles(comparison) : [],
    state: stored.state,
  });
});

function findOrCreate({ state }: Call, { repository }: Place, { base, head }: Pair): StoredComparison {
  const found = findComparison(repository, base.commitid, head.commitid);
  if (found !== undefined) return found;
  const created = { base: base.commitid, head: head.commitid, state: "pending", error: null, result: null };
  repository.comparisons.push(created);
  state.effects.createComparison(created.base, created.head);
  state.effects.queueTask("app.tasks.compute_comparison.ComputeComparison");
  return created;
}

/** A commit as elsewhere, but without its parent, and with other keys of its author. */
function uploadObject({ state }: Call, commit: StoredCommit): Record<string, unknown> {
  const { parent: _, ...row } = commitObject(state, commit);
  if (commit.author === null) return row;
  const { service, username, name, ownerid } = state.owner(commit.author);
  const avatar_url = `https://avatars0.githubusercontent.com/u/${FIRST_PROVIDER_ID + ownerid}?v=3&s=55`;
  return {
    ...row,
    author: { avatar_url, service, username, name, stats: null, ownerid, integration_id: null },
  };
}

/** The git provider's id of an owner is so much greater than the server's. */
const FIRST_PROVIDER_ID = 900_000;

function impactedFile(file: ComparedFile): Record<string, unknown> {
  const { base_name, head_name, base_coverage, head_coverage } = file;
  const patch = patchCounts(file);
  const hasPatch = patch.hits + patch.misses + patch.partials > 0;
  const [before, after] = [percent(base_coverage), percent(head_coverage)];
  return {
    file_name: (head_name ?? base_name).split("/").at(-1),
    base_name,
    head_name,
    is_new_file: false,
    is_renamed_file: head_name !== null && base_name !== head_name,
    is_deleted_file: false,
    base_coverage: base_coverage === null ? null : countsObject(base_coverage),
    head_coverage: head_coverage === null ? null : countsObject(head_coverage),
    patch_coverage: hasPatch ? countsObject(patch) : null,
    // A side with 0 % counts as none.
    change_coverage: before === 0 || after === 0 ? null : after - before,
    misses_count: patch.misses + countUnexpectedMisses(file),
  };
}

/** Lines and files are 0 here, whatever they are. */
function countsObject(counts: PatchCounts): Record<string, unknown> {
  const { hits, misses, partials } = counts;
  return {
    files: 0,
    lines: 0,
    hits,
    misses,
    partials,
    coverage: percent(counts),
    branches: 0,
    methods: 0,
    messages: 0,
    sessions: 0,
    complexity: 0,
    complexity_total: 0,
    diff: 0,
  };
}

function percent(counts: PatchCounts | null): number {
  if (counts === null) return 0;
  const { hits, misses, partials } = counts;
  const lines = hits + misses + partials;
  return lines === 0 ? 0 : (100 * hits) / lines;
}

/** Lines outside the diff that are missed now. */
function countUnexpectedMisses({ unexpected_line_changes }: ComparedFile): number {
  return unexpected_line_changes.filter(([, [, coverage]]) => coverage === "m").length;
}
