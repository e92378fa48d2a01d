import { describe, expect, it } from "vitest";
import { Resource, ResourceType_Trait as Trait } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import { type FakeData, FakeSyncClient } from "../../fakes/sync-client.ts";
import { failToSync, syncData } from "./data.ts";
import { acme, ann, blue, bob, cid, organization, red, SKIP_BOTH } from "./organization.ts";
import { catchError, createBench, makeResource, makeType, syncInto } from "./support.ts";

describe("resources", () => {
  it("without an id are left out and counted", async () => {
    const data = organization();
    data.resources["user"] = [
      { items: [ann, Resource.fromPartial({}), makeResource("user", "", ann.annotations)] },
    ];
    const { ids, drops, bench } = await syncData(data);
    expect(ids.resources).toContain("user:ann");
    expect(drops.invalidResources).toBe(2);
    expect(bench.warnings).toContain("some rows of the connector were left out of the sync");
  });

  it("listed twice are stored once, as they were last", async () => {
    const data = organization();
    data.resources["user"] = [{ items: [ann] }, { items: [{ ...ann, displayName: "Ann the second" }] }];
    const { reader, rows } = await syncData(data);
    expect(rows.resources).toBe(4);
    expect(reader.findResource({ resourceType: "user", resource: "ann" })?.displayName).toBe(
      "Ann the second",
    );
  });

  it("may come in the listing of another type", async () => {
    const data = organization();
    data.resources["org"] = [{ items: [acme, cid] }];
    data.resources["user"] = [{ items: [ann, bob] }];
    expect((await syncData(data)).ids.resources).toContain("user:cid");
  });

  it.each([
    ["without the trait of its type", makeResource("user", "ann"), "lacks the UserTrait"],
    ["of an undeclared type", makeResource("robot", "r2"), "of a type that the connector has not declared"],
    [
      "with a BatonID",
      makeResource("user", "ann", [...ann.annotations, packAnnotation("BatonID")]),
      "BatonID",
    ],
  ])("%s fail the sync, and nothing of it stays to fail again", async (_, resource, problem) => {
    const data = organization();
    data.resources["user"] = [{ items: [bob, resource] }];
    const { error, file } = await failToSync(data);
    expect(error.code).toBe(Code.Internal);
    expect(error.message).toContain(problem);
    expect(file.runs.list()).toEqual([]);
  });

  it("below a parent are listed once per parent, also below other children", async () => {
    const project = makeResource("project", "p", [], red);
    const data = organization();
    data.types.push(makeType("project"));
    const parent = {
      ...red,
      annotations: [packAnnotation("ChildResourceType", { resourceTypeId: "project" })],
    };
    data.resources["team below org:acme"] = [{ items: [parent] }, { items: [parent, blue] }];
    data.resources["project below team:red"] = [{ items: [project] }];
    const { client, ids } = await syncData(data);
    expect(client.calls.filter((call) => call.startsWith("resources project below"))).toEqual([
      "resources project below team:red",
    ]);
    expect(ids.resources).toContain("project:p");
  });

  it.each([1, 2, 3, 7])(
    "with page tokens in a circle of %i fail the sync instead of going on for ever",
    async (size) => {
      const data = organization();
      const tail = Array.from({ length: size }, (_, index) => ({ next: String(3 + ((index + 1) % size)) }));
      data.resources["user"] = [{}, {}, {}, ...tail];
      const { error } = await failToSync(data);
      expect(error).toMatchObject({ code: Code.Internal, message: expect.stringContaining("page token") });
    },
  );

  it("with a repeated page token fail the sync instead of going on for ever", async () => {
    const data = organization();
    data.resources["user"] = [{ items: [ann] }, { items: [bob], next: "1" }];
    expect((await failToSync(data)).error).toMatchObject({
      code: Code.Internal,
      message: expect.stringContaining("page token"),
    });
  });
});

describe("resource types", () => {
  it("can be selected: others are neither listed nor kept, and references to them are counted", async () => {
    const data = organization();
    data.resources["org"] = [{ items: [acme, ann] }];
    const { client, ids, drops } = await syncData(data, { resourceTypes: ["org", "team"] });
    expect(ids.types).toEqual(["org", "team"]);
    expect(ids.resources).toEqual(["org:acme", "team:blue", "team:red"]);
    expect(ids.grants).toEqual([]);
    expect(drops).toMatchObject({ unselectedResources: 1, grantsOfUnsyncedTypes: 3 });
    expect(client.calls.filter((call) => /resources user|static user/u.test(call))).toEqual([]);
  });

  it("that are selected but unknown fail the sync", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    const error = await catchError(
      syncInto(await bench.open(), client, bench, { resourceTypes: ["user", "badge"] }),
    );
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.message).toContain("badge");
  });

  it("without an id are left out and counted; none at all is an empty sync", async () => {
    const { drops, rows } = await syncData({ types: [makeType("")] });
    expect(drops.invalidResourceTypes).toBe(1);
    expect(rows).toEqual({ resourceTypes: 0, resources: 0, entitlements: 0, grants: 0 });
  });
});

describe("annotations that skip listings", () => {
  const calls = async (onType: Parameters<typeof packAnnotation>[0][], onResource: typeof onType) => {
    const room = makeResource(
      "room",
      "r1",
      onResource.map((name) => packAnnotation(name)),
    );
    const types = [
      makeType(
        "room",
        Trait.TRAIT_UNSPECIFIED,
        onType.map((name) => packAnnotation(name)),
      ),
    ];
    const { client } = await syncData({ types, resources: { room: [{ items: [room] }] } });
    return client.calls.filter((call) => /^(entitlements|grants)/u.test(call));
  };

  it.each([
    ["SkipEntitlementsAndGrants", [], []],
    ["SkipEntitlements", ["grants room:r1"], ["grants room:r1"]],
    ["SkipGrants", ["entitlements room:r1", "grants room:r1"], ["entitlements room:r1"]],
  ] as const)("%s counts on a type and on a resource as in Go hosts", async (name, onType, onResource) => {
    expect(await calls([name], [])).toEqual(onType);
    expect(await calls([], [name])).toEqual(onResource);
  });

  it("do not reach into another type's resources", async () => {
    expect(await calls([], [])).toEqual(["entitlements room:r1", "grants room:r1"]);
  });
});

it("needs no walk over resources of types without entitlements and grants", async () => {
  const data: FakeData = {
    types: [makeType("user", Trait.TRAIT_USER, [SKIP_BOTH])],
    resources: { user: [{ items: [ann] }] },
  };
  const { client } = await syncData(data);
  expect(client.calls).toEqual(["validate", "types", "resources user", "static user", "cleanup with id"]);
});
