import { STATUS_CODES } from "node:http";
import { Refusal, ServerFailure } from "../answer.ts";
import type { Owner } from "../state.ts";
import type { Call } from "../view.ts";

/** A repository as the git provider knows it. */
export interface ProviderRepository {
  readonly private: boolean;
  /** Owner id → role. Who is not listed may read public repositories only. */
  readonly access: Readonly<Record<string, string>>;
  /** `base...head` → what lies between the two; a pair that is not listed is 404. */
  readonly compare?: Readonly<Record<string, ProviderComparison>>;
  /** Path → text of the file. */
  readonly contents?: Readonly<Record<string, string>>;
}

export interface ProviderCommit {
  readonly sha: string;
  readonly message: string;
  /** ISO 8601. */
  readonly date: string;
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  readonly email: string | null;
}

export interface ProviderFile {
  readonly filename: string;
  /** `modified`, `added`, `removed` or `renamed`. */
  readonly status: string;
  readonly previous_filename?: string;
  /** Unified diff; absent for a file that was only renamed. */
  readonly patch?: string;
}

export interface ProviderComparison {
  readonly base_commit: ProviderCommit;
  readonly commits: readonly ProviderCommit[];
  readonly files: readonly ProviderFile[];
}

/** Repositories of the git provider by `owner/name` in lower case. */
export type ProviderRepositories = Pick<ReadonlyMap<string, ProviderRepository>, "get">;

/**
 * Asks the provider for a repository, as the owner of the token or, without one, as the installation's bot.
 *
 * @throws Refusal with the provider's status. @throws ServerFailure if it cannot be reached.
 */
export function askForRepository(
  call: Call,
  owner: string,
  name: string,
  as: Owner | undefined,
): ProviderRepository {
  const repository = ask(call, owner, name, "", as);
  if (repository === undefined) throw refuseAsProvider(call.parameters.service, 404);
  if (repository.private && as !== undefined && repository.access[as.ownerid] === undefined) {
    throw refuseAsProvider(call.parameters.service, 404);
  }
  return repository;
}

/**
 * Asks the provider for a comparison of two commits.
 *
 * @throws Refusal with the provider's status. @throws ServerFailure if it cannot be reached.
 */
export function askForComparison(
  call: Call,
  owner: string,
  name: string,
  pair: string,
  as: Owner | undefined,
): ProviderComparison {
  const comparison = ask(call, owner, name, `/compare/${pair}`, as)?.compare?.[pair];
  if (comparison === undefined) throw refuseAsProvider(call.parameters.service, 404);
  return comparison;
}

/**
 * Asks the provider for the text of a file.
 *
 * @throws Refusal with the provider's status. @throws ServerFailure if it cannot be reached.
 */
export function askForSource(
  call: Call,
  owner: string,
  name: string,
  { path, ref }: { readonly path: string; readonly ref: string },
  as: Owner | undefined,
): string {
  const source = ask(call, owner, name, `/contents/${path}?ref=${ref}`, as)?.contents?.[path];
  if (source === undefined) throw refuseAsProvider(call.parameters.service, 404);
  return source;
}

function ask(
  call: Call,
  owner: string,
  name: string,
  below: string,
  as: Owner | undefined,
): ProviderRepository | undefined {
  const { settings, state, parameters } = call;
  const { provider = state.provider ?? "unreachable" } = settings;
  if (provider === "unreachable") throw new ServerFailure("no git provider");
  state.effects.askProvider({
    as: as === undefined ? "the installation's bot" : `owner ${as.ownerid}`,
    path: `/repos/${owner}/${name}${below}`,
  });
  if ("get" in provider) return provider.get(`${owner}/${name}`.toLowerCase());
  if (provider.status !== 200) throw refuseAsProvider(parameters.service, provider.status, provider.headers);
  return { private: false, access: {} };
}

/** What the server makes of a refusal by the provider: its status, and a text that names the provider. */
export function refuseAsProvider(
  service: string,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Refusal | ServerFailure {
  if (status >= 500) return new ServerFailure("the git provider failed");
  const name = `${service.charAt(0).toUpperCase()}${service.slice(1)} API`;
  if (status === 401) return Refusal.detail(401, `${name} unauthorized error: Unauthorized`);
  if (status === 403 && headers["X-RateLimit-Remaining"] === "0") {
    return Refusal.detail(403, `${name} rate limit error: Forbidden`);
  }
  return Refusal.detail(status, `${name}: ${STATUS_CODES[status] ?? ""}`);
}
