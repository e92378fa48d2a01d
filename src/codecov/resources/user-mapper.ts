import type { Target } from "#codecov/api/request.ts";
import type { Member } from "#codecov/api/schemas.ts";
import { hasName, type RosterRow } from "#codecov/roster/roster-row.ts";
import { MAX_TEXT_BYTES } from "#codecov/roster/roster-slice.ts";
import { userIdOf } from "#codecov/roster/user-id.ts";
import { isUnseen } from "#kernel/visible-text.ts";
import { AccountType, ResourceStatus } from "#model/resource.ts";
import type { Struct } from "#model/struct.ts";
import type { UserOptions } from "#model/user.ts";
import { exceedsUtf8, isEmailAddress, truncateUtf8 } from "#model/utf8.ts";
import { USER_TYPE } from "./type-ids.ts";

/** What Codecov calls the service of an account that is being deleted. */
export const DELETED_SERVICE = "to_be_deleted";

const ID_NOTE = "Codecov knows no user name; the id is derived from service, name and e-mail";

/** What is known of a member's sign-ins to Codecov. */
export interface SignIn {
  /** Whether one is still valid. */
  readonly isActive: boolean;
  /** When the last one ends or has ended, in epoch milliseconds; undefined for somebody who never signed in. */
  readonly expiresAt: number | undefined;
  /** When it began, if that follows from its end. */
  readonly startedAt: number | undefined;
}

/**
 * The user resource of a member. Depends on nothing but its input: equal rows give equal resources.
 *
 * @param signIn if it is known; says something of people who never signed in as well.
 */
export function toUser(row: RosterRow, target: Target, signIn?: SignIn): UserOptions {
  const { member } = row;
  return {
    resourceType: USER_TYPE,
    id: userIdOf(row, target.service),
    displayName: visibleName(member.name) || member.username || member.email || "member without a name",
    status: describeStatus(member, target),
    profile: toProfile(member, target, signIn),
    login: hasName(member) ? member.username : "",
    emails: hasPlausibleEmail(member) ? [member.email] : [],
    accountType: isBot(member) ? AccountType.ACCOUNT_TYPE_SERVICE : AccountType.ACCOUNT_TYPE_HUMAN,
    lastLogin: signIn?.startedAt,
  };
}

/** A name as a list shows it: empty if nobody could see it there, as one of blanks or fillers. */
export function visibleName(name: string | null): string {
  return name === null || isUnseen(name) ? "" : name.trim();
}

/** Whether the e-mail can be sent to the host, which accepts well-formed addresses only. */
export function hasPlausibleEmail(member: Member): member is Member & { readonly email: string } {
  return member.email !== null && isEmailAddress(member.email);
}

/** Whether one of the member's texts is too long for a resource and is cut. */
export function isCut({ name, email }: Member): boolean {
  return isTooLong(name) || isTooLong(email);
}

function isTooLong(text: string | null): boolean {
  return text !== null && exceedsUtf8(text, MAX_TEXT_BYTES);
}

/** GitHub gives the accounts of apps a name that people cannot choose. */
function isBot({ service, username }: Member): boolean {
  return service.startsWith("github") && username?.endsWith("[bot]") === true;
}

function describeStatus({ service, activated }: Member, target: Target) {
  if (service === DELETED_SERVICE) {
    return { status: ResourceStatus.RESOURCE_STATUS_DELETED, details: "Codecov is deleting this account" };
  }
  return activated
    ? { status: ResourceStatus.RESOURCE_STATUS_ENABLED, details: `holds a Codecov seat of ${target.owner}` }
    : {
        status: ResourceStatus.RESOURCE_STATUS_DISABLED,
        details: `member of ${target.owner} without a Codecov seat`,
      };
}

/** The keys are in the order in which they are sent. */
function toProfile(member: Member, target: Target, signIn: SignIn | undefined): Struct {
  return {
    activated: member.activated,
    email: cut(member.email),
    has_active_session: signIn?.isActive,
    id_note: hasName(member) ? undefined : ID_NOTE,
    is_admin: member.is_admin,
    name: cut(member.name),
    owner: target.owner,
    service: member.service,
    session_expires_at: signIn && endOf(signIn),
    username: member.username,
  };
}

function endOf({ expiresAt }: SignIn): string | null {
  return expiresAt === undefined ? null : new Date(expiresAt).toISOString();
}

function cut(text: string | null): string | null {
  return text === null ? null : truncateUtf8(text, MAX_TEXT_BYTES);
}
