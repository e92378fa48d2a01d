import { jsonBody, Refusal, ServerFailure } from "../answer.ts";
import { parsePythonInteger } from "../python.ts";
import type { Call } from "../view.ts";
import { repositoryView } from "./access.ts";
import { type FileLines, fileTotals, mergeReport } from "./report.ts";
import { commitUrl, selectCommit, storedReport } from "./selection.ts";
import type { Repository, StoredCommit } from "./stored.ts";

const MOST_STEPS = 20;

/** `GET …/file_report/{path}`: the lines of one file, on request of an ancestor that still has it. */
export const fileReportView = repositoryView(
  "File Report List",
  (call, { repository }) => {
    const { request, parameters } = call;
    const path = parameters.item ?? "";
    const steps = parsePythonInteger(request.lastParameter("walk_back") ?? "0");
    if (steps === undefined) throw new ServerFailure("a text in place of a number");
    if (steps > MOST_STEPS) throw new Refusal(400, [`walk_back must be <= ${MOST_STEPS}`]);
    const oldest = request.lastParameter("oldest_sha");
    const found = findFile(call, repository, selectCommit(request, repository), {
      path,
      steps: Number(steps),
      oldest,
    });
    if (found === undefined) throw Refusal.detail(404, `coverage info not found for path '${path}'`);
    const [commit, file] = found;
    return jsonBody({
      name: file.name,
      totals: fileTotals(file),
      line_coverage: file.lines,
      commit_sha: commit.commitid,
      commit_file_url: `${commitUrl(call, commit)}/blob/${path}`,
    });
  },
  { takesSuperToken: true },
);

interface Walk {
  readonly path: string;
  readonly steps: number;
  /** Where the walk ends at the latest. */
  readonly oldest: string | undefined;
}

function findFile(
  call: Call,
  { commits }: Repository,
  commit: StoredCommit,
  { path, steps, oldest }: Walk,
): readonly [StoredCommit, FileLines] | undefined {
  let current: StoredCommit | undefined = commit;
  for (let left = Math.max(0, steps); current !== undefined; left--) {
    const stored = current.state === "complete" ? storedReport(call, current) : undefined;
    const file =
      stored === undefined ? undefined : mergeReport(stored).files.find(({ name }) => name === path);
    if (file !== undefined) return [current, file];
    if (left === 0 || current.commitid === oldest) return undefined;
    current = commits.find(current.parent);
  }
  return undefined;
}
