import type { Organization, ServerState } from "../state.ts";
import { type CoverageParts, makeDemo } from "./demo.ts";
import { type GeneratedCoverageOptions, makeGenerated } from "./generated.ts";
import type { ProviderRepositories } from "./provider.ts";

/** Repositories for an organization: the twelve of the demo, or any number by a formula. */
export type CoverageOptions = { readonly demo: true } | GeneratedCoverageOptions;

/**
 * Gives the first organization of a state repositories with coverage up to the server's time. Everybody with a token who is
 * a member, and the organization, is known to read the private ones, but for `secret-lab`, which nobody is.
 *
 * Returns further tokens by their owners: `org-token` of the organization, and `unseated-token` of the first member without
 * a seat, if there is one.
 */
export function attachCoverage(
  state: ServerState,
  options: CoverageOptions,
): Readonly<Record<string, number>> {
  const [organization] = state.organizations();
  if (organization === undefined) throw new Error("the state has no organization to give repositories to");
  const members = firstMembers(state, organization);
  const now = state.time.now();
  const parts = "demo" in options ? makeDemo(now, members) : makeGenerated(now, options);
  organization.repos.push(...parts.repositories);
  for (const [key, make] of parts.reports) state.reports.set(key, make);

  const unseated = firstUnseated(state, organization);
  const readers = new Set([...members, ...(unseated === undefined ? [] : [unseated])]);
  for (const { ownerid } of state.tokens.values())
    if (organization.members.has(ownerid)) readers.add(ownerid);
  const isPrivate = parts.repositories.filter((repo) => repo.private && repo.name !== "secret-lab");
  const permission = isPrivate.map(({ repoid }) => repoid);
  for (const ownerid of readers) state.putOwner({ ...state.owner(ownerid), permission });
  state.provider = providerOf(state, organization, parts, [...readers, organization.ownerid]);
  return {
    "org-token": organization.ownerid,
    ...(unseated === undefined ? {} : { "unseated-token": unseated }),
  };
}

function firstMembers(state: ServerState, organization: Organization): number[] {
  return [...state.roster(organization).ids(0, 3)];
}

function firstUnseated(state: ServerState, organization: Organization): number | undefined {
  for (const ownerid of state.roster(organization).ids()) {
    const isSeated = organization.row.seats?.has(ownerid) === true;
    if (!isSeated && organization.members.has(ownerid)) return ownerid;
  }
  return undefined;
}

/** A git provider that knows what the server knows, renames and new repositories included. */
function providerOf(
  state: ServerState,
  organization: Organization,
  { comparisons }: CoverageParts,
  readers: readonly number[],
): ProviderRepositories {
  const access = Object.fromEntries(readers.map((ownerid) => [ownerid, "pull"]));
  return {
    get(fullName) {
      const [owner, name] = fullName.split("/");
      if (owner !== state.owner(organization.ownerid).username?.toLowerCase()) return undefined;
      const repository = organization.repos.find((candidate) => candidate.name.toLowerCase() === name);
      if (repository === undefined) return undefined;
      const compare = comparisons.get(repository.name) ?? {};
      return { private: repository.private, access: repository.name === "secret-lab" ? {} : access, compare };
    },
  };
}
