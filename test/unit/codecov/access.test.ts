import { describe, expect, it } from "vitest";
import { Code } from "#kernel/errors.ts";
import { findAnnotation, hasAnnotation } from "#model/annotations.ts";
import type { Entitlement } from "#model/entitlement.ts";
import type { Grant } from "#model/grant.ts";
import { formatResourceKey, makeResourceId } from "#model/ids.ts";
import { Resource } from "#model/resource.ts";
import type { Connector, PageRequest, ResourceSyncer } from "#runtime/connector.ts";
import { failureOf } from "../../fakes/failure.ts";
import { toResource } from "../../fakes/listed.ts";
import { type Setup, setUp } from "./support.ts";

const SYNC = "2abcdefghijklmnopqrstuvwxyz";

function syncerOf(connector: Connector, type: string): ResourceSyncer {
  const syncer = connector.syncers.find(({ resourceType }) => resourceType.id === type);
  if (syncer === undefined) throw new Error(`no syncer for ${type}`);
  return syncer;
}

function request(pageToken = "", activeSyncId = SYNC): PageRequest {
  return { pageSize: 0, pageToken, activeSyncId };
}

async function listOne({ connector, ctx }: Setup, type: string, activeSyncId = SYNC): Promise<Resource> {
  const { items } = await syncerOf(connector, type).list(undefined, request("", activeSyncId), ctx);
  const [resource] = items;
  if (resource === undefined || items.length !== 1) throw new Error(`${items.length} resources of ${type}`);
  return toResource(resource);
}

async function listEntitlements({ connector, ctx }: Setup, resource: Resource): Promise<Entitlement[]> {
  const syncer = syncerOf(connector, resource.id?.resourceType ?? "");
  return (await syncer.entitlements?.(resource, request(), ctx))?.items ?? [];
}

/** All grants that asking for those of a resource yields, page by page. */
async function listGrants(
  { connector, ctx }: Setup,
  resource: Resource,
  activeSyncId = SYNC,
): Promise<Grant[]> {
  const syncer = syncerOf(connector, resource.id?.resourceType ?? "");
  const grants: Grant[] = [];
  let pageToken = "";
  do {
    const page = await syncer.grants?.(resource, request(pageToken, activeSyncId), ctx);
    grants.push(...(page?.items ?? []));
    pageToken = page?.nextPageToken ?? "";
  } while (pageToken !== "");
  return grants;
}

function stub(type: string, id: string): Resource {
  return Resource.fromPartial({ id: makeResourceId(type, id) });
}

