import { jsonBody, Refusal } from "../answer.ts";
import { requireCaller } from "../view.ts";
import { NOT_PERMITTED, repositoryView } from "./access.ts";

/** `GET …/config/`: the tokens of a repository, with which reports are uploaded in its name. Any member may read them. */
export const repoConfigView = repositoryView("Repo Config List", (call, { organization, repository }) => {
  const { ownerid } = requireCaller(call);
  const isMember = ownerid === organization.ownerid || organization.members.has(ownerid);
  if (!isMember) throw Refusal.detail(403, NOT_PERMITTED);
  return jsonBody(repository.secrets);
});
