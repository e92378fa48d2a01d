import { describe, expect, it } from "vitest";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource, ResourceType_Trait as Trait } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { findAnnotation, hasAnnotation, packAnnotation } from "#model/annotations.ts";
import { type FakeData, FakeSyncClient } from "../../fakes/sync-client.ts";
import { acme, ann, blue, bob, cid, organization, red, SKIP_BOTH } from "./organization.ts";
import {
  catchError,
  createBench,
  idsOf,
  makeEntitlement,
  makeGrant,
  makeResource,
  makeType,
  makeUser,
  syncInto,
} from "./support.ts";

async function sync(data: FakeData, options: Parameters<typeof syncInto>[3] = {}) {
  const bench = await createBench();
  const file = await bench.open();
  const client = new FakeSyncClient(data);
  const result = await syncInto(file, client, bench, options);
  return { ...result, client, bench, reader: file.reader(result.run.id), ids: idsOf(file, result.run.id) };
}

async function failing(data: FakeData) {
  const bench = await createBench();
  const file = await bench.open();
  const error = await catchError(syncInto(file, new FakeSyncClient(data), bench));
  return { error, file };
}

describe("resources", () => {
  it("without an id are left out and counted", async () => {
    const data = organization();
    data.resources["user"] = [
      { items: [ann, Resource.fromPartial({}), makeResource("user", "", ann.annotations)] },
    ];
    const { ids, drops, bench } = await sync(data);
    expect(ids.resources).toContain("user:ann");
    expect(drops.invalidResources).toBe(2);
    expect(bench.warnings).toContain("some rows of the connector are not part of the sync");
  });

  it("listed twice are stored once, as they were last", async () => {
    const data = organization();
    data.resources["user"] = [{ items: [ann] }, { items: [{ ...ann, displayName: "Ann the second" }] }];
    const { reader, rows } = await sync(data);
    expect(rows.resources).toBe(4);
    expect(reader.findResource({ resourceType: "user", resource: "ann" })?.displayName).toBe(
      "Ann the second",
    );
  });

  it("may come in the listing of another type", async () => {
    const data = organization();
    data.resources["org"] = [{ items: [acme, cid] }];
    data.resources["user"] = [{ items: [ann, bob] }];
    expect((await sync(data)).ids.resources).toContain("user:cid");
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
    const { error, file } = await failing(data);
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
    const { client, ids } = await sync(data);
    expect(client.calls.filter((call) => call.startsWith("resources project below"))).toEqual([
      "resources project below team:red",
    ]);
    expect(ids.resources).toContain("project:p");
  });

  it("with a repeated page token fail the sync instead of going on for ever", async () => {
    const data = organization();
    data.resources["user"] = [{ items: [ann] }, { items: [bob], next: "1" }];
    expect((await failing(data)).error.message).toContain("page token it was asked with");
  });
});

