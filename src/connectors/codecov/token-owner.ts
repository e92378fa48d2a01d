import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { OwnerPage, RosterPage } from "./schemas.ts";

/** Whether the owner of the token is an admin of the organization, as far as Codecov lets one know. */
type AdminState = "yes" | "no" | "unknown";

const MEANING: Readonly<Record<AdminState, string>> = {
  yes: "can read the roster and, with --codecov-session-info, sign-in sessions",
  no: "can read the whole roster all the same; sign-in sessions (--codecov-session-info) need an admin",
  unknown: "Codecov does not tell; the roster is complete either way, only sign-in sessions need an admin",
};

/**
 * Logs whether the token's owner is an admin. The API does not say whose token it is. But of the accounts it
 * gives as the token's own, all are organizations except the owner, and only a person can be an admin.
 *
 * @param owners what asking for those accounts came to
 */
export function reportTokenOwner(
  owners: PromiseSettledResult<OwnerPage | undefined>,
  admins: RosterPage,
  ctx: CallContext,
): void {
  const { admin, username } = inferAdmin(readOwners(owners), admins);
  ctx.log.info("checked the owner of the API token", {
    admin,
    ...(username === undefined ? {} : { username }),
    meaning: MEANING[admin],
  });
}

/** Undefined if Codecov cannot tell. It is information only, so that nothing but the caller's end is an error. */
function readOwners(owners: PromiseSettledResult<OwnerPage | undefined>): OwnerPage | undefined {
  if (owners.status === "fulfilled") return owners.value;
  const error: unknown = owners.reason;
  if (error instanceof BatonError && error.code !== Code.Canceled) return undefined;
  throw error;
}

function inferAdmin(
  owners: OwnerPage | undefined,
  admins: RosterPage,
): { readonly admin: AdminState; readonly username?: string } {
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
