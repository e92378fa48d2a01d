import type { CodecovCall } from "#codecov/api/api.ts";
import type { ApiAccess } from "#codecov/api/api-access.ts";
import type { Member } from "#codecov/api/schemas.ts";
import type { SeatResponse } from "#codecov/api/seat-request.ts";
import { type CallContext, withMaxWait } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { refuseGrant } from "#model/grant.ts";
import {
  findAddress,
  isSameRow,
  movedAway,
  type ResolvedMember,
  readSeat,
  resolveMember,
} from "./member-address.ts";
import { SerialQueue } from "./serial-queue.ts";

/** How often a change is sent before it is given up; each time because reading showed that it was not made. */
const MAX_ATTEMPTS = 5;

/**
 * How often without a conclusive response. Then the change is given up for good, with a code that no
 * caller repeats: what fails twice while reading works is a fault of the server, such as Codecov 26.7.6 shows for
 * an organization whose number of seats was never stored.
 */
const MAX_UNANSWERED = 2;

/** Wait before a change is looked for or sent again; grows with each attempt. */
const FIRST_PAUSE_MS = 1_000;

/** What came of a change of a seat. */
export type SeatChange =
  | { readonly kind: "changed"; readonly member: Member }
  /** The member had been in the wanted state before. */
  | { readonly kind: "unchanged"; readonly member: Member }
  /** Nobody with this id is on the roster, so there is no seat either. */
  | { readonly kind: "absent" };

export interface SeatWriterOptions {
  readonly connection: ApiAccess;
  /** Whether members without a usable name may be addressed by the number Codecov has for them. */
  readonly internalIds: boolean;
}

/** A change on its way. */
interface PendingChange {
  readonly resolved: ResolvedMember;
  readonly address: string;
  readonly activated: boolean;
  readonly codecov: CodecovCall;
  readonly ctx: CallContext;
}

/**
 * Gives and takes seats so that each change is really made, and made to the member that is meant.
 *
 * Codecov loads the organization, changes its list of seats and saves the whole again, without any lock: of
 * changes at the same time most are lost, each answered 200 (observed on Codecov 26.7.6). Hence all changes go
 * through one queue, and each is read back before the next begins.
 */
export class SeatWriter {
  readonly #options: SeatWriterOptions;
  readonly #queue = new SerialQueue();

  constructor(options: SeatWriterOptions) {
    this.#options = options;
  }

  /**
   * Gives a seat to the member whose user resource has the id, or takes it away. Until the change is sent an
   * aborted call ends it; from then on it is followed to its end, whatever becomes of the caller.
   *
   * @throws BatonError FailedPrecondition, if it is refused (no seat is left, or the member cannot be addressed
   * without danger for others), or if it failed twice and reading shows that it was not made; Aborted, if something
   * else keeps undoing it; Unavailable or DeadlineExceeded, if the member cannot be read: asking again is safe, as
   * every change begins with reading.
   */
  async setSeat(userId: string, activated: boolean, ctx: CallContext): Promise<SeatChange> {
    return await this.#queue.run(() => this.#change(userId, activated, ctx), ctx.signal);
  }

  /** Resolves when no change is under way. */
  whenIdle(): Promise<void> {
    return this.#queue.whenIdle();
  }

  async #change(userId: string, activated: boolean, ctx: CallContext): Promise<SeatChange> {
    const { connection, internalIds } = this.#options;
    const begin = ctx.clock.monotonic();
    const reading = await connection.forCall(ctx);
    const resolved = await resolveMember(userId, reading, ctx);
    if (resolved === undefined) return { kind: "absent" };
    if (resolved.row.member.activated === activated)
      return { kind: "unchanged", member: resolved.row.member };
    const found = await findAddress(resolved, internalIds, reading);
    if (found.kind === "none") throw refuse(activated, explainRefusal(found.problem, internalIds, reading));
    ctx.signal.throwIfAborted();

    // Waiting for the member counts, too.
    const waited = ctx.clock.monotonic() - begin;
    const rest = ctx.maxWaitMs === undefined ? undefined : ctx.maxWaitMs - waited;
    const detached = withMaxWait({ ...ctx, signal: new AbortController().signal }, rest);
    const codecov = await connection.forCall(detached);
    return await write({ resolved, address: found.address, activated, codecov, ctx: detached });
  }
}