/** Number of grants per entitlement. */
function countByEntitlement(grants: readonly Grant[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { entitlement } of grants) {
    const id = entitlement?.id ?? "";
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

const ALL = { "org:Acme:member": 52, "org:Acme:admin": 4, "license:Acme:assigned": 30 };

describe("the organization", () => {
  it("is one resource, whose id does not depend on how its name is typed", async () => {
    const acme = await listOne(await setUp({}, { owner: "ACME" }), "org");
    expect(acme).toMatchObject({
      id: { resourceType: "org", resource: "Acme" },
      displayName: "Acme Corporation",
      profile: { service: "github", username: "Acme", name: "Acme Corporation" },
    });
    expect(await listOne(await setUp(), "org")).toEqual(acme);
  });

  it("that is a GitLab subgroup has the id that GitLab shows", async () => {
    const setup = await setUp({ state: "gitlab-sub" }, { service: "gitlab", owner: "group/sub" });
    const org = await listOne(setup, "org");
    expect(org.id?.resource).toBe("group/sub");
    expect((await listEntitlements(setup, org)).map(({ id }) => id)).toEqual([
      "org:group/sub:member",
      "org:group/sub:admin",
    ]);
  });

  it("offers member and admin, which nobody can change here", async () => {
    const setup = await setUp();
    const entitlements = await listEntitlements(setup, await listOne(setup, "org"));
    expect(entitlements.map(({ id, slug }) => [id, slug])).toEqual([
      ["org:Acme:member", "member"],
      ["org:Acme:admin", "admin"],
    ]);
    for (const { annotations, grantableTo } of entitlements) {
      expect(hasAnnotation(annotations, "EntitlementImmutable")).toBe(true);
      expect(grantableTo.map(({ id }) => id)).toEqual(["user"]);
    }
    const syncer = syncerOf(setup.connector, "org");
    expect(syncer).not.toHaveProperty("grant");
    const sentences = entitlements.map(({ slug }) => syncer.explainReadOnly?.(slug));
    expect(sentences[0]).toContain("who is a member");
    expect(sentences[1]).toContain("who is an admin");
    expect(sentences.join()).toContain("git service");
  });

  it("that Codecov does not know ends a listing, not with NotFound", async () => {
    const setup = await setUp({}, { owner: "nobody" });
    expect((await failureOf(listOne(setup, "org"))).code).toBe(Code.FailedPrecondition);
  });

  it("and the license are read one by one; others are not there", async () => {
    const { connector, ctx } = await setUp();
    for (const type of ["org", "license"]) {
      const syncer = syncerOf(connector, type);
      const found = await syncer.get?.(makeResourceId(type, "Acme"), undefined, ctx);
      expect(formatResourceKey(found?.resource.id ?? { resourceType: "", resource: "" })).toBe(
        `${type}:Acme`,
      );
      expect(await syncer.get?.(makeResourceId(type, "acme"), undefined, ctx)).toBeUndefined();
      const { items } = await syncer.list(makeResourceId("org", "Acme"), request(), ctx);
      expect(items).toEqual([]);
    }
  });
});

describe("the license", () => {
  const traitOf = (license: Resource) => findAnnotation(license.annotations, "LicenseProfileTrait");

  it("tells held and purchased seats, and which entitlement holds one", async () => {
    const setup = await setUp({}, { purchasedSeats: 40 });
    const license = await listOne(setup, "license");
    expect(license.id?.resource).toBe("Acme");
    expect(traitOf(license)).toMatchObject({
      licenseName: "Codecov seat",
      purchasedSeats: 40n,
      consumedSeats: 30n,
      entitlementIds: ["license:Acme:assigned"],
    });
    const [assigned, ...others] = await listEntitlements(setup, license);
    expect(others).toEqual([]);
    expect(assigned).toMatchObject({ id: "license:Acme:assigned", slug: "assigned" });
    expect(hasAnnotation(assigned?.annotations ?? [], "EntitlementImmutable")).toBe(false);
  });

  it("asks one request for the seats, or none after the users of the same sync", async () => {
    const setup = await setUp();
    await listOne(setup, "license", "");
    expect(setup.simulator.requests.map(({ path }) => path)).toEqual([
      "/api/v2/github/Acme/users/?page=1&page_size=1&activated=true",
      "/api/v2/github/Acme/",
    ]);
    await syncerOf(setup.connector, "user").list(undefined, request(), setup.ctx);
    setup.simulator.clearRequests();
    expect(traitOf(await listOne(setup, "license"))?.consumedSeats).toBe(30n);
    expect(setup.simulator.requests).toEqual([]);
    await listOne(setup, "license", "");
    expect(setup.simulator.requests).toHaveLength(1);
  });

  it("counts the seats over all pages of users, whichever process read them", async () => {
    const setup = await setUp({ generated: { members: 2_500 } });
    let pageToken = "";
    do {
      const second = await setUpAgain(setup);
      const page = await syncerOf(second.connector, "user").list(undefined, request(pageToken), setup.ctx);
      pageToken = page.nextPageToken;
      if (pageToken !== "") continue;
      setup.simulator.clearRequests();
      expect(traitOf(await listOne(second, "license"))?.consumedSeats).toBe(1_667n);
      expect(setup.simulator.requests).toEqual([]);
    } while (pageToken !== "");
  });

  it("shows the seats as unknown, and says so, when Codecov cannot count them", async () => {
    const setup = await setUp();
    setup.simulator.faults.add({
      times: null,
      path: "activated=true",
      fault: { kind: "answer", status: 504 },
    });
    expect(traitOf(await listOne(setup, "license"))?.consumedSeats).toBe(0n);
    expect(setup.log.filter(({ level }) => level === "warn")).toMatchObject([
      { message: "waiting before the next attempt" },
      { message: expect.stringContaining("could not count the seats") },
    ]);
  });

  it("is no reason to guess when the token is refused", async () => {
    const setup = await setUp({}, { tokenName: "nobody" });
    expect((await failureOf(listOne(setup, "license"))).code).toBe(Code.Unauthenticated);
  });
});

/** Another process against the same simulator. */
async function setUpAgain({ simulator }: Setup): Promise<Setup> {
  const token = simulator.tokens["admin-token"] ?? "";
  const again = await setUp({}, { tokenName: token, baseUrl: simulator.url, owner: "acme" });
  return { ...again, simulator };
}

describe("grants", () => {
  it("of everything come from one walk over the roster", async () => {
    const setup = await setUp();
    const [license, org] = [await listOne(setup, "license"), await listOne(setup, "org")];
    await syncerOf(setup.connector, "user").list(undefined, request(), setup.ctx);
    setup.simulator.clearRequests();
    const grants = [...(await listGrants(setup, license)), ...(await listGrants(setup, org))];
    expect(countByEntitlement(grants)).toEqual(ALL);
    expect(new Set(grants.map(({ id }) => id)).size).toBe(86);
    // The page, and once more its last row.
    expect(setup.simulator.requests).toHaveLength(2);
  });

  it("name exactly the ids of the users, whatever their names", async () => {
    const setup = await setUp();
    setup.simulator.change(
      { op: "add-owner", ownerid: 5_000, service: "gitlab", username: "judy", name: null, email: null },
      { op: "join", org: "Acme", ownerid: 5_000 },
      { op: "rename", ownerid: 1_009, username: "Dotted.Name.json" },
      { op: "rename", ownerid: 1_010, username: "1009" },
    );
    const users = new Set((await setup.listUsers()).map(({ id }) => id?.resource));
    const grants = await listGrants(setup, await listOne(setup, "org"));
    const members = grants.filter(({ entitlement }) => entitlement?.id === "org:Acme:member");
    expect(new Set(members.map(({ principal }) => principal?.id?.resource))).toEqual(users);
    expect(members.map(({ id }) => id)).toContain("org:Acme:member:user:Dotted.Name.json");
    expect(users.size).toBe(53);
  });

  it.each([
    ["org", { "org:Acme:member": 52, "org:Acme:admin": 4 }],
    ["license", { "license:Acme:assigned": 30 }],
  ])("of the %s alone are complete and no more when only that is listed", async (type, expected) => {
    const setup = await setUp();
    expect(countByEntitlement(await listGrants(setup, await listOne(setup, type)))).toEqual(expected);
  });

  it.each([
    ["org", { "org:Acme:member": 52, "org:Acme:admin": 4 }],
    ["license", { "license:Acme:assigned": 30 }],
  ])("of the %s alone are complete and no more in a targeted sync", async (type, expected) => {
    const setup = await setUp();
    const found = await syncerOf(setup.connector, type).get?.(
      makeResourceId(type, "Acme"),
      undefined,
      setup.ctx,
    );
    const resource = found?.resource ?? stub(type, "?");
    await listEntitlements(setup, resource);
    expect(countByEntitlement(await listGrants(setup, resource))).toEqual(expected);
  });

  it("are complete outside a sync as well", async () => {
    const setup = await setUp();
    const org = await listGrants(setup, await listOne(setup, "org", ""), "");
    const license = await listGrants(setup, await listOne(setup, "license", ""), "");
    expect(countByEntitlement([...org, ...license])).toEqual(ALL);
    expect(org).toHaveLength(56);
  });

  it("of another organization are none", async () => {
    const setup = await setUp();
    for (const type of ["org", "license"]) {
      expect(await listGrants(setup, stub(type, "other"))).toEqual([]);
      expect(await listEntitlements(setup, stub(type, "other"))).toEqual([]);
    }
    // What the organization is called is asked once.
    expect(setup.simulator.requests.map(({ path }) => path)).toEqual(["/api/v2/github/Acme/"]);
  });

  it("go on from the page token alone in a new process, with the same scope", async () => {
    const setup = await setUp({ generated: { members: 1_500 } });
    await listOne(setup, "license");
    const org = await listOne(setup, "org");
    const grants: Grant[] = [];
    let pageToken = "";
    let process = setup;
    do {
      const page = await syncerOf(process.connector, "org").grants?.(org, request(pageToken), setup.ctx);
      grants.push(...(page?.items ?? []));
      pageToken = page?.nextPageToken ?? "";
      process = await setUpAgain(setup);
    } while (pageToken !== "");
    expect(countByEntitlement(grants)).toEqual({
      "org:acme:member": 1_500,
      "org:acme:admin": 2,
      "license:acme:assigned": 1_000,
    });
  });

  it("with a damaged page token end with a clear error", async () => {
    const setup = await setUp();
    const org = await listOne(setup, "org");
    const page = syncerOf(setup.connector, "org").grants?.(org, request("elsewhere.x"), setup.ctx);
    expect((await failureOf(Promise.resolve(page))).code).toBe(Code.InvalidArgument);
  });
});
