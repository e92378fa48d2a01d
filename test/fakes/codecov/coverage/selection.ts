import { Refusal } from "../answer.ts";
import type { ApiRequest } from "../request.ts";
import type { Call } from "../view.ts";
import type { Place } from "./access.ts";
import { componentsOf, restrictToComponent } from "./component-filter.ts";
import { matchesAtStart } from "./pattern.ts";
import { type MergedReport, mergeFlags, mergeReport } from "./report.ts";
import type { Repository, StoredCommit, StoredReport } from "./stored.ts";

/**
 * The commit that a request is about: `sha`, else the head of `branch`, else that of the default branch.
 *
 * @throws Refusal 404 if there is none.
 */
export function selectCommit(request: ApiRequest, repository: Repository): StoredCommit {
  const sha =
    request.lastParameter("sha") || headOf(repository, request.lastParameter("branch") || repository.branch);
  const commit = repository.commits.find(sha);
  if (commit === undefined) {
    throw Refusal.detail(404, `The commit ${sha} is not in our records. Please specify valid commit.`);
  }
  return commit;
}

function headOf({ branches }: Repository, branch: string): string {
  const found = branches.find(({ name }) => name === branch);
  if (found !== undefined) return found.head;
  throw Refusal.detail(
    404,
    `The branch '${branch}' in not in our records. Please provide a valid branch name.`,
  );
}

/** The stored report of a commit; undefined if none is stored. */
export function storedReport({ state }: Call, { report }: StoredCommit): StoredReport | undefined {
  return report === null ? undefined : state.reports.get(report)?.();
}

/** A commit, and the part of its report that a request asks for. */
export interface SelectedReport {
  readonly commit: StoredCommit;
  readonly report: MergedReport;
}

/**
 * The report that `sha` or `branch` select, reduced to `flag`, `component_id` and `path`.
 *
 * @throws Refusal 404 if there is no commit, no report, no such component, or no file at the path.
 */
export function selectReport(call: Call, { repository }: Place): SelectedReport {
  const { request } = call;
  const commit = selectCommit(request, repository);
  const stored = storedReport(call, commit);
  if (stored === undefined) {
    throw Refusal.detail(404, `No coverage report found for commit ${commit.commitid}`);
  }
  const flag = request.lastParameter("flag") || undefined;
  const whole =
    flag === undefined ? mergeReport(stored) : mergeFlags(stored, (candidate) => candidate === flag);
  const path = request.lastParameter("path") || undefined;
  const id = request.lastParameter("component_id") || undefined;
  if (id === undefined) return { commit, report: path === undefined ? whole : restrictToPath(whole, path) };

  const component = componentsOf(repository).find(({ component_id }) => component_id === id);
  if (component === undefined) {
    throw Refusal.detail(404, `The component ${id} does not exist in commit ${commit.commitid}`);
  }
  const part = restrictToComponent(stored, component);
  if (path === undefined) return { commit, report: part };
  const isInside = part.files.some(({ name }) => matchesAtStart(path, name));
  const report = isInside ? restrictToPath(whole, path) : { ...part, sessions: 0, files: [] };
  return { commit, report };
}

/** The files whose names a pattern fits at their beginning. */
function restrictToPath(report: MergedReport, path: string): MergedReport {
  const files = report.files.filter(({ name }) => matchesAtStart(path, name));
  if (files.length > 0) return { ...report, files, isFiltered: true };
  throw Refusal.detail(404, `No files or directories found matching path: ${path}`);
}

/** The dashboard's address of a commit, with owner and repository as the caller spelled them. */
export function commitUrl({ parameters }: Call, { commitid }: StoredCommit): string {
  const { service, owner = "", repo = "" } = parameters;
  return `https://app.codecov.io/${service}/${owner}/${repo}/commit/${commitid}`;
}
