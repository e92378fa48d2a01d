import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserTrait_Status_Status } from "#gen/c1/connector/v2/traits.ts";
import { Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import { canonicalBytes } from "#model/canonical.ts";
import { makeResourceId } from "#model/ids.ts";
import { AccountType, makeResource, Resource, ResourceStatus } from "#model/resource.ts";
import { canonicalStruct, type StructValue } from "#model/struct.ts";
import { toTimestamp } from "#model/timestamp.ts";
import { EncodedUser, encodeUsers, type UserOptions } from "#model/user.ts";
import { truncateUtf8 } from "#model/utf8.ts";

/** The same user by way of message objects and the generated encoder. */
function encodeWithMessages(options: UserOptions): Uint8Array {
  const resource = makeResource(options);
  const trait = packAnnotation("UserTrait", {
    emails: (options.emails ?? [])
      .filter((address) => address !== "")
      .map((address, index) => ({ address: address.toWellFormed(), isPrimary: index === 0 })),
    status: {
      status: TRAIT_STATUS.get(options.status.status) ?? UserTrait_Status_Status.STATUS_UNSPECIFIED,
      details: truncateUtf8(options.status.details ?? "", 1024),
    },
    profile: options.profile && canonicalStruct(options.profile),
    accountType: options.accountType ?? AccountType.ACCOUNT_TYPE_HUMAN,
    login: options.login?.toWellFormed() ?? "",
    loginAliases: (options.loginAliases ?? []).map((alias) => alias.toWellFormed()),
    createdAt: options.createdAt === undefined ? undefined : toTimestamp(options.createdAt),
    lastLogin: options.lastLogin === undefined ? undefined : toTimestamp(options.lastLogin),
    employeeIds: (options.employeeIds ?? []).map((id) => id.toWellFormed()),
  });
  const whole = { ...resource, annotations: [trait, ...resource.annotations] };
  return canonicalBytes("c1.connector.v2.Resource", Resource.encode(whole).finish());
}

const TRAIT_STATUS = new Map<number, UserTrait_Status_Status>([
  [ResourceStatus.RESOURCE_STATUS_ENABLED, UserTrait_Status_Status.STATUS_ENABLED],
  [ResourceStatus.RESOURCE_STATUS_DISABLED, UserTrait_Status_Status.STATUS_DISABLED],
  [ResourceStatus.RESOURCE_STATUS_DELETED, UserTrait_Status_Status.STATUS_DELETED],
]);

const text = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.constantFrom("", "\ud800", "é".repeat(1_500)),
);
const id = fc.string({ unit: "binary", minLength: 1, maxLength: 50 }).filter((value) => value.isWellFormed());
const key = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.nat({ max: 200 }).map(String),
  fc.constantFrom("", "__proto__", "\u{ffff}", "😀", "\ud800", "\udc00", "\ufffd"),
);
const { value } = fc.letrec<{ value: StructValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.double(),
    text,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const epochMs = fc.integer({ min: -1_000_000_000_000, max: 4_000_000_000_000 });

const optionalFields = fc.record(
  {
    description: text,
    parent: id.map((parent) => makeResourceId("tenant", parent)),
    profile: fc.dictionary(key, fc.option(value, { nil: undefined }), { maxKeys: 6, noNullPrototype: true }),
    createdAt: epochMs,
    annotations: fc.array(
      id.map((raw) => packAnnotation("RawId", { id: raw })),
      { maxLength: 3 },
    ),
    emails: fc.array(text, { maxLength: 3 }),
    login: text,
    loginAliases: fc.array(text, { maxLength: 3 }),
    accountType: fc.constantFrom(
      AccountType.ACCOUNT_TYPE_UNSPECIFIED,
      AccountType.ACCOUNT_TYPE_SERVICE,
      AccountType.ACCOUNT_TYPE_HUMAN,
    ),
    employeeIds: fc.array(text, { maxLength: 3 }),
    lastLogin: epochMs,
  },
  { requiredKeys: [] },
);
const status = fc.record({
  status: fc.constantFrom(
    ResourceStatus.RESOURCE_STATUS_UNSPECIFIED,
    ResourceStatus.RESOURCE_STATUS_ENABLED,
    ResourceStatus.RESOURCE_STATUS_DISABLED,
    ResourceStatus.RESOURCE_STATUS_DELETED,
  ),
  details: text,
});
const user: fc.Arbitrary<UserOptions> = fc
  .tuple(optionalFields, fc.record({ resourceType: id, id, displayName: text, status }))
  .map(([optional, required]) => ({ ...optional, ...required }));

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

describe("an encoded user", () => {
  test("has the bytes that its messages have in canonical form", () => {
    fc.assert(
      fc.property(fc.array(user, { maxLength: 3 }), (users) => {
        expect(encodeUsers(users).map(({ encoded }) => hex(encoded))).toEqual(
          users.map((options) => hex(encodeWithMessages(options))),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("tells its id and the types of its annotations without being decoded", () => {
    const encoded = new EncodedUser({
      resourceType: "user",
      id: "bob",
      displayName: "Bob",
      status: { status: ResourceStatus.RESOURCE_STATUS_ENABLED },
      annotations: [packAnnotation("RawId", { id: "42" })],
    });
    const decoded = Resource.decode(encoded.encoded);
    expect(decoded.id).toMatchObject(encoded.id);
    expect(encoded.annotations.map(({ typeUrl }) => typeUrl)).toEqual(
      decoded.annotations.map(({ typeUrl }) => typeUrl),
    );
  });

  test.each(["", "x".repeat(1025), "x\ud800"])("with an id that cannot be sent is none (%#)", (unusable) => {
    const status = { status: ResourceStatus.RESOURCE_STATUS_ENABLED };
    expect(() => encodeUsers([{ resourceType: "user", id: unusable, displayName: "x", status }])).toThrow(
      expect.objectContaining({ code: Code.FailedPrecondition }),
    );
  });
});
