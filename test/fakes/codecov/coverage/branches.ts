import { jsonBody, Refusal, ServerFailure } from "../answer.ts";
import { renderPage, selectPage } from "../pagination.ts";
import { parsePythonInteger } from "../python.ts";
import { repositoryView } from "./access.ts";
import { commitDetail } from "./commits.ts";
import type { StoredBranch } from "./stored.ts";
import { formatStamp, parseMicros } from "./times.ts";

/** `GET …/branches/`: newest change first unless `ordering` says otherwise; `author` takes an owner id. */
export const branchListView = repositoryView("Branch List", ({ request }, { repository }) => {
  const author = request.lastParameter("author") ?? "";
  const ownerid = author === "" ? undefined : parsePythonInteger(author);
  if (author !== "" && ownerid === undefined) throw new ServerFailure("a text in place of an id");
  const branches = repository.branches
    .filter(({ authors }) => ownerid === undefined || authors?.includes(Number(ownerid)) === true)
    .toSorted(chooseOrder(request.lastParameter("ordering")));
  const page = selectPage(request, branches.length);
  const rows = branches.slice(page.from, page.to).map((branch) => JSON.stringify(branchObject(branch)));
  return renderPage(page, rows);
});

/** `GET …/branches/{name}/`, which cannot hold a slash: with the head commit and its report. */
export const branchDetailView = repositoryView("Branch Instance", ({ parameters, state }, { repository }) => {
  const branch = repository.branches.find(({ name }) => name === parameters.item);
  if (branch === undefined) throw Refusal.detail(404, "No Branch matches the given query.");
  const head = repository.commits.find(branch.head);
  const head_commit = head === undefined ? UNKNOWN_HEAD : commitDetail(state, head);
  return jsonBody({ ...branchObject(branch), head_commit });
});

function branchObject({ name, updatestamp }: StoredBranch): Record<string, unknown> {
  return { name, updatestamp: formatStamp(updatestamp) };
}

function chooseOrder(ordering: string | undefined): (a: StoredBranch, b: StoredBranch) => number {
  const sign = ordering?.startsWith("-") === true ? -1 : 1;
  const byTime = (a: StoredBranch, b: StoredBranch): number => timeOf(a) - timeOf(b);
  if (ordering === "name" || ordering === "-name") return (a, b) => sign * (a.name < b.name ? -1 : 1);
  return ordering === "updatestamp" ? byTime : (a, b) => byTime(b, a);
}

/** Branches without a time come last in the usual order. */
function timeOf({ updatestamp }: StoredBranch): number {
  return updatestamp === null ? Number.NEGATIVE_INFINITY : parseMicros(updatestamp);
}

const NO_TOTALS = {
  files: null,
  lines: null,
  hits: null,
  misses: null,
  partials: null,
  branches: null,
  methods: null,
  sessions: null,
  complexity: null,
  complexity_total: null,
};

/** What stands for a head commit that the server does not know. */
const UNKNOWN_HEAD = {
  commitid: "",
  message: "",
  timestamp: null,
  ci_passed: false,
  author: {},
  branch: "",
  totals: NO_TOTALS,
  state: null,
  parent: "",
  report: { totals: { ...NO_TOTALS, messages: null, diff: null } },
};
