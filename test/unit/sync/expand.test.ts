import { describe, expect, it } from "vitest";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import { FakeSyncClient } from "../../fakes/sync-client.ts";
import { failToSync, syncData } from "./data.ts";
import { ann, blue, bob, organization, red } from "./organization.ts";
import { catchError, createBench, makeEntitlement, makeGrant, makeResource, syncInto } from "./support.ts";

const green = makeResource("team", "green");

function member(team: Resource, principal: Resource, source?: Resource, shallow = false): Grant {
  const entitlementIds = source === undefined ? [] : [`team:${source.id?.resource}:member`];
  const rule = packAnnotation("GrantExpandable", { entitlementIds, shallow });
  return makeGrant(makeEntitlement(team, "member"), principal, source === undefined ? [] : [rule]);
}

/** Syncs these grants and returns the sources of each grant as they are stored. */
async function expand(grants: readonly Grant[]) {
  const data = organization();
  data.resources["team below org:acme"] = [{ items: [red, blue, green] }];
  data.entitlements = Object.fromEntries(
    [red, blue, green].map((team) => [
      `team:${team.id?.resource}`,
      [{ items: [makeEntitlement(team, "member")] }],
    ]),
  );
  data.grants = { "org:acme": [{ items: [...grants] }] };
  const bench = await createBench();
  const file = await bench.open();
  const { run } = await syncInto(file, new FakeSyncClient(data), bench);
  const reader = file.reader(run.id);
  return (id: string): Record<string, boolean> | undefined => {
    const grant = reader.findGrant(`team:${id}`);
    if (grant === undefined) return undefined;
    return Object.fromEntries(
      [...(grant.sources?.sources ?? [])].map(([source, { isDirect }]) => [source, isDirect]),
    );
  };
}

describe("expanded grants", () => {
  it("reach over several levels and name where they come from", async () => {
    const sources = await expand([member(red, ann), member(blue, red, red), member(green, blue, blue)]);
    expect(sources("red:member:user:ann")).toEqual({});
    expect(sources("blue:member:user:ann")).toEqual({ "team:red:member": true });
    expect(sources("green:member:user:ann")).toEqual({ "team:blue:member": false });
  });

  it("of a shallow rule come only from grants that were given directly", async () => {
    const sources = await expand([
      member(red, ann),
      member(blue, bob),
      member(blue, red, red),
      member(green, blue, blue, true),
    ]);
    expect(sources("green:member:user:bob")).toEqual({ "team:blue:member": true });
    expect(sources("green:member:user:ann")).toBeUndefined();
  });

  it("add to a grant that was given directly, which then says so", async () => {
    const sources = await expand([member(red, ann), member(blue, ann), member(blue, red, red)]);
    expect(sources("blue:member:user:ann")).toEqual({ "team:blue:member": true, "team:red:member": true });
  });

  it("are one when a principal holds the source twice", async () => {
    const twice = [member(red, ann), { ...member(red, ann), id: "another" }];
    const sources = await expand([...twice, member(blue, ann), member(blue, red, red)]);
    expect(sources("blue:member:user:ann")).toEqual({ "team:blue:member": true, "team:red:member": true });
  });

  it.each(["direct first", "direct last"])(
    "are direct when any grant of the source is: %s",
    async (order) => {
      const indirect = { ...member(red, ann), id: "indirect" };
      indirect.sources = { sources: new Map([["elsewhere", { isDirect: true }]]) };
      const both = [member(red, ann), indirect];
      const sources = await expand([
        ...(order === "direct first" ? both : both.reverse()),
        member(blue, red, red),
      ]);
      expect(sources("blue:member:user:ann")).toEqual({ "team:red:member": true });
    },
  );

  it("come from every source of a principal, in one round", async () => {
    const sources = await expand([
      member(red, ann),
      member(blue, ann),
      member(green, red, red),
      member(green, blue, blue),
    ]);
    expect(sources("green:member:user:ann")).toEqual({ "team:blue:member": true, "team:red:member": true });
  });

  it("do not go round in a circle", async () => {
    const sources = await expand([member(red, ann), member(red, blue, blue), member(blue, red, red)]);
    expect(sources("red:member:user:ann")).toEqual({});
    expect(sources("blue:member:user:ann")).toBeUndefined();
  });

  it.each([
    [21, true],
    [22, false],
  ])("go through %i levels: %s", async (depth, isPossible) => {
    const teams = Array.from({ length: depth + 1 }, (_, index) => makeResource("team", `t${index}`));
    const data = organization();
    data.resources = { team: [{ items: teams }], user: [{ items: [ann] }] };
    data.entitlements = { "team:t0": [{ items: teams.map((team) => makeEntitlement(team, "member")) }] };
    const nesting = teams.slice(1).map((team, index) => {
      const below = teams[index] ?? team;
      return member(team, below, below);
    });
    data.grants = { "team:t0": [{ items: [member(teams[0] ?? red, ann), ...nesting] }] };
    if (isPossible) {
      expect((await syncData(data)).ids.grants).toContain(`team:t${depth}:member:user:ann`);
    } else {
      expect((await failToSync(data)).error).toMatchObject({
        code: Code.Internal,
        message: expect.stringContaining("21 levels"),
      });
    }
  });

  it("are the same when an interrupted expansion starts over", async () => {
    const data = organization();
    const grants = [member(red, ann), member(blue, red, red)];
    data.grants = { "org:acme": [{ items: grants }] };
    const bench = await createBench();
    const file = await bench.open();
    const interrupted = { ...bench.ctx, signal: new AbortController().signal };
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === "expansion") bench.abort(new Error("interrupted"));
    };
    await catchError(syncInto(file, new FakeSyncClient(data), bench, { onProgress }));
    const client = new FakeSyncClient(data);
    const { run, rows } = await syncInto(file, client, bench, {}, interrupted);
    expect(client.calls).toEqual(["validate", "cleanup with id"]);
    expect(rows.grants).toBe(3);
    expect([
      ...(file.reader(run.id).findGrant("team:blue:member:user:ann")?.sources?.sources.keys() ?? []),
    ]).toEqual(["team:red:member"]);
  });
});
