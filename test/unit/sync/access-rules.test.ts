import { describe, expect, it } from "vitest";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import { type Resource, ResourceType_Trait as Trait } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { findAnnotation, hasAnnotation, packAnnotation } from "#model/annotations.ts";
import { failToSync, syncData } from "./data.ts";
import { acme, ann, blue, bob, cid, organization, red } from "./organization.ts";
import { makeEntitlement, makeGrant, makeResource, makeType, makeUser } from "./support.ts";

function group(fields: { isDefault?: boolean }) {
  return packAnnotation("EntitlementExclusionGroup", { exclusionGroupId: "level", ...fields });
}

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
    const { ids, reader } = await syncData(data);
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
    const { reader } = await syncData(data);
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
    const { ids, drops } = await syncData(data);
    expect(ids.entitlements).toEqual(["org:acme:audit", "team:blue:member", "team:red:member"]);
    expect(drops).toMatchObject({ entitlementsOfUnsyncedTypes: 1, invalidEntitlements: 1 });
  });

  it.each([
    ["more than one default", (slug: string) => makeEntitlement(red, slug, [group({ isDefault: true })]), 2],
    ["more than 50 entitlements", (slug: string) => makeEntitlement(red, slug, [group({})]), 51],
    [
      "spans the resource types team and org",
      (slug: string) => makeEntitlement(slug === "e1" ? acme : red, slug, [group({})]),
      2,
    ],
  ])("that exclude each other in an impossible way fail the sync: %s", async (problem, make, count) => {
    const data = organization();
    data.entitlements["team:red"] = [
      { items: Array.from({ length: count }, (_, index) => make(`e${index}`)) },
    ];
    const { error, file } = await failToSync(data);
    expect(error.code).toBe(Code.Internal);
    expect(error.message).toContain(problem);
    expect(file.runs.list()).toEqual([]);
  });

  it("can be 50 that exclude each other", async () => {
    const data = organization();
    const items = Array.from({ length: 50 }, (_, index) => makeEntitlement(red, `e${index}`, [group({})]));
    data.entitlements["team:red"] = [{ items }];
    expect((await syncData(data)).rows.entitlements).toBe(52);
  });

  it("are listed for every one of very many resources", async () => {
    const rooms = Array.from({ length: 1_201 }, (_, index) => makeResource("room", `r${index}`));
    const { client } = await syncData({ types: [makeType("room")], resources: { room: [{ items: rooms }] } });
    expect(client.calls.filter((call) => call.startsWith("entitlements room:"))).toHaveLength(1_201);
    expect(client.calls.filter((call) => call.startsWith("grants room:"))).toHaveLength(1_201);
  });
});

describe("grants", () => {
  it("without an id get the usual one", async () => {
    const data = organization();
    const grant = { ...makeGrant(makeEntitlement(red, "member"), ann), id: "" };
    data.grants = { "team:red": [{ items: [grant, { ...grant, principal: bob }] }] };
    expect((await syncData(data)).ids.grants).toEqual([
      "team:red:member:user:ann",
      "team:red:member:user:bob",
    ]);
  });

  it.each([
    ["entitlement", { entitlement: undefined }],
    ["principal", { principal: undefined }],
    ["resource", { entitlement: Entitlement.fromPartial({ id: "x" }) }],
  ])("without %s fail the sync", async (_, change) => {
    const data = organization();
    data.grants["team:red"] = [{ items: [{ ...makeGrant(makeEntitlement(red, "member"), ann), ...change }] }];
    expect((await failToSync(data)).error).toMatchObject({
      code: Code.Internal,
      message: expect.stringContaining("principal"),
    });
  });

  it("that share an id by mistake fail the sync instead of becoming one", async () => {
    const data = organization();
    const grant = makeGrant(makeEntitlement(red, "member"), ann);
    data.grants["team:red"] = [{ items: [grant, { ...grant, principal: bob }] }];
    expect((await failToSync(data)).error).toMatchObject({
      code: Code.InvalidArgument,
      message: expect.stringContaining("team:red:member:user:ann"),
    });
  });

  it.each(["ExternalResourceMatch", "ExternalResourceMatchAll", "ExternalResourceMatchID"] as const)(
    "to somebody whom another file knows are kept: %s",
    async (name) => {
      const data = organization();
      const robot = makeResource("robot", "r2");
      data.grants = {
        "team:red": [
          { items: [makeGrant(makeEntitlement(red, "member"), robot, [packAnnotation(name)])] },
          { items: [makeGrant(makeEntitlement(red, "member"), makeResource("robot", "r3"))] },
        ],
      };
      expect((await syncData(data)).ids.grants).toEqual(["team:red:member:robot:r2"]);
    },
  );

  it("of a whole type are listed once when the type says so, also without resources", async () => {
    const data = organization();
    const scoped = [packAnnotation("TypeScopedEntitlements"), packAnnotation("TypeScopedGrants")];
    data.types = [
      ...data.types.filter(({ id }) => id !== "team"),
      makeType("team", Trait.TRAIT_UNSPECIFIED, scoped),
    ];
    data.entitlements = { team: [{ items: [makeEntitlement(red, "member")] }] };
    data.grants = { team: [{ items: [makeGrant(makeEntitlement(red, "member"), ann)] }] };
    const { client, ids } = await syncData(data);
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
    const { client, ids, bench } = await syncData(data);
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
    expect((await failToSync(data)).error.message).toContain(problem);
  });

  it("can bring the resources they are on", async () => {
    const data = organization();
    const green = makeResource("team", "green");
    const grants = [makeGrant(makeEntitlement(green, "member"), ann)];
    data.grants["team:red"] = [{ items: grants, annotations: [packAnnotation("InsertResourceGrants")] }];
    const { ids, reader } = await syncData(data);
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
    const { dangling, bench, ids } = await syncData(data);
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
      return await syncData(data);
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
    expect((await syncData(data)).drops.expansionsWithoutSource).toBe(1);
    data.grants["team:red"] = [{ items: [grantFrom("org:acme:audit")] }];
    expect((await failToSync(data)).error).toMatchObject({
      code: Code.Internal,
      message: expect.stringContaining("team:blue"),
    });
  });
});
