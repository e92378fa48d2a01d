import type { CodecovCall } from "#codecov/api/api.ts";
import type { ApiAccess } from "#codecov/api/api-access.ts";
import type { OwnerPage } from "#codecov/api/schemas.ts";
import { reportTokenOwner, type TokenOwner } from "#codecov/resources/token-owner.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** A host does not repeat a failed validation, so some waiting is done here; but somebody may be looking on. */
const MAX_WAIT_MS = 15_000;

/** Admins asked for with one request; hardly an organization has as many. */
const MAX_ADMINS = 1_000;

/**
 * Checks that the roster can be read, finds out why not, and reports whether the token's owner is an admin. Two
 * requests usually, at the same time, and never more than three: one asks for the admins, which the last question
 * needs, as it takes the same permission as the whole roster.
 *
 * @param tokenOwner keeps what was found out of the token's owner
 * @throws BatonError Unauthenticated (bad or expired token), InvalidArgument (token of another git service),
 * NotFound (no such organization), PermissionDenied (not a member), Unimplemented (a personal account),
 * FailedPrecondition (no Codecov there), or what the network came to.
 */
export async function validateAccess(
  connection: ApiAccess,
  tokenOwner: TokenOwner,
  ctx: CallContext,
): Promise<void> {
  const codecov = await connection.forCall(ctx, MAX_WAIT_MS);
  const [roster, owners] = await Promise.allSettled([
    codecov.roster({ page: 1, pageSize: MAX_ADMINS, filter: { is_admin: true } }),
    codecov.ownersOfToken(),
  ]);
  const response = unwrap(roster);
  if (response.kind === "refused") throw await explainRefusal(codecov, response.error, unwrap(owners));
  const admins = response.kind === "page" ? response.page : { count: 0, next: null, results: [] };
  if (admins.count === 0) await refuseEmptyRoster(codecov);
  reportTokenOwner(owners, admins, codecov.target, tokenOwner, ctx);
}

function unwrap<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/**
 * Anyone who may read an organization's roster is on it. Only a personal account can be read and lists nobody;
 * synchronizing it would look as if everybody had left.
 */
async function refuseEmptyRoster(codecov: CodecovCall): Promise<void> {
  const { service, owner } = codecov.target;
  const response = await codecov.roster({ page: 1, pageSize: 1 });
  if (response.kind === "refused") throw response.error;
  if (response.kind === "page" && response.page.count > 0) return;
  throw new BatonError(
    Code.Unimplemented,
    `${owner} on ${service} can be read, but its member list is empty: it is a personal account, not an organization; set --codecov-owner to the name of the organization`,
    { kind: "configuration" },
  );
}

/** Codecov gives one and the same response for an unknown organization, a missing membership and a wrong service. */
async function explainRefusal(
  codecov: CodecovCall,
  refusal: BatonError,
  owners: OwnerPage | undefined,
): Promise<BatonError> {
  const { service, owner } = codecov.target;
  if (owners?.count === 0) {
    return new BatonError(
      Code.InvalidArgument,
      `the API token belongs to an account of another git service than ${service}, so it cannot read ${owner} there; correct --codecov-service, or create a token while signed in to Codecov with ${service}`,
      { kind: "configuration", cause: refusal },
    );
  }
  if ((await codecov.owner()) === undefined) {
    return new BatonError(
      Code.NotFound,
      `Codecov knows no organization ${owner} on ${service}; check --codecov-owner and --codecov-service`,
      { kind: "configuration", cause: refusal },
    );
  }
  return new BatonError(
    Code.PermissionDenied,
    `${owner} exists on ${service}, but the owner of the API token is not a member of it (or Codecov does not know it yet: sign in to Codecov again); use the token of a member`,
    { kind: "permission", cause: refusal },
  );
}
