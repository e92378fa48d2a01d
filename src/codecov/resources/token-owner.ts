import { HOSTED_BASE_URL } from "#codecov/api/api-address.ts";
import type { Target } from "#codecov/api/request.ts";
import type { Member, OwnerPage, RosterPage } from "#codecov/api/schemas.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** Whether the owner of the token is an admin of the organization, as far as Codecov lets one know. */
type AdminState = "yes" | "no" | "unknown";

/**
 * Whether the owner of the token can read sign-in sessions. Codecov's own service lets admins do so, and asks the
 * git service about everybody else. A self-hosted one lets only the accounts listed under its `setup.admins` do so,
 * whether they are admins of the organization or not, and its API shows nobody that list (observed on Codecov 26.7.6).
 */
type SessionAccess = "readable" | "unknown";

const ROSTER: Readonly<Record<AdminState, string>> = {
  yes: "can read the whole member list, as an admin",
  no: "can read the whole member list, for which admin rights are not needed",
  unknown: "Codecov does not report whether this is an admin; the member list is complete either way",
};

const HOSTED_SESSIONS: Readonly<Record<AdminState, string>> = {
  yes: "sign-in sessions (--codecov-session-info) can be read",
  no: "sign-in sessions (--codecov-session-info) need an admin; the git service decides who is one",
  unknown: "sign-in sessions (--codecov-session-info) need an admin",
};

const SELF_HOSTED_SESSIONS =
  "sign-in sessions (--codecov-session-info) can be read if this account is listed under setup.admins in the server's configuration, which the API does not show";

/**
 * The owner of the API token, as it becomes known. The API does not say whose token it is. But of the accounts that it
 * gives as the token's own, all are organizations except the owner, and only a person is on the roster.
 */
export class TokenOwner {
  #admin: AdminState = "unknown";
  /** Of an admin. */
  #username: string | undefined;
  /** The token's accounts on their git services, as long as nobody knows which one is the owner. */
  #accounts: ReadonlySet<string> = new Set();
  readonly #seen = new Set<string>();

  /** Undefined for what is not known. */
  get account(): string | undefined {
    if (this.#username !== undefined) return this.#username;
    const [only, another] = this.#seen;
    return another === undefined ? only?.slice(only.indexOf("/") + 1) : undefined;
  }

  /** Undefined if not known. */
  get isAdmin(): boolean | undefined {
    return this.#admin === "unknown" ? undefined : this.#admin === "yes";
  }

  /** Takes what a validation found out. */
  learn(owners: OwnerPage | undefined, { admin, username }: Inferred): void {
    const isComplete = owners !== undefined && owners.next === null;
    this.#admin = admin;
    this.#username = username;
    this.#seen.clear();
    this.#accounts = new Set(isComplete ? owners.results.map(keyOf) : []);
  }

  /** Takes a member that was read from the roster, which is how an owner who is not an admin becomes known. */
  see(member: Pick<Member, "service" | "username">): void {
    if (this.#accounts.size === 0 || this.#username !== undefined) return;
    const key = keyOf(member);
    if (this.#accounts.has(key)) this.#seen.add(key);
  }
}

/** What is said of the owner by accounts and admins. */
interface Inferred {
  readonly admin: AdminState;
  readonly username?: string;
}

function keyOf({ service, username }: Pick<Member, "service" | "username">): string {
  return `${service}/${username ?? ""}`;
}

/**
 * Finds out whether the token's owner is an admin, and logs it.
 *
 * @param owners what asking for the accounts of the token came to
 * @param origin where Codecov is
 * @param known keeps what was found
 */
export function reportTokenOwner(
  owners: PromiseSettledResult<OwnerPage | undefined>,
  admins: RosterPage,
  { origin }: Pick<Target, "origin">,
  known: TokenOwner,
  ctx: CallContext,
): void {
  const accounts = readOwners(owners);
  const inferred = inferAdmin(accounts, admins);
  const { admin, username } = inferred;
  known.learn(accounts, inferred);
  const isHosted = origin === HOSTED_BASE_URL;
  const sessions: SessionAccess = isHosted && admin === "yes" ? "readable" : "unknown";
  ctx.log.info("checked the owner of the API token", {
    admin,
    sign_in_sessions: sessions,
    ...(username === undefined ? {} : { username }),
    meaning: `${ROSTER[admin]}; ${isHosted ? HOSTED_SESSIONS[admin] : SELF_HOSTED_SESSIONS}`,
  });
}

/** Undefined if Codecov cannot tell. It is information only, so that nothing but the caller's end is an error. */
function readOwners(owners: PromiseSettledResult<OwnerPage | undefined>): OwnerPage | undefined {
  if (owners.status === "fulfilled") return owners.value;
  const error: unknown = owners.reason;
  if (error instanceof BatonError && error.code !== Code.Canceled) return undefined;
  throw error;
}

function inferAdmin(owners: OwnerPage | undefined, admins: RosterPage): Inferred {
  if (owners === undefined) return { admin: "unknown" };
  const names = new Set(admins.results.map(({ service, username }) => `${service}/${username}`));
  const matches = owners.results.filter(
    ({ service, username }) => username !== null && names.has(`${service}/${username}`),
  );
  const [owner, another] = matches;
  if (owner?.username && another === undefined) return { admin: "yes", username: owner.username };
  const sawAll = owners.next === null && admins.next === null;
  const isNameless = owners.results.some(({ username }) => username === null);
  return { admin: owner === undefined && sawAll && !isNameless ? "no" : "unknown" };
}
