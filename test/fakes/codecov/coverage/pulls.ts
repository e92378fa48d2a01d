import { jsonBody, Refusal, ServerFailure } from "../answer.ts";
import { renderPage, selectPage } from "../pagination.ts";
import { parsePythonInteger } from "../python.ts";
import type { ApiRequest } from "../request.ts";
import type { ServerState } from "../state.ts";
import { repositoryView } from "./access.ts";
import { commitTotals } from "./commit-totals.ts";
import { authorObject } from "./commits.ts";
import { renderCursorPage, selectCursorPage } from "./cursor.ts";
import { patchOf } from "./patch.ts";
import type { Repository, StoredPull } from "./stored.ts";
import { formatStamp, parseMicros, readMicros } from "./times.ts";

const STATES: readonly string[] = ["open", "merged", "closed"];

/** `GET …/pulls/`: newest number first; by page number, or by cursor if there is a `cursor`, an empty one to begin with. */
export const pullListView = repositoryView(
  "Pull List",
  ({ request, state }, { repository }) => {
    const isAscending = request.lastParameter("ordering") === "pullid";
    const pulls = filterPulls(request, repository.pulls).toSorted((a, b) =>
      isAscending ? a.pullid - b.pullid : b.pullid - a.pullid,
    );
    const render = (pull: StoredPull): string => JSON.stringify(pullObject(state, repository, pull));
    if (request.lastParameter("cursor") !== undefined) {
      const page = selectCursorPage(request, pulls, ({ pullid }) => pullid, isAscending);
      return renderCursorPage(page, page.rows.map(render));
    }
    const page = selectPage(request, pulls.length);
    return renderPage(page, pulls.slice(page.from, page.to).map(render));
  },
  { takesSuperToken: true },
);

/** `GET …/pulls/{number}/`. */
export const pullDetailView = repositoryView(
  "Pull Instance",
  ({ parameters, state }, { repository }) => {
    const number = parsePythonInteger(parameters.item ?? "");
    if (number === undefined) throw new ServerFailure("a text in place of a number");
    const pull = repository.pulls.find(({ pullid }) => BigInt(pullid) === number);
    if (pull === undefined) throw Refusal.detail(404, "No Pull matches the given query.");
    return jsonBody(pullObject(state, repository, pull));
  },
  { takesSuperToken: true },
);

function filterPulls(request: ApiRequest, pulls: readonly StoredPull[]): StoredPull[] {
  const state = request.lastParameter("state") ?? "";
  if (state !== "" && !STATES.includes(state)) {
    throw new Refusal(400, {
      state: [`Select a valid choice. ${state} is not one of the available choices.`],
    });
  }
  const since = request.lastParameter("start_date") ?? "";
  const start = since === "" ? Number.NEGATIVE_INFINITY : readMicros(since);
  if (start === undefined) throw new Refusal(400, { start_date: ["Enter a valid date/time."] });
  return pulls.filter(
    (pull) =>
      (state === "" || pull.state === state) &&
      (since === "" || (pull.updatestamp !== null && parseMicros(pull.updatestamp) >= start)),
  );
}

function pullObject(state: ServerState, repository: Repository, pull: StoredPull): Record<string, unknown> {
  const { commits } = repository;
  const head = commits.find(pull.head);
  return {
    pullid: pull.pullid,
    title: pull.title,
    base_totals: commitTotals(commits.find(pull.compared_to)?.totals),
    head_totals: commitTotals(head?.totals),
    updatestamp: formatStamp(pull.updatestamp),
    state: pull.state,
    ci_passed: head?.ciPassed ?? null,
    author: authorObject(state, pull.author),
    patch: patchOf(repository, pull),
  };
}
