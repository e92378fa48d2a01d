import { describe, expect, test } from "vitest";
import { GrantsServiceListGrantsRequest } from "#gen/c1/connector/v2/grant.ts";
import { Code } from "#kernel/errors.ts";
import { findAnnotation, packAnnotation } from "#model/annotations.ts";
import { Entitlement, makeEntitlement, Purpose } from "#model/entitlement.ts";
import { makeGrant } from "#model/grant.ts";
import { makeResourceId } from "#model/ids.ts";
import {
  AccountType,
  makeResource,
  makeResourceType,
  makeTraitResource,
  Resource,
  ResourceStatus,
  Trait,
} from "#model/resource.ts";
import { fromTimestamp, toTimestamp } from "#model/timestamp.ts";
import { makeUser } from "#model/user.ts";
import { validateRequest } from "#runtime/validate-request.ts";

const CREATED_AT = Date.UTC(2024, 1, 29, 12, 0, 0, 250);

const bob = makeUser({
  resourceType: "user",
  id: "bob",
  displayName: "Bob",
  status: { status: ResourceStatus.RESOURCE_STATUS_DISABLED, details: "no seat" },
  profile: { username: "bob", is_admin: false },
  emails: ["bob@example.com", "", "b@example.com"],
  login: "bob",
  createdAt: CREATED_AT,
  annotations: [packAnnotation("RawId", { id: "42" })],
});

describe("a user", () => {
  const trait = findAnnotation(bob.annotations, "UserTrait");

  test("has status, profile and creation time on the resource and, for older readers, in the trait", () => {
    expect(bob.status).toMatchObject({ status: ResourceStatus.RESOURCE_STATUS_DISABLED, details: "no seat" });
    expect(trait?.status).toMatchObject({ status: 2, details: "no seat" });
    expect(bob.profile).toEqual({ is_admin: false, username: "bob" });
    expect(trait?.profile).toEqual(bob.profile);
    expect(trait?.createdAt).toMatchObject({ seconds: 1_709_208_000n, nanos: 250_000_000 });
    expect(bob.createdAt).toEqual(trait?.createdAt);
  });

  test("is human unless said otherwise, and its first address the primary one", () => {
    expect(trait?.accountType).toBe(AccountType.ACCOUNT_TYPE_HUMAN);
    expect(trait?.emails.map(({ address, isPrimary }) => [address, isPrimary])).toEqual([
      ["bob@example.com", true],
      ["b@example.com", false],
    ]);
  });

  test("carries its trait before all other annotations", () => {
    expect(bob.annotations.map(({ typeUrl }) => typeUrl.split(".").at(-1))).toEqual(["UserTrait", "RawId"]);
  });

  test.each([
    [ResourceStatus.RESOURCE_STATUS_ENABLED, 1],
    [ResourceStatus.RESOURCE_STATUS_DELETED, 3],
    [ResourceStatus.RESOURCE_STATUS_UNSPECIFIED, 0],
  ])("with resource status %i has trait status %i", (status, expected) => {
    const user = makeUser({ resourceType: "user", id: "x", displayName: "x", status: { status } });
    expect(findAnnotation(user.annotations, "UserTrait")?.status?.status).toBe(expected);
  });
});

describe("texts", () => {
  const long = `${"é".repeat(3000)}\ud800`;

  test("are cut so that a host can send back what it was given", () => {
    const resource = makeUser({
      resourceType: "user",
      id: "x",
      displayName: long,
      description: long,
      status: { status: ResourceStatus.RESOURCE_STATUS_ENABLED, details: long },
    });
    const request = GrantsServiceListGrantsRequest.fromPartial({ resource });
    expect(validateRequest("c1.connector.v2.GrantsServiceListGrantsRequest", request)).toBeUndefined();
    expect(resource.displayName).toBe("é".repeat(512));
    expect(Resource.decode(Resource.encode(resource).finish())).toMatchObject(resource);
  });

  test("of entitlements and resource types are cut, too", () => {
    const entitlement = makeEntitlement({
      resource: makeResource({ resourceType: "org", id: "acme", displayName: "Acme" }),
      slug: "seat",
      displayName: long,
      description: long,
      purpose: Purpose.PURPOSE_VALUE_ASSIGNMENT,
      grantableTo: ["user"],
    });
    expect(entitlement.displayName).toBe("é".repeat(512));
    expect(entitlement.description).toBe("é".repeat(1024));
    const type = makeResourceType({
      id: "user",
      displayName: long,
      description: long,
      traits: [Trait.TRAIT_USER],
    });
    expect([type.displayName.length, type.description.length]).toEqual([512, 2048]);
  });
});

describe("ids", () => {
  test.each([
    ["", "is empty"],
    ["x".repeat(1025), "longer than 1024 bytes"],
    ["x\ud800", "surrogate"],
  ])("that cannot be sent stop the sync instead of being changed (%#)", (id, reason) => {
    expect(() => makeResource({ resourceType: "user", id, displayName: "x" })).toThrow(
      expect.objectContaining({ code: Code.FailedPrecondition, message: expect.stringContaining(reason) }),
    );
  });
});

test("a group, role or app has its trait, with the profile for older readers", () => {
  const group = makeTraitResource("GroupTrait", {
    resourceType: "org",
    id: "acme",
    displayName: "Acme",
    parent: makeResourceId("tenant", "t"),
    profile: { b: 1, a: 2 },
    trait: { groupSourceType: "native" },
  });
  expect(group.parentResourceId).toMatchObject({ resourceType: "tenant", resource: "t" });
  expect(findAnnotation(group.annotations, "GroupTrait")).toMatchObject({
    groupSourceType: "native",
    profile: { a: 2, b: 1 },
  });
});

test("an entitlement and a grant of it name each other as hosts expect", () => {
  const org = makeResource({ resourceType: "org", id: "acme", displayName: "Acme" });
  const seat = makeEntitlement({
    resource: org,
    slug: "seat",
    purpose: Purpose.PURPOSE_VALUE_ASSIGNMENT,
    grantableTo: ["user"],
  });
  expect(seat).toMatchObject({ id: "org:acme:seat", slug: "seat", displayName: "seat" });
  expect(seat.grantableTo.map(({ id }) => id)).toEqual(["user"]);

  const grant = makeGrant({ resource: org, slug: "seat", principal: makeResourceId("user", "bob") });
  expect(grant.id).toBe("org:acme:seat:user:bob");
  expect(grant.entitlement).toEqual(Entitlement.fromPartial({ id: "org:acme:seat", resource: org }));
  expect(grant.principal).toEqual(Resource.fromPartial({ id: makeResourceId("user", "bob") }));
});

test.each([0, 1_709_208_000_250, -1, -1500.5, 1.25])("timestamps keep %d ms", (epochMs) => {
  const timestamp = toTimestamp(epochMs);
  expect(timestamp.nanos).toBeGreaterThanOrEqual(0);
  expect(timestamp.nanos).toBeLessThan(1_000_000_000);
  expect(fromTimestamp(timestamp)).toBe(epochMs);
});
