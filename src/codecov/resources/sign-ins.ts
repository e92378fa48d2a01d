import type { CodecovCall } from "#codecov/api/api.ts";
import type { Member, MemberSession } from "#codecov/api/schemas.ts";
import { hasName } from "#codecov/roster/roster-row.ts";
import { readDate } from "#kernel/announced.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { SignIn } from "./user-mapper.ts";

/** Members up to which their sign-ins fit into one response. */
const MAX_SESSIONS = 50_000;

/**
 * How long a sign-in lasts: Codecov leaves that to Django, whose default is two weeks (Codecov 26.7.6, Django 4.2).
 * Codecov reports only the end, so the beginning follows from it.
 */
const SIGN_IN_MS = 14 * 24 * 60 * 60_000;

/** Sign-ins kept longer than this are read anew. */
const MAX_AGE_MS = 10 * 60_000;

/** Sign-ins by user name; empty if there is nothing to rely on. */
export type SignIns = ReadonlyMap<string, SignIn>;

interface Reading {
  readonly syncId: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly signIns: Promise<SignIns>;
}

/**
 * Reads the sign-in sessions of all members at once and keeps them while a sync lists its users.
 *
 * Codecov's list of them has no order, so a walk over its pages loses people and repeats others (442 of 2,345
 * were missing at 20 a page, observed on Codecov 26.7.6). Hence one page with everybody, or nothing at all.
 */
export class SessionReader {
  #reading: Reading | undefined;

  /**
   * Says in the log why there are none, if so: the rest of a sync does not depend on them.
   *
   * @throws BatonError if the caller gives up, or if Codecov has announced when to ask again.
   */
  async read(syncId: string, codecov: CodecovCall, ctx: CallContext): Promise<SignIns> {
    const now = ctx.clock.monotonic();
    const known = this.#reading;
    if (known !== undefined && known.syncId === syncId && now - known.startedAt <= MAX_AGE_MS) {
      return await known.signIns;
    }
    const reading = { syncId, startedAt: now, signIns: readSignIns(codecov, ctx) };
    this.#reading = reading;
    try {
      return await reading.signIns;
    } catch (error) {
      if (this.#reading === reading) this.#reading = undefined;
      throw error;
    }
  }

  forget(): void {
    this.#reading = undefined;
  }
}

/** The sign-in of a member. Nothing but the user name shows whose it is. */
export function signInOf(member: Member, signIns: SignIns): SignIn | undefined {
  return hasName(member) ? signIns.get(member.username) : undefined;
}

async function readSignIns(codecov: CodecovCall, ctx: CallContext): Promise<SignIns> {
  const none = (problem: string, facts: Record<string, unknown>): SignIns => {
    ctx.log.warn(`sign-in sessions are left out: ${problem}`, facts);
    return new Map();
  };
  try {
    const response = await codecov.userSessions(MAX_SESSIONS);
    if (response.kind === "refused") {
      return none(
        "the owner of the API token is not allowed to see them; only an admin is, and on a self-hosted Codecov only an account listed under setup.admins in its configuration",
        {
          answer: response.reason,
        },
      );
    }
    const { count, next, results } = response.page;
    if (next !== null || results.length !== count) {
      return none("they do not fit into one page, and Codecov does not page through them reliably", {
        members: count,
        limit: MAX_SESSIONS,
      });
    }
    return indexByName(results, ctx.clock.now());
  } catch (error) {
    if (!(error instanceof BatonError) || error.code === Code.Canceled || error.rateLimit?.resetAt)
      throw error;
    return none("they could not be read", { error });
  }
}

/** Names that occur twice, as on two git services, belong to nobody in particular. */
function indexByName(sessions: readonly MemberSession[], now: number): SignIns {
  const signIns = new Map<string, SignIn>();
  const ambiguous = new Set<string>();
  for (const session of sessions) {
    const { username } = session;
    if (!username) continue;
    if (signIns.has(username)) ambiguous.add(username);
    signIns.set(username, toSignIn(session, now));
  }
  for (const username of ambiguous) signIns.delete(username);
  return signIns;
}

function toSignIn({ has_active_session, expiry_date }: MemberSession, now: number): SignIn {
  const end = readDate(expiry_date);
  if (end === undefined) return { isActive: has_active_session, expiresAt: undefined, startedAt: undefined };
  const start = end - SIGN_IN_MS;
  // A beginning in the future: sign-ins last longer on this server, nobody knows how long.
  return { isActive: has_active_session, expiresAt: end, startedAt: start <= now ? start : undefined };
}
