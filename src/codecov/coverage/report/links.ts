import type { Organization } from "#codecov/coverage/model/ledger.ts";
import { isPlaceholderName } from "#codecov/coverage/model/repository.ts";

/** The names of the git services in addresses of Codecov's pages. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  github: "gh",
  gitlab: "gl",
  bitbucket: "bb",
  github_enterprise: "ghe",
  gitlab_enterprise: "gle",
  bitbucket_server: "bbs",
};

/** Where Codecov shows a repository to people; null if its name is not known, or the address is none of a page. */
export function linkRepository({ service, owner, origin }: Organization, name: string): string | null {
  if (isPlaceholderName(name) || !/^https?:\/\//.test(origin)) return null;
  const path = [SHORT_NAMES[service] ?? service, owner, name].map(encodeURIComponent);
  return `${findPages(origin)}/${path.join("/").replaceAll("%3A", ":")}`;
}

/** Where Codecov shows a pull request of a repository to people; null as above. */
export function linkPull(organization: Organization, name: string, number: number): string | null {
  const repository = linkRepository(organization, name);
  return repository === null ? null : `${repository}/pull/${number}`;
}

/** Codecov's own service and dedicated ones have pages and API under two names, self-hosted ones both under one. */
function findPages(origin: string): string {
  return origin.replace(/^(https?:\/\/)api\./, "$1app.").replace(/\/$/, "");
}
