import { READ_ONLY } from "../answer.ts";
import { ownerObject } from "../owners.ts";
import { renderPage, selectPage } from "../pagination.ts";
import type { Organization } from "../state.ts";
import { type Call, findOrganization, type View } from "../view.ts";
import { hasCachedAccess } from "./access.ts";
import { commitTotals } from "./commit-totals.ts";
import type { Repository, StoredCommit } from "./stored.ts";

const HOUR_IN_MICROS = 3_600_000_000;

/**
 * `GET /{service}/{owner}/repos/`: public ones, and the private ones that the caller has cached access to. It takes no
 * seat, asks no provider and writes nothing.
 */
export const repoListView: View = {
  title: "Repository List",
  allow: READ_ONLY,
  authorize() {},
  get(call) {
    const organization = findOrganization(call);
    const repos = listedRepositories(call, organization).toSorted((a, b) => b.repoid - a.repoid);
    const page = selectPage(call.request, repos.length);
    const rows = repos
      .slice(page.from, page.to)
      .map((repo) => JSON.stringify(repoObject(call, organization, repo)));
    return renderPage(page, rows);
  },
};

function listedRepositories(call: Call, organization: Organization): Repository[] {
  const { request, caller } = call;
  const active = readActive(request.lastParameter("active"));
  const search = (request.lastParameter("search") ?? "").toLowerCase();
  const names = new Set(
    request.query
      .filter(([name, value]) => name === "names" && value !== "")
      .map(([, value]) => value.toLowerCase()),
  );
  return organization.repos.filter((repo) => {
    if (repo.deleted || (repo.private && !hasCachedAccess(organization, repo, caller))) return false;
    if (active !== undefined && repo.active !== active) return false;
    const name = repo.name.toLowerCase();
    return (names.size === 0 || names.has(name)) && name.includes(search);
  });
}

/** Only these spellings filter; a repository without an upload is in neither half. */
function readActive(text: string | undefined): boolean | undefined {
  if (text === "true" || text === "True") return true;
  return text === "false" || text === "False" ? false : undefined;
}

/** A repository as the list and its own address show it. */
export function repoObject(
  { state }: Call,
  { ownerid }: Organization,
  repo: Repository,
): Record<string, unknown> {
  return {
    name: repo.name,
    private: repo.private,
    updatestamp: repo.updatestamp,
    author: ownerObject(state.owner(ownerid)),
    language: repo.language,
    branch: repo.branch,
    active: repo.active,
    activated: repo.activated,
    totals: commitTotals(newestComplete(repo, state.time.now() * 1_000 - HOUR_IN_MICROS)?.totals),
  };
}

/** The newest complete commit of the default branch up to a time, in microseconds. */
function newestComplete({ commits, branch }: Repository, until: number): StoredCommit | undefined {
  return commits.ofBranch(branch).find(({ state, at }) => state === "complete" && at <= until);
}