describe("resource types", () => {
  it("can be selected: others are neither listed nor kept, and references to them are counted", async () => {
    const data = organization();
    data.resources["org"] = [{ items: [acme, ann] }];
    const { client, ids, drops } = await sync(data, { resourceTypes: ["org", "team"] });
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
    expect(error.message).toContain("no resource type badge");
  });

  it("without an id are left out and counted; none at all is an empty sync", async () => {
    const { drops, rows } = await sync({ types: [makeType("")] });
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
    const { client } = await sync({ types, resources: { room: [{ items: [room] }] } });
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

describe("entitlements", () => {
  it("that are static are stored for every resource of their type, with its names where they have none", async () => {
    const data = organization();
    data.staticEntitlements = {
      team: [
        { items: [Entitlement.fromPartial({ slug: "read", id: "ignored", displayName: "Reader" })] },
        { items: [Entitlement.fromPartial({ slug: "write" })] },
      ],
    };
    data.entitlements = {};
    data.grants = {};
    const { ids, reader } = await sync(data);
    expect(ids.entitlements).toEqual([
      "team:blue:read",
      "team:blue:write",
      "team:red:read",
      "team:red:write",
    ]);
    expect(reader.findEntitlement("team:red:read")).toMatchObject({ displayName: "Reader", resource: red });
    expect(reader.findEntitlement("team:red:write")?.displayName).toBe("team red");
  });

  it("that are static can have an exclusion group per resource", async () => {
    const data = organization();
    const group = packAnnotation("EntitlementExclusionGroup", {
      exclusionGroupId: "level",
      scopeToResource: true,
    });
    data.staticEntitlements = {
      team: [{ items: [Entitlement.fromPartial({ slug: "read", annotations: [group] })] }],
    };
    const { reader } = await sync(data);
    const { annotations = [] } = reader.findEntitlement("team:red:read") ?? {};
    expect(findAnnotation(annotations, "EntitlementExclusionGroup")?.exclusionGroupId).toBe("level-red");
  });

  it("of types that are not synced, or without ids, are left out and counted", async () => {
    const data = organization();
    const robot = makeResource("robot", "r2");
    data.entitlements["team:red"] = [
      {
        items: [
          makeEntitlement(robot, "wash"),
          makeEntitlement(red, "member"),
          Entitlement.fromPartial({ id: "x" }),
        ],
      },
    ];
    const { ids, drops } = await sync(data);
    expect(ids.entitlements).toEqual(["org:acme:audit", "team:blue:member", "team:red:member"]);
    expect(drops).toMatchObject({ entitlementsOfUnsyncedTypes: 1, invalidEntitlements: 1 });
  });

  it("that exclude each other in an impossible way fail the sync", async () => {
    const group = packAnnotation("EntitlementExclusionGroup", { exclusionGroupId: "level", isDefault: true });
    const data = organization();
    data.entitlements["team:red"] = [
      { items: [makeEntitlement(red, "a", [group]), makeEntitlement(red, "b", [group])] },
    ];
    const { error, file } = await failing(data);
    expect(error.message).toContain("exclusion group level has more than one default entitlement");
    expect(file.runs.list()).toEqual([]);
  });
});

describe("grants", () => {
  it("without an id get the usual one", async () => {
    const data = organization();
    const grant = { ...makeGrant(makeEntitlement(red, "member"), ann), id: "" };
    data.grants = { "team:red": [{ items: [grant, { ...grant, principal: bob }] }] };
    expect((await sync(data)).ids.grants).toEqual(["team:red:member:user:ann", "team:red:member:user:bob"]);
  });

  it.each([
    ["entitlement", { entitlement: undefined }],
    ["principal", { principal: undefined }],
    ["resource", { entitlement: Entitlement.fromPartial({ id: "x" }) }],
  ])("without %s fail the sync", async (_, change) => {
    const data = organization();
    data.grants["team:red"] = [{ items: [{ ...makeGrant(makeEntitlement(red, "member"), ann), ...change }] }];
    expect((await failing(data)).error.message).toContain("lacks its entitlement");
  });

  it("that share an id by mistake fail the sync instead of becoming one", async () => {
    const data = organization();
    const grant = makeGrant(makeEntitlement(red, "member"), ann);
    data.grants["team:red"] = [{ items: [grant, { ...grant, principal: bob }] }];
    expect((await failing(data)).error.message).toContain("an id that another");
  });

  it("of a whole type are listed once when the type says so, also without resources", async () => {
    const data = organization();
    const scoped = [packAnnotation("TypeScopedEntitlements"), packAnnotation("TypeScopedGrants")];
    data.types = [
      ...data.types.filter(({ id }) => id !== "team"),
      makeType("team", Trait.TRAIT_UNSPECIFIED, scoped),
    ];
    data.entitlements = { team: [{ items: [makeEntitlement(red, "member")] }] };
    data.grants = { team: [{ items: [makeGrant(makeEntitlement(red, "member"), ann)] }] };
    const { client, ids } = await sync(data);
    expect(client.calls.filter((call) => /^(entitlements|grants)/u.test(call))).toEqual([
      "entitlements org:acme",
      "entitlements team",
      "grants org:acme",
      "grants team",
    ]);
    expect(ids.grants).toEqual(["team:red:member:user:ann"]);
  });

  it("can come on added pages, each read once", async () => {
    const data = organization();
    const added = packAnnotation("EnqueuePageTokens", { pageTokens: ["1", "2"] });
    const grantTo = (user: Resource) => [makeGrant(makeEntitlement(red, "member"), user)];
    data.grants["team:red"] = [
      { items: grantTo(ann), annotations: [added], next: "3" },
      { items: grantTo(bob), next: "" },
      { items: grantTo(cid), next: "" },
      { items: grantTo(makeUser("dan")), annotations: [added], next: "" },
    ];
    const { client, ids, bench } = await sync(data);
    expect(client.calls.filter((call) => call.startsWith("grants team:red"))).toEqual([
      "grants team:red",
      "grants team:red 3",
      "grants team:red 1",
      "grants team:red 2",
    ]);
    expect(ids.grants).toHaveLength(5);
    expect(bench.warnings).toContain("a page token was added a second time and is read once");
  });

  it.each([
    ["empty", ["1", ""], "empty or longer"],
    ["repeated", ["1", "1"], "the same page token twice"],
    ["equal to the continuation", ["1", "9"], "the same page token twice"],
    ["too many", Array.from({ length: 1_025 }, (_, index) => `t${index}`), "more than 1024"],
  ])("with added pages that are %s fail the sync", async (_, pageTokens, problem) => {
    const data = organization();
    const annotations = [packAnnotation("EnqueuePageTokens", { pageTokens })];
    data.grants["team:red"] = [{ annotations, next: "9" }];
    expect((await failing(data)).error.message).toContain(problem);
  });

  it("can bring the resources they are on", async () => {
    const data = organization();
    const green = makeResource("team", "green");
    const grants = [makeGrant(makeEntitlement(green, "member"), ann)];
    data.grants["team:red"] = [{ items: grants, annotations: [packAnnotation("InsertResourceGrants")] }];
    const { ids, reader } = await sync(data);
    expect(ids.resources).toContain("team:green");
    const { annotations = [] } = reader.findGrant("team:green:member:user:ann") ?? {};
    expect(hasAnnotation(annotations, "InsertResourceGrants")).toBe(true);
  });

  it("to principals and on entitlements that were not listed are stored, counted and reported", async () => {
    const data = organization();
    data.grants["team:red"] = [
      {
        items: [
          makeGrant(makeEntitlement(red, "member"), makeUser("ghost")),
          makeGrant(makeEntitlement(red, "boss"), ann),
        ],
      },
    ];
    const { dangling, bench, ids } = await sync(data);
    expect(ids.grants).toHaveLength(3);
    expect(dangling.grantsWithoutPrincipal).toEqual({ count: 1, examples: ["team:red:member:user:ghost"] });
    expect(dangling.grantsWithoutEntitlement).toEqual({ count: 1, examples: ["team:red:boss:user:ann"] });
    expect(dangling.grantsWithoutResource.count).toBe(0);
    expect(bench.warnings).toEqual([
      "grants are of entitlements that were not listed",
      "grants are to principals that were not listed",
    ]);
  });

  it("expand only to types that are synced; a rule that is left with none is dropped and counted", async () => {
    const rule = (resourceTypeIds: string[]) =>
      packAnnotation("GrantExpandable", { entitlementIds: ["team:blue:member"], resourceTypeIds });
    const run = async (types: string[]) => {
      const data = organization();
      data.grants["team:red"] = [{ items: [makeGrant(makeEntitlement(red, "member"), blue, [rule(types)])] }];
      return await sync(data);
    };
    expect((await run(["user", "robot"])).ids.grants).toContain("team:red:member:user:cid");
    const { ids, drops } = await run(["robot"]);
    expect(ids.grants).not.toContain("team:red:member:user:cid");
    expect(drops.expansionsOfUnsyncedTypes).toBe(1);
  });

  it("that expand from an entitlement of somebody else fail the sync; from a missing one, are counted", async () => {
    const grantFrom = (source: string): Grant =>
      makeGrant(makeEntitlement(red, "member"), blue, [
        packAnnotation("GrantExpandable", { entitlementIds: [source] }),
      ]);
    const data = organization();
    data.grants["team:red"] = [{ items: [grantFrom("team:nowhere:member")] }];
    expect((await sync(data)).drops.expansionsWithoutSource).toBe(1);
    data.grants["team:red"] = [{ items: [grantFrom("org:acme:audit")] }];
    expect((await failing(data)).error.message).toContain("does not belong to its principal team:blue");
  });
});

describe("a targeted sync", () => {
  const target = (resourceType: string, resource: string) => ({ id: { resourceType, resource } });

  it("reads the resource, its children and what is granted on it, and the resources those grants are on", async () => {
    const data = organization();
    const elsewhere = makeGrant(makeEntitlement(blue, "member"), ann);
    data.grants["team:red"] = [{ items: [makeGrant(makeEntitlement(red, "member"), ann), elsewhere] }];
    const { client, ids, run } = await sync(data, { targets: [target("team", "red")] });
    expect(run.type).toBe("partial");
    expect(client.calls).toEqual([
      "validate",
      "types",
      "get team:red",
      "entitlements team:red",
      "grants team:red",
      "get team:blue",
      "cleanup with id",
    ]);
    expect(ids.resources).toEqual(["team:blue", "team:red"]);
    expect(ids.grants).toEqual(["team:blue:member:user:ann", "team:red:member:user:ann"]);
  });

  it("reads children without their entitlements", async () => {
    const { client, ids } = await sync(organization(), { targets: [target("org", "acme")] });
    expect(ids.resources).toEqual(["org:acme", "team:blue", "team:red"]);
    expect(client.calls.filter((call) => call.startsWith("grants"))).toEqual(["grants org:acme"]);
  });

  it("can leave out grants", async () => {
    const { client } = await sync(organization(), { targets: [target("team", "red")], skipGrants: true });
    expect(client.calls.filter((call) => call.startsWith("grants"))).toEqual([]);
  });

  it("of something that is gone says so and keeps the rest", async () => {
    const { drops, ids, bench } = await sync(organization(), {
      targets: [target("user", "zoe"), target("user", "ann")],
    });
    expect(drops.missingTargets).toBe(1);
    expect(ids.resources).toEqual(["user:ann"]);
    expect(bench.warnings).toContain("a requested resource does not exist or cannot be read one by one");
  });

  it("never takes the place of a full sync, and names the one it builds upon", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const full = await syncInto(file, new FakeSyncClient(organization()), bench);
    const partial = await syncInto(file, new FakeSyncClient(organization()), bench, {
      targets: [target("team", "red")],
    });
    expect(partial.run.parentId).toBe(full.run.id);
    expect(file.runs.list().map(({ type }) => type)).toEqual(["full", "partial"]);
  });
});

it("needs no walk over resources of types without entitlements and grants", async () => {
  const data: FakeData = {
    types: [makeType("user", Trait.TRAIT_USER, [SKIP_BOTH])],
    resources: { user: [{ items: [ann] }] },
  };
  const { client } = await sync(data);
  expect(client.calls).toEqual(["validate", "types", "resources user", "static user", "cleanup with id"]);
});
