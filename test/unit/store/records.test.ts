import { describe, expect, test } from "vitest";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { Any, hasAnnotation, packAnnotation } from "#model/annotations.ts";
import { everyItem, type RecordReader } from "#store/reader.ts";
import type { RecordWriter } from "#store/writer.ts";
import { member, membership, team, user, userType } from "./sample-rows.ts";
import { catchError, makeTestFile } from "./support.ts";

async function startSync(): Promise<{ reader: RecordReader; writer: RecordWriter }> {
  const target = await makeTestFile();
  const file = await target.open();
  const { id } = file.runs.start("full");
  return { reader: file.reader(id), writer: file.writer(id) };
}

function expandable(entitlementIds: string[]): Any {
  return packAnnotation("GrantExpandable", { entitlementIds, resourceTypeIds: ["user"] });
}

describe("rows", () => {
  test("come back as they were stored, hostile text and unknown fields included", async () => {
    const { reader, writer } = await startSync();
    const odd = Resource.fromPartial({
      ...user("\u0000\u001b[31m‮𝕏'\"%\\:a/b"),
      profile: { "9": 1, "10": [null, { nested: true }], "": "empty key" },
    });
    odd._unknownFields = { [(999 << 3) | 2]: [new Uint8Array([3, 1, 2, 3])] };
    writer.putResourceTypes([userType()]);
    writer.putResources([odd]);
    writer.putEntitlements([member("dev")]);
    writer.putGrants([membership("dev", odd)]);
    expect(reader.findResourceType("user")).toEqual(userType());
    expect(reader.findResource({ resourceType: "user", resource: odd.id?.resource ?? "" })).toEqual(odd);
    expect(reader.findEntitlement("team:dev:member")).toEqual(member("dev"));
    expect(reader.findGrant(membership("dev", odd).id)).toEqual(membership("dev", odd));
  });

  test("that are stored again replace the earlier ones and keep their place", async () => {
    const { reader, writer } = await startSync();
    writer.putResources([user("a"), user("b")]);
    writer.putResources([user("a", "Renamed")]);
    expect(reader.listResources().items.map(({ displayName }) => displayName)).toEqual(["Renamed", "b"]);
    writer.putResources([
      Resource.fromPartial({ ...user("b"), parentResourceId: { resourceType: "org", resource: "x" } }),
    ]);
    expect(reader.listResources({ parent: { resourceType: "org", resource: "x" } }).items).toHaveLength(1);
  });

  test("of equal messages have equal bytes, whatever the order of their map entries", async () => {
    const { reader, writer } = await startSync();
    const trait = (profile: Record<string, string>) => packAnnotation("UserTrait", { profile });
    writer.putResources([
      Resource.fromPartial({ ...user("x"), profile: { b: "1", a: "2", "9": "3", "10": "4" } }),
      Resource.fromPartial({ ...user("y"), annotations: [trait({ b: "1", a: "2" })] }),
    ]);
    const before = [...reader.scan("resources")].map(({ data }) => Buffer.from(data).toString("hex"));
    writer.putResources([
      Resource.fromPartial({ ...user("x"), profile: { "10": "4", "9": "3", a: "2", b: "1" } }),
      Resource.fromPartial({ ...user("y"), annotations: [trait({ a: "2", b: "1" })] }),
    ]);
    expect([...reader.scan("resources")].map(({ data }) => Buffer.from(data).toString("hex"))).toEqual(
      before,
    );
  });

  test("of a batch with a bad row are not stored at all", async () => {
    const { reader, writer } = await startSync();
    await catchError(() => writer.putResources([user("a"), user("")]));
    expect(reader.count("resources")).toBe(0);
  });

  test.each([
    ["a resource type without id", (w: RecordWriter) => w.putResourceTypes([ResourceType.fromPartial({})])],
    [
      "a resource without id",
      (w: RecordWriter) => w.putResources([Resource.fromPartial({ displayName: "x" })]),
    ],
    [
      "a resource id without type",
      (w: RecordWriter) => w.putResources([Resource.fromPartial({ id: { resource: "x" } })]),
    ],
    [
      "a parent id without type",
      (w: RecordWriter) =>
        w.putResources([Resource.fromPartial({ ...user("a"), parentResourceId: { resource: "x" } })]),
    ],
    [
      "an entitlement without resource",
      (w: RecordWriter) => w.putEntitlements([Entitlement.fromPartial({ id: "e" })]),
    ],
    [
      "an entitlement without id",
      (w: RecordWriter) => w.putEntitlements([Entitlement.fromPartial({ resource: team("a") })]),
    ],
    ["a grant without id", (w: RecordWriter) => w.putGrants([{ ...membership("dev", user("a")), id: "" }])],
    [
      "a grant without principal",
      (w: RecordWriter) => w.putGrants([Grant.fromPartial({ id: "g", entitlement: member("dev") })]),
    ],
    [
      "a grant without entitlement id",
      (w: RecordWriter) =>
        w.putGrants([
          Grant.fromPartial({ id: "g", entitlement: { resource: team("a") }, principal: user("a") }),
        ]),
    ],
    [
      "a grant whose entitlement has no resource",
      (w: RecordWriter) =>
        w.putGrants([Grant.fromPartial({ id: "g", entitlement: { id: "e" }, principal: user("a") })]),
    ],
  ])("like %s, which make a file unreadable, are refused", async (_what, put) => {
    const { writer } = await startSync();
    const error = await catchError(() => put(writer));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.message).toContain("cannot store");
  });

  test("whose ids are only spelled alike never replace each other in silence", async () => {
    const { reader, writer } = await startSync();
    const spelled = (resourceType: string, resource: string) =>
      Resource.fromPartial({ id: { resourceType, resource } });
    writer.putResources([spelled("a", "b:c")]);
    expect((await catchError(() => writer.putResources([spelled("a:b", "c")]))).message).toContain("a:b:c");
    expect(reader.hasResource({ resourceType: "a", resource: "b:c" })).toBe(true);
    expect(reader.hasResource({ resourceType: "a:b", resource: "c" })).toBe(false);

    writer.putGrants([membership("dev", user("a"))]);
    const impostor = { ...membership("dev", user("b")), id: membership("dev", user("a")).id };
    expect((await catchError(() => writer.putGrants([impostor]))).code).toBe(Code.InvalidArgument);
    expect(reader.findGrant(impostor.id)?.principal).toEqual(user("a"));
  });
});

