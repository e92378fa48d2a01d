import { expect, test } from "vitest";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Code } from "#kernel/errors.ts";
import { makeResourceId } from "#model/ids.ts";
import { Resource } from "#model/resource.ts";
import { failToSync, syncData } from "../unit/sync/data.ts";
import { ann, organization, red } from "../unit/sync/organization.ts";
import { makeEntitlement, makeGrant, makeResource } from "../unit/sync/support.ts";

const robot = makeResource("robot", "r2");
const nameless = (resourceType: string) => Resource.fromPartial({ id: makeResourceId(resourceType, "") });
const member = makeEntitlement(red, "member");

/** Grants in which something is missing and something else is of a type that is not synced. */
const LEFT_OUT = [
  {
    what: "an entitlement without an id, on a resource of an unsynced type",
    grant: { entitlement: Entitlement.fromPartial({ resource: robot }), principal: ann },
  },
  {
    what: "an entitlement's resource of an unsynced type without an id",
    grant: { entitlement: Entitlement.fromPartial({ id: "e", resource: nameless("robot") }), principal: ann },
  },
  {
    what: "a principal of an unsynced type without an id",
    grant: { entitlement: member, principal: nameless("robot") },
  },
  {
    what: "a principal of an unsynced type and an entitlement without an id",
    grant: { entitlement: Entitlement.fromPartial({ resource: red }), principal: robot },
  },
  {
    what: "a principal without an id and an entitlement of an unsynced type",
    grant: { entitlement: makeEntitlement(robot, "wash"), principal: nameless("user") },
  },
];

test.each(LEFT_OUT)("a grant with $what is left out and counted", async ({ grant }) => {
  const data = organization();
  const sound = makeGrant(member, ann);
  data.grants = { "team:red": [{ items: [{ ...sound, ...grant, id: "odd" }, sound] }] };
  const { ids, drops } = await syncData(data);
  expect(ids.grants).toEqual([sound.id]);
  expect(drops).toMatchObject({ grantsOfUnsyncedTypes: 1 });
});

/** Where the type is synced, is not said, or a part is missing as a whole, the mistake counts. */
const MISTAKES = [
  {
    what: "an entitlement without an id, on a resource of a synced type",
    grant: { entitlement: Entitlement.fromPartial({ resource: red }), principal: ann },
  },
  { what: "a principal without type and id", grant: { entitlement: member, principal: nameless("") } },
  {
    what: "no principal, whatever its entitlement is on",
    grant: { entitlement: makeEntitlement(robot, "wash"), principal: undefined },
  },
  { what: "no entitlement, whoever the principal is", grant: { entitlement: undefined, principal: robot } },
];

test.each(MISTAKES)("a grant with $what fails the sync", async ({ grant }) => {
  const data = organization();
  data.grants = { "team:red": [{ items: [{ ...makeGrant(member, ann), ...grant, id: "odd" }] }] };
  const { error } = await failToSync(data);
  expect(error.code).toBe(Code.Internal);
});

test("an entitlement without an id on a resource of an unsynced type counts for its type", async () => {
  const data = organization();
  data.entitlements["team:red"] = [{ items: [Entitlement.fromPartial({ resource: robot }), member] }];
  const { ids, drops } = await syncData(data);
  expect(ids.entitlements).toContain(member.id);
  expect(drops).toMatchObject({ entitlementsOfUnsyncedTypes: 1, invalidEntitlements: 0 });
});
