import { describe, expect, it } from "vitest";
import { FakeSyncClient } from "../../fakes/sync-client.ts";
import { syncData } from "./data.ts";
import { ann, blue, organization, red } from "./organization.ts";
import { createBench, makeEntitlement, makeGrant, syncInto } from "./support.ts";

describe("a targeted sync", () => {
  const target = (resourceType: string, resource: string) => ({ id: { resourceType, resource } });

  it("reads the resource, its children and what is granted on it, and the resources those grants are on", async () => {
    const data = organization();
    const elsewhere = makeGrant(makeEntitlement(blue, "member"), ann);
    data.grants["team:red"] = [{ items: [makeGrant(makeEntitlement(red, "member"), ann), elsewhere] }];
    const { client, ids, run } = await syncData(data, { targets: [target("team", "red")] });
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
    const { client, ids } = await syncData(organization(), { targets: [target("org", "acme")] });
    expect(ids.resources).toEqual(["org:acme", "team:blue", "team:red"]);
    expect(client.calls.filter((call) => call.startsWith("grants"))).toEqual(["grants org:acme"]);
  });

  it("keeps grants to principals of types it does not read", async () => {
    const { ids } = await syncData(organization(), {
      targets: [target("team", "red")],
      resourceTypes: ["team"],
    });
    expect(ids.grants).toEqual(["team:red:member:user:ann", "team:red:member:user:bob"]);
  });

  it("can leave out grants", async () => {
    const { client } = await syncData(organization(), { targets: [target("team", "red")], skipGrants: true });
    expect(client.calls.filter((call) => call.startsWith("grants"))).toEqual([]);
  });

  it("of something that is gone says so and keeps the rest", async () => {
    const { drops, ids, bench } = await syncData(organization(), {
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
