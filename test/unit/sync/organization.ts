import { ResourceType_Trait as Trait } from "#gen/c1/connector/v2/resource.ts";
import { packAnnotation } from "#model/annotations.ts";
import type { FakeData } from "../../fakes/sync-client.ts";
import { makeEntitlement, makeGrant, makeResource, makeType, makeUser } from "./support.ts";

export const SKIP_BOTH = packAnnotation("SkipEntitlementsAndGrants");
const CHILD_TEAM = packAnnotation("ChildResourceType", { resourceTypeId: "team" });

export const acme = makeResource("org", "acme", [CHILD_TEAM]);
export const red = makeResource("team", "red", [], acme);
export const blue = makeResource("team", "blue", [], acme);
export const [ann, bob, cid] = [makeUser("ann"), makeUser("bob"), makeUser("cid")];

/** Fresh data of an organization with two teams below it and three users on two pages. */
export function organization(): FakeData & Required<Omit<FakeData, "sdkVersion">> {
  return {
    types: [makeType("user", Trait.TRAIT_USER, [SKIP_BOTH]), makeType("org"), makeType("team")],
    resources: {
      org: [{ items: [acme] }],
      "team below org:acme": [{ items: [red] }, { items: [blue] }],
      user: [{ items: [ann, bob] }, { items: [cid] }],
    },
    staticEntitlements: { org: [{ items: [makeEntitlement(acme, "audit")] }] },
    entitlements: {
      "team:red": [{ items: [makeEntitlement(red, "member")] }],
      "team:blue": [{ items: [makeEntitlement(blue, "member")] }],
    },
    grants: {
      "team:red": [
        { items: [makeGrant(makeEntitlement(red, "member"), ann)] },
        { items: [makeGrant(makeEntitlement(red, "member"), bob)] },
      ],
      "team:blue": [{ items: [makeGrant(makeEntitlement(blue, "member"), cid)] }],
    },
  };
}

export const ALL_IDS = {
  types: ["org", "team", "user"],
  resources: ["org:acme", "team:blue", "team:red", "user:ann", "user:bob", "user:cid"],
  entitlements: ["org:acme:audit", "team:blue:member", "team:red:member"],
  grants: ["team:blue:member:user:cid", "team:red:member:user:ann", "team:red:member:user:bob"],
};
