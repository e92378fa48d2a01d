import type { CodecovCall } from "#codecov/api/api.ts";
import type { ApiAccess } from "#codecov/api/api-access.ts";
import type { Member } from "#codecov/api/schemas.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Metric } from "#kernel/metrics.ts";
import { AUTO_ACTIVATION } from "./auto-activation.ts";
import type { SeatWriter } from "./seat-writer.ts";

/** Admins asked for at once; hardly an organization has as many. */
const MAX_ADMINS = 1_000;

const SEATS_CHANGED: Metric = {
  name: "codecov.seats.changed",
  help: "Seats that were given or taken, each read back from Codecov",
  kind: "counter",
};

export interface SeatChangeOptions {
  /** Id of the user resource. */
  readonly userId: string;
  readonly activated: boolean;
  /** Whether it is an error that somebody who is to lose a seat is not on the roster, and so holds none. */
  readonly mustBeMember: boolean;
  readonly connection: ApiAccess;
  readonly writer: SeatWriter;
}

/**
 * Gives or takes a seat and logs what came of it; false if there was nothing to do.
 *
 * @throws BatonError as {@link SeatWriter.setSeat}, and NotFound for somebody who is not on the roster: always for a
 * seat to be given, and for one to be taken if the caller asks for it.
 */
export async function changeSeat(options: SeatChangeOptions, ctx: CallContext): Promise<boolean> {
  const { userId, activated, mustBeMember, connection, writer } = options;
  const change = await writer.setSeat(userId, activated, ctx);
  if (change.kind === "absent" && (activated || mustBeMember)) throw await unknownMember(options, ctx);
  if (change.kind !== "changed") return false;
  ctx.metrics?.add(SEATS_CHANGED, { change: activated ? "given" : "taken" });
  if (activated) ctx.log.info("seat given", { user: userId });
  else {
    ctx.log.info("seat taken", { user: userId, note: AUTO_ACTIVATION });
    await warnOfConsequences(change.member, userId, connection, ctx);
  }
  return true;
}

async function unknownMember(
  { userId, connection }: SeatChangeOptions,
  ctx: CallContext,
): Promise<BatonError> {
  const { target } = await connection.forCall(ctx);
  return new BatonError(
    Code.NotFound,
    `no member with the id ${userId} is on the member list of ${target.owner} in Codecov; check the id against a fresh sync, or have the person sign in to Codecov first`,
  );
}

/** Warns if the seat was the token owner's own, or the last of an admin. Never fails: the seat is taken already. */
async function warnOfConsequences(
  member: Member,
  userId: string,
  connection: ApiAccess,
  ctx: CallContext,
): Promise<void> {
  try {
    const codecov = await connection.forCall(ctx);
    if (await isTokenOwner(member, codecov)) {
      ctx.log.warn("the seat belonged to the owner of the API token; the token keeps working", {
        user: userId,
      });
    }
    if (member.is_admin && (await hasNoSeatedAdmin(codecov))) {
      ctx.log.warn("no admin of the organization holds a seat now", { user: userId });
    }
  } catch (error) {
    ctx.log.debug("could not determine whose seat it was", { error });
  }
}

/** Apart from its owner, all accounts that belong to a token are organizations, which are on no roster. */
async function isTokenOwner({ service, username }: Member, codecov: CodecovCall): Promise<boolean> {
  if (username === null) return false;
  const owners = await codecov.ownersOfToken();
  return owners?.results.some((own) => own.service === service && own.username === username) ?? false;
}

async function hasNoSeatedAdmin(codecov: CodecovCall): Promise<boolean> {
  const response = await codecov.roster({ page: 1, pageSize: MAX_ADMINS, filter: { is_admin: true } });
  if (response.kind !== "page" || response.page.next !== null) return false;
  return !response.page.results.some(({ activated }) => activated);
}
