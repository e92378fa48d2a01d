import { jsonBody, Refusal } from "../answer.ts";
import { ownerObject } from "../owners.ts";
import { renderPage, selectPage } from "../pagination.ts";
import type { ServerState } from "../state.ts";
import { repositoryView } from "./access.ts";
import { commitTotals } from "./commit-totals.ts";
import { reportObject } from "./report.ts";
import type { StoredCommit } from "./stored.ts";
import { formatMicros } from "./times.ts";

/** `GET …/commits/`: newest first; `branch` is exact, and an empty one does not filter. */
export const commitListView = repositoryView("Commit List", ({ request, state }, { repository }) => {
  const branch = request.lastParameter("branch") ?? "";
  const commits = branch === "" ? repository.commits.all() : repository.commits.ofBranch(branch);
  const page = selectPage(request, commits.length);
  const rows = commits.slice(page.from, page.to).map((commit) => JSON.stringify(commitObject(state, commit)));
  return renderPage(page, rows);
});

/** `GET …/commits/{sha}/`: with the whole report. */
export const commitDetailView = repositoryView("Commit Instance", ({ parameters, state }, { repository }) => {
  const commit = repository.commits.find(parameters.item ?? "");
  if (commit === undefined) throw Refusal.detail(404, "No Commit matches the given query.");
  return jsonBody(commitDetail(state, commit));
});

/** `GET …/commits/{sha}/uploads/`: none are simulated. */
export const uploadListView = repositoryView("Upload List", ({ parameters, request }, { repository }) => {
  const commit = repository.commits.find(parameters.item ?? "");
  if (commit === undefined) throw Refusal.detail(404, "No Commit matches the given query.");
  return renderPage(selectPage(request, 0), []);
});

/** A commit with its report. */
export function commitDetail(state: ServerState, commit: StoredCommit): Record<string, unknown> {
  return { ...commitObject(state, commit), report: reportObject(state, commit.report) };
}

/** A commit as lists show it. */
export function commitObject(state: ServerState, commit: StoredCommit): Record<string, unknown> {
  return {
    commitid: commit.commitid,
    message: commit.message,
    timestamp: formatMicros(commit.at),
    ci_passed: commit.ciPassed,
    author: authorObject(state, commit.author),
    branch: commit.branch,
    totals: commitTotals(commit.totals),
    state: commit.state,
    parent: commit.parent,
  };
}

/** The three public keys of a person; null if unknown. */
export function authorObject(state: ServerState, ownerid: number | null): Record<string, unknown> | null {
  return ownerid === null ? null : ownerObject(state.owner(ownerid));
}
