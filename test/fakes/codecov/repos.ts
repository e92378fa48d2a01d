import { notFound, READ_ONLY, Refusal, ServerFailure } from "./answer.ts";
import { IdSet } from "./id-set.ts";
import { ownerObject } from "./owners.ts";
import { renderPage, selectPage } from "./pagination.ts";
import type { Organization, Owner, Repository } from "./state.ts";
import { type Call, findOrganization, type View } from "./view.ts";

// Repositories are simulated as far as it takes to show that reading one can cost a seat. Their coverage totals
// are not: they read null.

/** `GET /{service}/{owner}/repos/`: public, and the private ones that the caller has cached access to. */
export const repoListView: View = {
  title: "Repository List",
  allow: READ_ONLY,
  authorize() {},
  get(call) {
    const organization = findOrganization(call);
    const author = ownerObject(call.state.owner(organization.ownerid));
    const repos = organization.repos
      .filter((repo) => !repo.deleted && (!repo.private || hasCachedAccess(organization, repo, call.caller)))
      .toSorted((a, b) => b.repoid - a.repoid);
    const page = selectPage(call.request, repos.length);
    const rows = repos.slice(page.from, page.to).map(({ name, updatestamp, language, branch, ...repo }) =>
      JSON.stringify({
        name,
        private: repo.private,
        updatestamp,
        author,
        language,
        branch,
        active: repo.active,
        activated: repo.activated,
        totals: null,
      }),
    );
    return renderPage(page, rows);
  },
};

/**
 * Anything below a private repository, here always an empty list: before access is looked at, the caller gets a
 * seat if there is one to get.
 */
export const repoPartView: View = {
  title: "Repository Part",
  allow: READ_ONLY,
  authorize(call) {
    const organization = findOrganization(call);
    const repo = organization.repos.find(({ name }) => name === call.parameters.repo);
    if (repo === undefined) throw Refusal.detail(404, "No Repository matches the given query.");
    if (!repo.private) return;
    if (call.caller === undefined) throw Refusal.detail(404, "Not found.");
    takeSeat(call, organization, call.caller);
    if (!hasCachedAccess(organization, repo, call.caller)) throw new ServerFailure("no git provider");
  },
  get(call) {
    return renderPage(selectPage(call.request, 0), []);
  },
};

function hasCachedAccess({ ownerid }: Organization, repo: Repository, caller: Owner | undefined): boolean {
  if (caller === undefined) return false;
  return caller.permission?.includes(repo.repoid) ?? caller.ownerid === ownerid;
}

function takeSeat(call: Call, organization: Organization, caller: Owner): void {
  const { row, autoActivate } = organization;
  if (row.seats?.has(caller.ownerid) === true) return;
  const used = row.seats === null ? 0 : call.state.countNonStudents(row.seats);
  const hasRoom = caller.student === true || used < (row.planUserCount ?? 0) + row.free;
  if (!autoActivate || !hasRoom) throw Refusal.detail(403, "User not activated");
  if (!organization.members.has(caller.ownerid)) throw notFound();
  row.seats ??= new IdSet(organization.members.range);
  row.seats.add(caller.ownerid);
  call.state.touch();
}
