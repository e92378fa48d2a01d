import type { CodecovCall } from "#codecov/api/api.ts";
import type { InternalMember, Member } from "#codecov/api/schemas.ts";
import { findMember, longestTerm } from "#codecov/roster/find-member.ts";
import { digestMember, hasName, type RosterRow } from "#codecov/roster/roster-row.ts";
import { RosterWalk } from "#codecov/roster/roster-walk.ts";
import { userIdOf } from "#codecov/roster/user-id.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/**
 * Names under which Codecov's API finds exactly the account that is called so. A dot ends a name there (`bob.json`
 * is bob), and what reads as a number in any script is an internal id as well. Everything unusual is left out.
 */
const ADDRESSABLE = /^(?=.*[A-Za-z])[\w[\]-]+$/;

/** Rows of the internal list asked for at once; more matches than that are not gone through. */
const MAX_INTERNAL_ROWS = 5_000;

/** Rows of the roster asked for when looking whether somebody is called like an internal id. */
const MAX_NAMESAKES = 1_000;

/** Whether a user name can be used in an address without any danger of meaning somebody else. */
export function isAddressable(username: string): boolean {
  return ADDRESSABLE.test(username);
}

/** A member as the roster shows it now. */
export interface ResolvedMember {
  readonly userId: string;
  readonly row: RosterRow;
  /** Where the row was found, if by address. */
  readonly address?: string;
}

/**
 * The member whose user resource has this id, or undefined if nobody on the roster has.
 *
 * @throws BatonError as the roster, and FailedPrecondition if the user name is now written in another case.
 */
export async function resolveMember(
  userId: string,
  codecov: CodecovCall,
  ctx: CallContext,
): Promise<ResolvedMember | undefined> {
  const { service } = codecov.target;
  if (isAddressable(userId)) {
    const member = await readAddress(userId, codecov);
    if (member !== undefined) {
      const row = { member, ordinal: 0 };
      const foundId = userIdOf(row, service);
      if (foundId === userId) return { userId, row, address: userId };
      if (foundId.toLowerCase() === userId.toLowerCase()) {
        throw new BatonError(
          Code.FailedPrecondition,
          `Codecov now writes the user name ${userId} as ${foundId}; run a sync, then use the new id`,
        );
      }
    }
  }
  const row = await searchMember(userId, codecov, ctx);
  return row === undefined ? undefined : { userId, row };
}

/** A way to address a member, or why there is none. */
export type MemberAddress =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "none"; readonly problem: string };

/**
 * Where a change of the member can be sent without any danger of reaching somebody else: its user name, or with
 * `allowInternalIds` the internal number. Either has just led to the very row that is meant.
 *
 * @throws BatonError as the roster.
 */
export async function findAddress(
  { row: { member }, address }: ResolvedMember,
  allowInternalIds: boolean,
  codecov: CodecovCall,
): Promise<MemberAddress> {
  if (address !== undefined) return { kind: "address", address };
  const problem = await describeNameProblem(member, codecov);
  if (problem === undefined) return { kind: "address", address: member.username ?? "" };
  if (!allowInternalIds) return { kind: "none", problem };
  return await findInternalAddress(member, codecov);
}

/** Undefined if the user name leads to the member. */
async function describeNameProblem(member: Member, codecov: CodecovCall): Promise<string | undefined> {
  if (!hasName(member)) return "Codecov knows no user name for this member";
  if (!isAddressable(member.username)) {
    return `Codecov's API cannot address the user name ${member.username}, or takes it for that of another member`;
  }
  const there = await readAddress(member.username, codecov);
  if (there !== undefined && isSameRow(there, member)) return undefined;
  return `the user name ${member.username} does not identify this member alone in Codecov's API`;
}

/** The internal number, if it stands for the member beyond doubt. */
async function findInternalAddress(member: Member, codecov: CodecovCall): Promise<MemberAddress> {
  const term = longestTerm(member.username || member.email || member.name || "");
  const list = await codecov.internalMembers(term ?? "", MAX_INTERNAL_ROWS);
  if (list === undefined) return none("Codecov's internal member list cannot be read with this token");
  if (list.next !== null) return none("Codecov's internal member list has too many similar members");
  const [match, another] = list.results.filter((candidate) => hasSameTexts(candidate, member));
  if (match === undefined) return none("Codecov's internal member list does not have this member");
  if (another !== undefined) return none("Codecov lists several members that cannot be told apart");

  const address = String(match.ownerid);
  const called = await codecov.roster({ page: 1, pageSize: MAX_NAMESAKES, filter: { search: address } });
  if (called.kind === "refused") throw called.error;
  if (called.kind === "page" && called.page.next !== null) {
    return none(
      `too many members match the internal id ${address} to rule out that it is the user name of one of them`,
    );
  }
  if (called.kind === "page" && called.page.results.some(({ username }) => username === address)) {
    return none(`another member has the internal id ${address} of this one as user name`);
  }
  const there = await readAddress(address, codecov);
  if (there !== undefined && isSameRow(there, member)) return { kind: "address", address };
  return none(`the internal id ${address} does not identify this member`);
}

function none(problem: string): MemberAddress {
  return { kind: "none", problem };
}

/** Whether the member holds a seat now; undefined once it is no longer on the roster. */
export async function readSeat(
  { userId, row }: ResolvedMember,
  address: string,
  codecov: CodecovCall,
  ctx: CallContext,
): Promise<boolean | undefined> {
  const there = await codecov.member(address);
  if (there !== undefined) {
    if (!isSameRow(there, row.member)) throw movedAway(userId, there);
    return there.activated;
  }
  // The same response comes when the token has lost its membership; only the roster tells these apart.
  return (await searchMember(userId, codecov, ctx))?.member.activated;
}

/** The error of a change that may have met another member than was meant. */
export function movedAway(userId: string, { username, name }: Member): BatonError {
  const now = [username, name].filter(Boolean).join(", ") || "a member without a name";
  return new BatonError(
    Code.Aborted,
    `while the seat of ${userId} was being changed, its address in Codecov went over to another account (${now}); check the seats of both, then run a sync`,
  );
}

/**
 * Whether both rows are the same account as far as one can tell. The user name alone does not say it: it may have
 * passed to another account.
 */
export function isSameRow(a: Member, b: Member): boolean {
  return digestMember(a).equals(digestMember(b));
}

/** The internal list does not name the service. */
function hasSameTexts(a: InternalMember, b: Member): boolean {
  return (
    (a.username || null) === (b.username || null) &&
    (a.name || null) === (b.name || null) &&
    (a.email || null) === (b.email || null)
  );
}

/** A walk of its own, as rows that an earlier one keeps may be out of date. */
async function searchMember(
  userId: string,
  codecov: CodecovCall,
  ctx: CallContext,
): Promise<RosterRow | undefined> {
  return await findMember(userId, codecov, new RosterWalk("seat change"), ctx);
}

/**
 * Who is there; undefined for nobody, and for a server error: that is what Codecov answers where two members
 * share a user name, and a general failure shows itself in the next request.
 */
async function readAddress(address: string, codecov: CodecovCall): Promise<Member | undefined> {
  try {
    return await codecov.member(address, 2);
  } catch (error) {
    const isServerError = error instanceof BatonError && error.code === Code.Unavailable;
    if (!isServerError || error.rateLimit !== undefined) throw error;
    return undefined;
  }
}
