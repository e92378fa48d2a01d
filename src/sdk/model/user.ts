import { Resource, ResourceId, Status_ResourceStatus } from "#gen/c1/connector/v2/resource.ts";
import { UserTrait_AccountType, UserTrait_Status_Status } from "#gen/c1/connector/v2/traits.ts";
import { Any } from "#gen/google/protobuf/any.ts";
import { BackwardWriter } from "./backward-writer.ts";
import { Limit } from "./contract-limits.ts";
import { checkedId, type ResourceOptions, type ResourceStatusOptions } from "./resource.ts";
import { writeStruct } from "./struct-writer.ts";
import { Timestamp, toTimestamp } from "./timestamp.ts";
import { truncateUtf8 } from "./utf8.ts";

/**
 * What {@link makeUser} and {@link encodeUsers} make a user from.
 *
 * @example
 * const toUser = (row: User): UserOptions => {
 *   const status = row.active ? ResourceStatus.RESOURCE_STATUS_ENABLED : ResourceStatus.RESOURCE_STATUS_DISABLED;
 *   return { resourceType: "user", id: row.id, displayName: row.name, login: row.login, status: { status } };
 * };
 */
export interface UserOptions extends Omit<ResourceOptions, "status"> {
  readonly status: ResourceStatusOptions;
  /** Addresses, the primary one first. */
  readonly emails?: readonly string[];
  readonly login?: string;
  readonly loginAliases?: readonly string[];
  /** HUMAN if absent. */
  readonly accountType?: UserTrait_AccountType;
  readonly employeeIds?: readonly string[];
  /** Epoch milliseconds. */
  readonly lastLogin?: number | undefined;
}

const TRAIT_URL = "type.googleapis.com/c1.connector.v2.UserTrait";

/** The annotations of nearly all users, as far as {@link EncodedUser} tells of them. */
const TRAIT_ONLY: readonly Pick<Any, "typeUrl">[] = [{ typeUrl: TRAIT_URL }];

/** Bytes reserved at a time for encoded users, which have some 600 each. */
const CHUNK_BYTES = 64 * 1024;

/**
 * A user resource as the bytes of its message, in canonical form. Cannot be made but from options, so that its
 * bytes are always a complete user.
 *
 * Status, profile and creation time stand on the resource, where readers of today look, and once more in the
 * trait, whose own fields are deprecated but are all that older readers know.
 *
 * @example
 * const user = new EncodedUser(toUser(row));
 */
export class EncodedUser {
  readonly id: Pick<ResourceId, "resourceType" | "resource">;
  /** The types of its annotations, its trait among them. */
  readonly annotations: readonly Pick<Any, "typeUrl">[];
  readonly #encoded: Buffer;

  /** @throws BatonError as `makeResource`, of which the rules for texts and ids hold as well. */
  constructor(options: UserOptions, writer = new BackwardWriter(CHUNK_BYTES)) {
    this.id = { resourceType: options.resourceType, resource: checkedId(options) };
    this.annotations = options.annotations?.length ? [...TRAIT_ONLY, ...options.annotations] : TRAIT_ONLY;
    writeUser(writer, options);
    this.#encoded = writer.take();
  }

  /** A whole `c1.connector.v2.Resource`. */
  get encoded(): Buffer {
    return this.#encoded;
  }
}

/**
 * Users for a listing, in much less time than {@link makeUser} takes.
 *
 * @throws BatonError as `makeResource`.
 *
 * @example
 * return { items: encodeUsers(rows.map(toUser)), nextPageToken: next };
 */
export function encodeUsers(users: readonly UserOptions[]): EncodedUser[] {
  const writer = new BackwardWriter(CHUNK_BYTES);
  return users.map((options) => new EncodedUser(options, writer));
}

/**
 * A user as a message.
 *
 * @throws BatonError as `makeResource`.
 *
 * @example
 * const user = makeUser({ ...toUser(row), emails: [row.email] });
 */
export function makeUser(options: UserOptions): Resource {
  return Resource.decode(new EncodedUser(options).encoded);
}