describe("pages", () => {
  test.each([1, 2, 3, 7, 8])("of %i rows hold every row once, in storage order", async (limit) => {
    const { reader, writer } = await startSync();
    const ids = ["e", "a", "g", "b", "f", "c", "d"];
    writer.putResources(ids.map((id) => user(id)));
    const pages = [];
    let cursor: number | undefined;
    do {
      const page = reader.listResources({}, { cursor, limit });
      pages.push(page.items.map(({ id }) => id?.resource));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(pages.flat()).toEqual(ids);
    expect(pages).toHaveLength(Math.ceil(ids.length / limit));
  });

  test("read while the sync is being written miss nothing that was there at the start", async () => {
    const { reader, writer } = await startSync();
    writer.putResources(Array.from({ length: 3_000 }, (_, index) => user(`u${index}`)));
    const seen = new Set<string | undefined>();
    for (const { id } of everyItem((page) => reader.listResources({}, page))) {
      seen.add(id?.resource);
      if (seen.size % 500 === 0) writer.putResources([user("u7", "Renamed"), user(`later-${seen.size}`)]);
      if (seen.size > 4_000) break;
    }
    for (let index = 0; index < 3_000; index += 1) expect(seen.has(`u${index}`)).toBe(true);
  });

  test("show the rows of their own sync only", async () => {
    const file = await (await makeTestFile()).open();
    const [first, second] = [file.runs.start("full").id, file.runs.start("full").id];
    file.writer(first).putResources([user("a"), user("b")]);
    file.writer(second).putResources([user("b")]);
    expect(
      file
        .reader(first)
        .listResources()
        .items.map(({ id }) => id?.resource),
    ).toEqual(["a", "b"]);
    expect(
      file
        .reader(second)
        .listResources()
        .items.map(({ id }) => id?.resource),
    ).toEqual(["b"]);
    expect([...file.reader(second).scan("resources")].map(({ id }) => id)).toEqual(["user:b"]);
  });
});

describe("filters", () => {
  async function startTeams() {
    const { reader, writer } = await startSync();
    writer.putResources([team("dev"), team("core"), user("a"), user("b")]);
    writer.putEntitlements([member("dev"), member("core")]);
    writer.putGrants([
      membership("dev", user("a")),
      membership("core", user("a")),
      membership("core", user("b")),
      membership("core", team("dev")),
    ]);
    return reader;
  }
  const ids = (grants: { items: readonly Grant[] }) => grants.items.map(({ id }) => id.replace("team:", ""));

  test("find resources by type, types and parent", async () => {
    const reader = await startTeams();
    const names = (filter: Parameters<RecordReader["listResources"]>[0]) =>
      reader.listResources(filter).items.map(({ id }) => id?.resource);
    expect(names({ resourceTypeId: "user" })).toEqual(["a", "b"]);
    expect(names({ resourceTypeIds: ["team", "user"] })).toEqual(["dev", "core", "a", "b"]);
    expect(names({ parent: { resourceType: "org", resource: "acme" } })).toEqual(["dev", "core"]);
    expect(names({ resourceTypeId: "user", parent: { resourceType: "org", resource: "acme" } })).toEqual([]);
  });

  test("find entitlements by resource and by type", async () => {
    const reader = await startTeams();
    const dev = { resourceType: "team", resource: "dev" };
    expect(reader.listEntitlements({ resource: dev }).items.map(({ id }) => id)).toEqual(["team:dev:member"]);
    expect(reader.listEntitlements({ resourceTypeId: "team" }).items).toHaveLength(2);
    expect(reader.listEntitlements({ resourceTypeId: "user" }).items).toEqual([]);
  });

  test("find grants by entitlement, resource, principal and principal type", async () => {
    const reader = await startTeams();
    const a = { resourceType: "user", resource: "a" };
    expect(ids(reader.listGrants({ entitlementId: "team:core:member" }))).toHaveLength(3);
    expect(ids(reader.listGrants({ resource: { resourceType: "team", resource: "dev" } }))).toEqual([
      "dev:member:user:a",
    ]);
    expect(ids(reader.listGrants({ principal: a }))).toEqual(["dev:member:user:a", "core:member:user:a"]);
    expect(ids(reader.listGrants({ entitlementId: "team:core:member", principal: a }))).toEqual([
      "core:member:user:a",
    ]);
    expect(ids(reader.listGrants({ entitlementId: "team:core:member", principalTypeIds: ["team"] }))).toEqual(
      ["core:member:team:dev"],
    );
    expect(ids(reader.listGrants({ entitlementId: "team:core:member", principalTypeIds: [] }))).toHaveLength(
      3,
    );
    expect(ids(reader.listGrants({ resourceTypeId: "user" }))).toEqual([]);
  });
});

describe("grants that expand", () => {
  test("keep their annotation in a column, where expansion finds it", async () => {
    const { reader, writer } = await startSync();
    const grant = {
      ...membership("core", team("dev")),
      annotations: [expandable(["team:dev:member"]), packAnnotation("GrantImmutable")],
    };
    writer.putGrants([grant, membership("core", user("a"))]);
    expect(reader.listExpandableGrants().items).toMatchObject([
      {
        id: grant.id,
        entitlementId: "team:core:member",
        principal: { resourceType: "team", resource: "dev" },
      },
    ]);
    expect(reader.listExpandableGrants().items[0]?.expandable.entitlementIds).toEqual(["team:dev:member"]);
    const { annotations = [] } = reader.findGrant(grant.id) ?? {};
    expect(hasAnnotation(annotations, "GrantExpandable")).toBe(false);
    expect(hasAnnotation(annotations, "GrantImmutable")).toBe(true);
  });

  test("stop to expand when the connector no longer says so, or names no entitlement", async () => {
    const { reader, writer } = await startSync();
    const plain = membership("core", team("dev"));
    const count = () => reader.listExpandableGrants().items.length;
    writer.putGrants([{ ...plain, annotations: [expandable(["e"])] }]);
    expect(count()).toBe(1);
    writer.putGrants([plain]);
    expect(count()).toBe(0);
    writer.putGrants([{ ...plain, annotations: [expandable([" "])] }]);
    expect(count()).toBe(0);
    expect(reader.findGrant(plain.id)?.annotations).toEqual([]);
  });

  test("stay as they were stored when expansion writes them again", async () => {
    const { reader, writer } = await startSync();
    const grant = { ...membership("core", team("dev")), annotations: [expandable(["e"])] };
    writer.putGrants([grant]);
    writer.putExpandedGrants([membership("core", team("dev")), membership("core", user("new"))]);
    expect(reader.listExpandableGrants().items.map(({ id }) => id)).toEqual([grant.id]);
    expect(reader.count("grants")).toBe(2);
  });

  test("with an annotation that is no message stay whole and do not expand", async () => {
    const { reader, writer } = await startSync();
    const broken = Any.fromPartial({
      typeUrl: "type.googleapis.com/c1.connector.v2.GrantExpandable",
      value: Buffer.from([0x0a, 0xff]),
    });
    const grant = { ...membership("core", team("dev")), annotations: [broken] };
    writer.putGrants([grant]);
    expect(reader.findGrant(grant.id)?.annotations).toHaveLength(1);
    expect(reader.listExpandableGrants().items).toEqual([]);
  });
});
