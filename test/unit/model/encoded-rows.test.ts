import { describe, expect, test } from "vitest";
import { Grant, GrantsServiceListGrantsResponse } from "#gen/c1/connector/v2/grant.ts";
import { Resource, ResourcesServiceListResourcesResponse } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import { decodeGrant, decodeGrantPage, decodeResourcePage } from "#model/encoded-rows.ts";

const resource = Resource.fromPartial({
  id: { resourceType: "user", resource: "zoë-🦊" },
  parentResourceId: { resourceType: "org", resource: "acme" },
  displayName: "Zoë",
  annotations: [packAnnotation("UserTrait", { login: "zoë" }), packAnnotation("SkipGrants")],
  profile: { is_admin: true, activated: false, note: "true", teams: ["a", "b"], nested: { inner: true } },
});

const grant = Grant.fromPartial({
  id: "org:acme:member:user:zoë",
  entitlement: { id: "org:acme:member", resource: { id: { resourceType: "org", resource: "acme" } } },
  principal: { id: { resourceType: "user", resource: "zoë" } },
  annotations: [packAnnotation("GrantImmutable")],
});

describe("a page of resources", () => {
  const bytes = ResourcesServiceListResourcesResponse.encode(
    ResourcesServiceListResourcesResponse.fromPartial({
      list: [resource, Resource.fromPartial({})],
      nextPageToken: "two",
      annotations: [packAnnotation("RequestId", { requestId: "r" })],
    }),
  ).finish();
  const page = decodeResourcePage(Buffer.from(bytes));

  test("has its rows as they came", () => {
    expect([...page.list].map(({ encoded }) => Buffer.from(encoded))).toEqual([
      Buffer.from(Resource.encode(resource).finish()),
      Buffer.alloc(0),
    ]);
    expect(page.nextPageToken).toBe("two");
    expect(page.annotations).toEqual([
      expect.objectContaining({ typeUrl: "type.googleapis.com/c1.connector.v2.RequestId" }),
    ]);
  });

  test("tells of a row what a sync looks at", () => {
    const [row, empty] = page.list;
    const { id, parentResourceId, annotations } = resource;
    expect(row?.id).toMatchObject({ resourceType: id?.resourceType, resource: id?.resource });
    expect(row?.parentResourceId).toMatchObject({
      resourceType: parentResourceId?.resourceType,
      resource: parentResourceId?.resource,
    });
    const facts = (list: typeof annotations) => list.map(({ typeUrl, value }) => [typeUrl, [...value]]);
    expect(facts(row?.annotations ?? [])).toEqual(facts(annotations));
    expect(empty).toMatchObject({ id: undefined, parentResourceId: undefined, annotations: [] });
  });

  test("tells which entries of a profile are true", () => {
    const [row, empty] = page.list;
    expect(row?.hasProfileFlag("is_admin")).toBe(true);
    for (const key of ["is_adm", "is_admiN", "activated", "note", "nested", "teams", "inner", "absent"]) {
      expect([key, row?.hasProfileFlag(key)]).toEqual([key, false]);
    }
    expect(empty?.hasProfileFlag("is_admin")).toBe(false);
  });

  test("says so if it is asked for a profile that is no valid message", () => {
    // A resource whose profile, field 9, has an entry that announces more bytes than there are.
    const [row] = decodeResourcePage(Buffer.of(0x0a, 4, 0x4a, 2, 0x0a, 9)).list;
    expect(() => row?.hasProfileFlag("is_admin")).toThrow(
      expect.objectContaining({ code: Code.Internal, message: expect.stringContaining("profile") }),
    );
  });

  test("is refused if it is no valid message", () => {
    const DAMAGED = expect.objectContaining({ code: Code.Internal });
    for (let length = 1; length < bytes.length; length += 1) {
      const cut = Buffer.from(bytes.subarray(0, length));
      const decoded = decodesTo(() => ResourcesServiceListResourcesResponse.decode(cut).list.length);
      // What the full decoder refuses is refused here as well.
      if (decoded === undefined) expect(() => [...decodeResourcePage(cut).list]).toThrow(DAMAGED);
    }
    // Field 1 as a number.
    expect(() => decodeResourcePage(Buffer.of(0x08, 0x01))).toThrow(
      expect.objectContaining({ code: Code.Internal, message: expect.stringContaining("field 1 ") }),
    );
    // A row whose field 1, its id, announces more bytes than there are.
    expect(() => [...decodeResourcePage(Buffer.of(0x0a, 2, 0x0a, 9)).list]).toThrow(DAMAGED);
  });
});

describe("a page of grants", () => {
  const bytes = GrantsServiceListGrantsResponse.encode(
    GrantsServiceListGrantsResponse.fromPartial({ list: [grant], nextPageToken: "next" }),
  ).finish();
  const [row] = decodeGrantPage(Buffer.from(bytes)).list;

  test("tells of a grant what it is found by", () => {
    expect(row).toMatchObject({
      id: grant.id,
      entitlement: { id: "org:acme:member", resource: { id: { resourceType: "org", resource: "acme" } } },
      principal: { id: { resourceType: "user", resource: "zoë" } },
    });
    expect(row?.annotations.map(({ typeUrl }) => typeUrl)).toEqual([
      "type.googleapis.com/c1.connector.v2.GrantImmutable",
    ]);
  });

  test("gives the whole grant on demand", () => {
    expect(row && decodeGrant(row)).toEqual(grant);
    expect(decodeGrant(grant)).toBe(grant);
  });
});

function decodesTo<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}