const TRAIT_STATUS = {
  [Status_ResourceStatus.RESOURCE_STATUS_UNSPECIFIED]: UserTrait_Status_Status.STATUS_UNSPECIFIED,
  [Status_ResourceStatus.RESOURCE_STATUS_ENABLED]: UserTrait_Status_Status.STATUS_ENABLED,
  [Status_ResourceStatus.RESOURCE_STATUS_DISABLED]: UserTrait_Status_Status.STATUS_DISABLED,
  [Status_ResourceStatus.RESOURCE_STATUS_DELETED]: UserTrait_Status_Status.STATUS_DELETED,
  [Status_ResourceStatus.UNRECOGNIZED]: UserTrait_Status_Status.STATUS_UNSPECIFIED,
} as const;

/** Where the profile's bytes stand in the message, to be copied into the trait. */
interface Span {
  readonly before: number;
  readonly size: number;
}

/** The fields of a resource, from the last to the first. */
function writeUser(writer: BackwardWriter, options: UserOptions): void {
  const details = truncateUtf8(options.status.details ?? "", Limit.statusDetails);
  if (options.createdAt !== undefined) writeTime(writer, 12, options.createdAt);
  writeStatus(writer, 11, options.status.status, details);
  const profile = writeProfile(writer, options);
  const description = truncateUtf8(options.description ?? "", Limit.resourceDescription);
  writeText(writer, 5, description);
  for (const annotation of options.annotations?.toReversed() ?? []) {
    writer.bytes(4, Any.encode(annotation).finish());
  }
  writeTrait(writer, options, details, profile);
  writeText(writer, 3, truncateUtf8(options.displayName, Limit.resourceDisplayName));
  if (options.parent !== undefined) writer.bytes(2, ResourceId.encode(options.parent).finish());
  const before = writer.length;
  writer.text(2, options.id);
  writeText(writer, 1, options.resourceType);
  writer.wrap(1, before);
}

function writeProfile(writer: BackwardWriter, { profile }: UserOptions): Span | undefined {
  if (profile === undefined) return undefined;
  const before = writer.length;
  writeStruct(writer, profile);
  const size = writer.length - before;
  writer.wrap(9, before);
  return { before, size };
}

/** The annotation that makes the resource a user: the fields of the trait from the last to the first, then its type. */
function writeTrait(
  writer: BackwardWriter,
  options: UserOptions,
  details: string,
  profile: Span | undefined,
): void {
  const before = writer.length;
  writeTexts(writer, 13, options.employeeIds);
  if (options.lastLogin !== undefined) writeTime(writer, 9, options.lastLogin);
  if (options.createdAt !== undefined) writeTime(writer, 8, options.createdAt);
  writeTexts(writer, 7, options.loginAliases);
  writeText(writer, 6, options.login ?? "");
  const accountType = options.accountType ?? UserTrait_AccountType.ACCOUNT_TYPE_HUMAN;
  writeEnum(writer, 5, accountType);
  if (profile !== undefined) writer.copy(3, profile.before, profile.size);
  writeStatus(writer, 2, TRAIT_STATUS[options.status.status], details);
  writeEmails(writer, options.emails);
  writer.wrap(2, before);
  writer.text(1, TRAIT_URL);
  writer.wrap(4, before);
}

/** Resource and trait have a message each for it, with the same fields. */
function writeStatus(writer: BackwardWriter, field: number, status: number, details: string): void {
  const before = writer.length;
  writeText(writer, 2, details);
  writeEnum(writer, 1, status);
  writer.wrap(field, before);
}

/** The first one is the primary one; empty ones are left out. */
function writeEmails(writer: BackwardWriter, emails: readonly string[] | undefined): void {
  if (emails === undefined) return;
  const addresses = emails.filter(Boolean);
  for (let index = addresses.length - 1; index >= 0; index -= 1) {
    const before = writer.length;
    if (index === 0) writer.boolean(2, true);
    writer.text(1, addresses[index] ?? "");
    writer.wrap(1, before);
  }
}

/** Repeated texts, also empty ones. */
function writeTexts(writer: BackwardWriter, field: number, texts: readonly string[] | undefined): void {
  for (const text of texts?.toReversed() ?? []) writer.text(field, text);
}

/** What is unspecified (0), or was not recognized when it was read (-1), is left out. */
function writeEnum(writer: BackwardWriter, field: number, value: number): void {
  if (value > 0) writer.integer(field, value);
}

/** A text that is left out if it is empty. */
function writeText(writer: BackwardWriter, field: number, text: string): void {
  if (text !== "") writer.text(field, text);
}

function writeTime(writer: BackwardWriter, field: number, epochMs: number): void {
  writer.bytes(field, Timestamp.encode(toTimestamp(epochMs)).finish());
}