async function write(pending: PendingChange): Promise<SeatChange> {
  const { resolved, address, activated, codecov, ctx } = pending;
  const { userId, row } = resolved;
  let unanswered = 0;
  let isContested = false;
  for (let attempt = 1; ; attempt += 1) {
    const response = await codecov.setActivated(address, activated);
    const member = response.kind === "member" ? response.member : row.member;
    if (!isSameRow(member, row.member)) throw movedAway(userId, member);
    if (response.kind === "unknown") unanswered += 1;
    // What undid one change may undo the next, and a server that gave no response may still be at work.
    isContested ||=
      response.kind === "unknown" || (response.kind === "member" && member.activated !== activated);
    if (isContested) await ctx.clock.sleep(attempt * FIRST_PAUSE_MS, ctx.signal);

    const holds = await readResult(pending);
    if (response.kind === "refused") {
      // If no seat is left, Codecov refuses one even to a member who holds one, maybe from an earlier attempt.
      const kind = attempt > 1 ? "changed" : "unchanged";
      if (holds === activated) return { kind, member: { ...member, activated } };
      throw refuse(activated, response.reason).prefixed(`Codecov did not ${describeChange(pending)}`);
    }
    if (holds === undefined && activated) throw hasLeft(userId, codecov);
    if ((holds ?? false) === activated) return { kind: "changed", member: { ...member, activated } };
    ctx.log.warn("Codecov did not make a seat change", {
      user: userId,
      activated,
      attempt,
      ...reasonOf(response),
    });
    if (attempt === MAX_ATTEMPTS || unanswered === MAX_UNANSWERED) throw givenUp(pending, attempt, response);
    isContested = true;
  }
}

/** Whether the member holds a seat after the change; undefined for one who is no longer on the roster. */
async function readResult(pending: PendingChange): Promise<boolean | undefined> {
  const { resolved, address, codecov, ctx } = pending;
  try {
    return await readSeat(resolved, address, codecov, ctx);
  } catch (thrown) {
    const sent = `could not check whether Codecov did ${describeChange(pending)}`;
    throw thrown instanceof BatonError ? thrown.prefixed(sent) : thrown;
  }
}

function reasonOf(response: SeatResponse): { readonly error?: BatonError } {
  return response.kind === "unknown" ? { error: response.error } : {};
}

/** The refusal of a grant differs from failures by its details. */
function refuse(activated: boolean, reason: string): BatonError {
  return activated ? refuseGrant(reason) : new BatonError(Code.FailedPrecondition, reason);
}

function explainRefusal(problem: string, internalIds: boolean, { target }: CodecovCall): string {
  const advice = `change the seat on the members page of ${target.owner} in Codecov`;
  return internalIds
    ? `nothing was changed: ${problem}; ${advice}`
    : `nothing was changed: ${problem}; ${advice}, or allow --codecov-internal-ids`;
}

function hasLeft(userId: string, { target }: CodecovCall): BatonError {
  return new BatonError(
    Code.NotFound,
    `${userId} left the member list of ${target.owner} in Codecov while getting a seat; run a sync`,
  );
}

function givenUp(pending: PendingChange, attempts: number, response: SeatResponse): BatonError {
  const change = describeChange(pending);
  if (response.kind === "unknown") {
    return new BatonError(
      Code.FailedPrecondition,
      `asking Codecov to ${change} failed twice with ${response.what}; the seat was not changed`,
      { kind: "upstream", cause: response.error },
    );
  }
  return new BatonError(
    Code.Aborted,
    `Codecov accepted the request to ${change} ${attempts} times, but the change did not last: another program is changing seats at the same time${pending.activated ? "" : ", or Codecov's auto-activation gives the seat back"}; stop that, then try again`,
  );
}

function describeChange({ resolved: { userId }, activated, codecov }: PendingChange): string {
  const seat = `a seat of ${codecov.target.owner}`;
  return activated ? `give ${userId} ${seat}` : `take ${seat} from ${userId}`;
}
