import { describe, expect, it } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { recordEmptySync } from "#sync/syncer.ts";
import { FakeSyncClient } from "../../fakes/sync-client.ts";
import { ALL_IDS, organization } from "./organization.ts";
import { catchError, createBench, idsOf, makeType, makeUser, syncInto } from "./support.ts";

describe("a full sync", () => {
  it("stores everything the connector tells, page by page and phase by phase", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    const file = await bench.open();
    const result = await syncInto(file, client, bench);

    expect(idsOf(file, result.run.id)).toEqual(ALL_IDS);
    expect(result.rows).toEqual({ resourceTypes: 3, resources: 6, entitlements: 3, grants: 3 });
    expect(result.run.endedAt).toBeDefined();
    expect(result.run.verification).toMatchObject({ generation: "1", coverage: '["I5","I10"]' });
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

  it("asks for one page ahead of the one it stores, and never for two at a time", async () => {
    const bench = await createBench();
    const data = organization();
    const users = Array.from({ length: 5 }, (_, index) => makeUser(`user-${index}`));
    data.resources = { user: users.map((user) => ({ items: [user] })) };
    const client = new FakeSyncClient(data);
    const file = await bench.open();
    const stored: number[] = [];
    let inFlight = 0;
    client.before = async (call) => {
      inFlight += 1;
      expect(inFlight).toBe(1);
      const [run] = file.runs.list();
      if (call.startsWith("resources user") && run !== undefined)
        stored.push(file.reader(run.id).count("resources"));
      await new Promise(setImmediate);
      inFlight -= 1;
    };
    await syncInto(file, client, bench);
    expect(stored).toEqual([0, 0, 1, 2, 3]);
  });

  it("reads as many listings side by side as it has workers, with the same result", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    const file = await bench.open();
    let inFlight = 0;
    let most = 0;
    client.before = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise(setImmediate);
      inFlight -= 1;
    };
    const { run } = await syncInto(file, client, bench, { workers: 3 });
    expect(most).toBe(3);
    expect(idsOf(file, run.id)).toEqual(ALL_IDS);
  });

  it("of unchanged data stores the same bytes again", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const scan = (id: string) =>
      (["resourceTypes", "resources", "entitlements", "grants"] as const).flatMap((kind) => [
        ...file.reader(id).scan(kind),
      ]);
    const first = await syncInto(file, new FakeSyncClient(organization()), bench);
    bench.clock.advance(60_000);
    const second = await syncInto(file, new FakeSyncClient(organization()), bench);
    expect(second.run.id).not.toBe(first.run.id);
    expect(scan(second.run.id)).toEqual(scan(first.run.id));
    expect(scan(first.run.id)).toHaveLength(15);
  });

  it("keeps the full sync before it and drops older ones", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const ids: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      bench.clock.advance(60_000);
      ids.push((await syncInto(file, new FakeSyncClient(organization()), bench)).run.id);
    }
    expect(file.runs.list().map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it("without entitlements and grants makes only the calls it needs", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    const file = await bench.open();
    const { run } = await syncInto(file, client, bench, { skipEntitlementsAndGrants: true });
    expect(run.type).toBe("resources_only");
    expect(idsOf(file, run.id)).toEqual({ ...ALL_IDS, entitlements: [], grants: [] });
    expect(client.calls.filter((call) => /static|entitlements|grants/u.test(call))).toEqual([]);
  });

  it("without grants, or without expanding them, leaves out just that", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const withoutGrants = await syncInto(file, new FakeSyncClient(organization()), bench, {
      skipGrants: true,
    });
    expect(withoutGrants.rows).toMatchObject({ entitlements: 3, grants: 0 });
    const unexpanded = await syncInto(file, new FakeSyncClient(organization()), bench, {
      skipExpansion: true,
    });
    expect(unexpanded.rows.grants).toBe(3);
    expect(unexpanded.run.supportsDiff).toBe(false);
  });

  it("reports its progress", async () => {
    const bench = await createBench();
    const phases: string[] = [];
    const file = await bench.open();
    const { progress } = await syncInto(file, new FakeSyncClient(organization()), bench, {
      onProgress: ({ phase }) => void phases.push(phase),
    });
    expect([...new Set(phases)]).toEqual([
      "resource types",
      "resources",
      "static entitlements",
      "entitlements",
      "grants",
      "expansion",
      "finishing",
    ]);
    expect(progress).toMatchObject({
      calls: 17,
      rows: { resourceTypes: 3, resources: 6, entitlements: 3, grants: 3 },
    });
  });

  it.each([
    ["v0.25.0", true],
    ["0.25.0+ts", true],
    ["v0.4.3", true],
    ["v99.0.0", true],
    ["v0.4.2", false],
    ["v0.25.0-ts.1", false],
    ["", false],
    ["hello", false],
  ])("tells a connector of version %s its id: %s", async (sdkVersion, isTold) => {
    const bench = await createBench();
    const client = new FakeSyncClient({ types: [], sdkVersion });
    await syncInto(await bench.open(), client, bench);
    expect(client.calls.at(-1)).toBe(isTold ? "cleanup with id" : "cleanup");
  });

  it("is complete even if the connector cannot clean up", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient({ types: [makeType("user")] });
    client.before = (call) => {
      if (call.startsWith("cleanup")) throw new BatonError(Code.Internal, "no");
    };
    const { run } = await syncInto(await bench.open(), client, bench);
    expect(run.endedAt).toBeDefined();
    expect(bench.warnings).toEqual([
      "the connector could not clean up after the sync; the sync itself is complete",
    ]);
  });
});

describe("a sync that cannot begin", () => {
  it("changes nothing when the connector says that it does not work", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    const refusal = new BatonError(Code.Unauthenticated, "bad token");
    client.before = () => {
      throw refusal;
    };
    const file = await bench.open();
    await expect(syncInto(file, client, bench)).rejects.toBe(refusal);
    expect(file.runs.list()).toEqual([]);
    expect(file.hasChanges).toBe(false);
    expect(client.calls).toEqual(["validate"]);
  });

  it("refuses targets of which none may be synced, instead of syncing everything", async () => {
    const bench = await createBench();
    const targets = [{ id: { resourceType: "user", resource: "ann" } }];
    const error = await catchError(
      syncInto(await bench.open(), new FakeSyncClient(organization()), bench, {
        targets,
        resourceTypes: ["org"],
      }),
    );
    expect(error.code).toBe(Code.InvalidArgument);
  });
});

describe("a sync without data", () => {
  it("only asks the connector whether it works", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    const file = await bench.open();
    const run = await recordEmptySync(client, file, {}, bench.ctx);
    expect(run).toMatchObject({ type: "full", endedAt: expect.any(String) });
    expect(client.calls).toEqual(["validate"]);
  });
});
