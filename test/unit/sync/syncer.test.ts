import { describe, expect, it } from "vitest";
import { ResourceType_Trait as Trait } from "#gen/c1/connector/v2/resource.ts";
import { packAnnotation } from "#model/annotations.ts";
import { type FakeData, FakeSyncClient } from "../../fakes/sync-client.ts";
import {
  createBench,
  idsOf,
  makeEntitlement,
  makeGrant,
  makeResource,
  makeType,
  makeUser,
  syncInto,
} from "./support.ts";

const SKIP_BOTH = packAnnotation("SkipEntitlementsAndGrants");
const CHILD_TEAM = packAnnotation("ChildResourceType", { resourceTypeId: "team" });

/** An organization with two teams and three users on two pages. */
function organization(): FakeData {
  const org = makeResource("org", "acme", [CHILD_TEAM]);
  const teams = ["red", "blue"].map((id) => makeResource("team", id, [], org));
  const users = ["ann", "bob", "cid"].map(makeUser);
  const [red = org, blue = org] = teams;
  const [ann = org, bob = org, cid = org] = users;
  return {
    types: [makeType("user", Trait.TRAIT_USER, [SKIP_BOTH]), makeType("org"), makeType("team")],
    resources: {
      org: [{ items: [org] }],
      "team below org:acme": [{ items: [red] }, { items: [blue] }],
      user: [{ items: [ann, bob] }, { items: [cid] }],
    },
    staticEntitlements: { org: [{ items: [makeEntitlement(org, "audit")] }] },
    entitlements: Object.fromEntries(
      [red, blue].map((team) => [
        `team:${team.id?.resource}`,
        [{ items: [makeEntitlement(team, "member")] }],
      ]),
    ),
    grants: {
      "team:red": [
        { items: [makeGrant(makeEntitlement(red, "member"), ann)] },
        { items: [makeGrant(makeEntitlement(red, "member"), bob)] },
      ],
      "team:blue": [{ items: [makeGrant(makeEntitlement(blue, "member"), cid)] }],
    },
  };
}

describe("a full sync", () => {
  it("stores everything the connector tells, page by page and phase by phase", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    const file = await bench.open();
    const result = await syncInto(file, client, bench);

    expect(idsOf(file, result.run.id)).toEqual({
      types: ["org", "team", "user"],
      resources: ["org:acme", "team:blue", "team:red", "user:ann", "user:bob", "user:cid"],
      entitlements: ["org:acme:audit", "team:blue:member", "team:red:member"],
      grants: ["team:blue:member:user:cid", "team:red:member:user:ann", "team:red:member:user:bob"],
    });
    expect(result.rows).toEqual({ resourceTypes: 3, resources: 6, entitlements: 3, grants: 3 });
    expect(result.run.endedAt).toBeDefined();
    expect(result.resumed).toBe(false);
    expect(client.calls).toEqual([
      "validate",
      "types",
      "resources user",
      "resources user 1",
      "resources org",
      "resources team below org:acme",
      "resources team below org:acme 1",
      "resources team",
      "static user",
      "static org",
      "static team",
      "entitlements org:acme",
      "entitlements team:red",
      "entitlements team:blue",
      "grants org:acme",
      "grants team:red",
      "grants team:red 1",
      "grants team:blue",
      "cleanup with id",
    ]);
    expect(bench.warnings).toEqual([]);
  });
});
