import { BatonError, Code } from "#kernel/errors.ts";
import { parseInstant } from "#kernel/instant.ts";
import { isUnseen } from "#kernel/visible-text.ts";
import { AccountType, type ResourceOptions, ResourceStatus } from "#model/resource.ts";
import type { Struct } from "#model/struct.ts";
import type { UserOptions } from "#model/user.ts";
import { isEmailAddress } from "#model/utf8.ts";

/** An id of the upstream. Platforms keep it for years: use one that never changes. */
export type Id = string | number;

/**
 * A point in time: a date, its text in ISO 8601 with a time zone (`2026-07-01T08:00:00Z`), a day (`2026-07-01`, from
 * midnight UTC), or epoch milliseconds.
 */
export type Instant = Date | string | number;

/**
 * What a resource is known by.
 *
 * @example
 * const team: ResourceRef = { type: "team", id: "7" };
 */
export interface ResourceRef {
  /** Its type, for example `team`. */
  readonly type: string;
  readonly id: string;
}

/** A resource by its type, for example `{ user: "jdoe" }`. */
export type RefOf<Type extends string> = { [T in Type]: { readonly [Key in T]: Id } }[Type];

/**
 * The fields of a resource. What is null or undefined is left out.
 *
 * @example
 * const toTeam = (row: Team): ResourceFields => ({ id: row.id, name: row.title });
 */
export interface ResourceFields {
  readonly id: Id;
  /** Display name; the id if there is none. */
  readonly name: string | null | undefined;
  readonly description?: string | null | undefined;
  /** Facts worth showing, as JSON; often simply the row. */
  readonly profile?: Struct | undefined;
  readonly createdAt?: Instant | null | undefined;
}

/**
 * The fields of a user. What is null or undefined is left out.
 *
 * @example
 * const toUser = (row: User): UserFields => ({ id: row.id, emails: [row.email], enabled: row.active });
 */
export interface UserFields extends Omit<ResourceFields, "name"> {
  /** Display name of the user; if there is none, the login, or else the id. */
  readonly name?: string | null | undefined;
  readonly login?: string | null | undefined;
  /** Addresses, the primary one first. Null ones, and what is not an e-mail address, are left out. */
  readonly emails?: readonly (string | null | undefined)[] | undefined;
  /** Whether the user can sign in; undefined if the upstream does not say, which is never taken for false. */
  readonly enabled: boolean | undefined;
  /** Why the user is enabled or not, in a few words. */
  readonly statusDetails?: string | null | undefined;
  /** Default `human`. */
  readonly account?: "human" | "service" | "system" | undefined;
  readonly lastLogin?: Instant | null | undefined;
  readonly employeeId?: Id | null | undefined;
}

const ACCOUNT_TYPES = {
  human: AccountType.ACCOUNT_TYPE_HUMAN,
  service: AccountType.ACCOUNT_TYPE_SERVICE,
  system: AccountType.ACCOUNT_TYPE_SYSTEM,
} as const;

/** The part that all resources share. @throws BatonError FailedPrecondition for an id or a time that cannot be used */
export function toResourceOptions(resourceType: string, fields: ResourceFields): ResourceOptions {
  const id = toId(resourceType, fields.id);
  const createdAt = toEpoch(`${resourceType} ${id}: createdAt`, fields.createdAt);
  return {
    resourceType,
    id,
    displayName: visible(fields.name) ?? id,
    description: fields.description ?? "",
    ...(fields.profile === undefined ? {} : { profile: fields.profile }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/** @throws BatonError as {@link toResourceOptions} */
export function toUserOptions(resourceType: string, fields: UserFields): UserOptions {
  const { login, enabled, account = "human", employeeId } = fields;
  const name = visible(fields.name) ?? login;
  const common = toResourceOptions(resourceType, { ...fields, name });
  return {
    ...common,
    login: login ?? "",
    emails: (fields.emails ?? []).filter(isUsableEmail),
    status: { status: toStatus(enabled), details: fields.statusDetails ?? "" },
    accountType: ACCOUNT_TYPES[account],
    lastLogin: toEpoch(`${resourceType} ${common.id}: lastLogin`, fields.lastLogin),
    employeeIds: employeeId === null || employeeId === undefined ? [] : [String(employeeId)],
  };
}

/**
 * An id as text.
 *
 * @throws BatonError FailedPrecondition for a number too large to be exact: two ids could become one
 */
export function toId(resourceType: string, id: Id): string {
  if (typeof id === "string" || Number.isSafeInteger(id)) return String(id);
  throw new BatonError(
    Code.FailedPrecondition,
    `the id ${id} of a resource of type "${resourceType}" is not a whole number below 2^53; read it as a string`,
    { kind: "internal" },
  );
}

/**
 * Type and id of a reference.
 *
 * @throws BatonError Internal if it names not exactly one, a mistake in the connector
 */
export function toRef(ref: Readonly<Record<string, Id | undefined>>): ResourceRef {
  const entries = Object.entries(ref).filter(([, id]) => id !== undefined);
  const [entry] = entries;
  const [type, id] = entry ?? [];
  if (type !== undefined && id !== undefined && entries.length === 1) return { type, id: toId(type, id) };
  throw new BatonError(Code.Internal, `a reference needs one resource, not ${entries.length}`);
}

/**
 * Epoch milliseconds.
 *
 * @throws BatonError FailedPrecondition for a text that is not a time, or has no time zone: `Date` would take that of this
 * machine, and two machines would store different times
 */
export function toEpoch(where: string, instant: Instant | null | undefined): number | undefined {
  if (instant === null || instant === undefined) return undefined;
  // Many servers write the zone without a colon.
  const epoch =
    typeof instant === "string"
      ? parseInstant(instant.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"))
      : new Date(instant).getTime();
  if (epoch !== undefined && !Number.isNaN(epoch)) return epoch;
  throw new BatonError(
    Code.FailedPrecondition,
    `${where}: not a valid time with a time zone, such as 2026-07-01T08:00:00Z`,
    { kind: "upstream" },
  );
}

function isUsableEmail(email: string | null | undefined): email is string {
  return typeof email === "string" && isEmailAddress(email);
}

/** Unknown stays unknown. */
function toStatus(enabled: boolean | undefined) {
  if (enabled === undefined) return ResourceStatus.RESOURCE_STATUS_UNSPECIFIED;
  return enabled ? ResourceStatus.RESOURCE_STATUS_ENABLED : ResourceStatus.RESOURCE_STATUS_DISABLED;
}

/** A name with visible characters; undefined if there are none. */
function visible(name: string | null | undefined): string | undefined {
  return name === null || name === undefined || isUnseen(name) ? undefined : name;
}
