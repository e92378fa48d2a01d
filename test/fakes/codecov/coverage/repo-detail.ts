import { jsonBody, READ_ONLY, Refusal, ServerFailure } from "../answer.ts";
import type { Organization } from "../state.ts";
import { type Call, findOrganization, type View } from "../view.ts";
import { findRepository, holdsOrTakesSeat } from "./access.ts";
import { CommitHistory } from "./commit-history.ts";
import { askForRepository } from "./provider.ts";
import { repoObject } from "./repo-list.ts";
import { emptyRepository, type Repository } from "./stored.ts";
import { formatMicros } from "./times.ts";

/**
 * `GET /{service}/{owner}/repos/{repo}/`. With a token the git provider is asked each time, before a seat is taken. A name
 * that only the provider knows is created, and answered with a 500.
 */
export const repoDetailView: View = {
  title: "Repository Instance",
  allow: READ_ONLY,
  authorize() {},
  get(call) {
    const organization = findOrganization(call);
    const repository = findRepository(organization, call.parameters.repo ?? "");
    if (repository === undefined) return createRepository(call, organization);
    requireReadAccess(call, organization, repository);
    return jsonBody(repoObject(call, organization, repository));
  },
};

function requireReadAccess(call: Call, organization: Organization, repository: Repository): void {
  const { caller, state } = call;
  if (caller === undefined) {
    if (repository.private) throw Refusal.detail(404, "Not found.");
    return;
  }
  askForRepository(call, state.owner(organization.ownerid).username ?? "", repository.name, caller);
  if (repository.private && !holdsOrTakesSeat(call, organization, caller)) {
    throw Refusal.detail(403, "User not activated");
  }
}

function createRepository(call: Call, organization: Organization): never {
  const { parameters, state, caller } = call;
  const { owner = "", repo = "" } = parameters;
  askForRepository(call, owner, repo, caller);
  const found = askForRepository(call, state.owner(organization.ownerid).username ?? "", repo, caller);
  const row = {
    repoid: organization.repos.reduce((highest, { repoid }) => Math.max(highest, repoid), 0) + 1,
    name: repo,
    private: found.private,
    active: false,
    activated: false,
    language: null,
    branch: "main",
    updatestamp: formatMicros(state.time.now() * 1_000),
  };
  organization.repos.push(emptyRepository(row, new CommitHistory()));
  state.effects.createRepository(repo);
  throw new ServerFailure("the new repository has no organization yet");
}
