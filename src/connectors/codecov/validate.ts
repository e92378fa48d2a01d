import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { CodecovCall } from "./api.ts";
import type { CodecovConnection } from "./connection.ts";

/** A host does not repeat a failed validation, so some waiting is done here; but somebody may be looking on. */
const MAX_WAIT_MS = 15_000;

/**
 * Checks with one request that the roster can be read, and finds out with two more at most why not.
 *
 * @throws BatonError Unauthenticated (token), NotFound (no such organization), PermissionDenied (not a member),
 * FailedPrecondition (token of another git service, or no Codecov there), or what the network came to.
 */
export async function validateAccess(connection: CodecovConnection, ctx: CallContext): Promise<void> {
  const codecov = await connection.forCall(ctx, MAX_WAIT_MS);
  const answer = await codecov.roster({ page: 1, pageSize: 1 });
  if (answer.kind === "refused") throw await explainRefusal(codecov, answer.error);
  if (answer.kind === "page" && answer.page.count === 0) {
    ctx.log.warn(
      "the roster has no members; if the owner is a personal account, name an organization instead",
      {
        owner: codecov.target.owner,
      },
    );
  }
}

/** Codecov gives one and the same answer for an unknown organization, a missing membership and a wrong service. */
async function explainRefusal(codecov: CodecovCall, refusal: BatonError): Promise<BatonError> {
  const { service, owner } = codecov.target;
  if ((await codecov.owner()) === undefined) {
    return new BatonError(
      Code.NotFound,
      `Codecov knows no organization ${owner} on ${service}; check --codecov-owner and --codecov-service`,
      { kind: "configuration", cause: refusal },
    );
  }
  const owners = await codecov.ownersOfToken();
  if (owners?.count === 0) {
    return new BatonError(
      Code.FailedPrecondition,
      `the API token belongs to an account of another git service than ${service}; create a token while signed in to Codecov with ${service}`,
      { kind: "credential", cause: refusal },
    );
  }
  return new BatonError(
    Code.PermissionDenied,
    `${owner} exists on ${service}, but the owner of the API token is not a member of it (or Codecov does not know yet: sign in to Codecov once more); use the token of a member, best of an admin`,
    { kind: "permission", cause: refusal },
  );
}
