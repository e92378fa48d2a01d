import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { makeUser } from "../../fakes/rows.ts";
import { FakeSyncClient } from "../../fakes/sync-client.ts";
import { ALL_IDS, organization } from "./organization.ts";
import { catchError, createBench, idsOf, syncInto } from "./support.ts";

/** A connector that fails once at the given call. */
function failingAt(call: string, error: Error): FakeSyncClient {
  const client = new FakeSyncClient(organization());
  client.before = (current) => {
    if (current === call) throw error;
  };
  return client;
}

const EVERY_CALL = [
  "types",
  "resources user",
  "resources user 1",
  "resources team below org:acme 1",
  "static org",
  "entitlements team:red",
  "grants team:red",
  "grants team:red 1",
  "grants team:blue",
];

describe("a sync that is interrupted", () => {
  it.each(EVERY_CALL)("at %s goes on from there and ends with the same rows", async (call) => {
    const bench = await createBench();
    const file = await bench.open();
    const error = new BatonError(Code.PermissionDenied, "not today");
    await expect(syncInto(file, failingAt(call, error), bench)).rejects.toBe(error);
    expect(file.runs.list().map(({ endedAt }) => endedAt)).toEqual([undefined]);

    const client = new FakeSyncClient(organization());
    const { run, resumed } = await syncInto(file, client, bench);
    expect(resumed).toBe(true);
    expect(client.calls[1]).toBe(call);
    expect(idsOf(file, run.id)).toEqual(ALL_IDS);
    expect(file.runs.list()).toHaveLength(1);
  });

  it.each(EVERY_CALL)("by its caller at %s ends with the caller's reason and can go on", async (call) => {
    const bench = await createBench();
    const file = await bench.open();
    const client = new FakeSyncClient(organization());
    const reason = new BatonError(Code.Canceled, "interrupted by SIGINT");
    client.before = async (current, signal) => {
      if (current !== call) return;
      bench.abort(reason);
      signal.throwIfAborted();
    };
    await expect(syncInto(file, client, bench)).rejects.toBe(reason);
    const ctx = { ...bench.ctx, signal: new AbortController().signal };
    const { run, resumed } = await syncInto(file, new FakeSyncClient(organization()), bench, {}, ctx);
    expect(resumed).toBe(true);
    expect(idsOf(file, run.id)).toEqual(ALL_IDS);
  });

  it("with several workers stops the others and starts nothing more", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const client = new FakeSyncClient(organization());
    client.before = async (call, signal) => {
      if (call === "resources user 1") throw new BatonError(Code.PermissionDenied, "no");
      if (call !== "resources org") return;
      // Answers only when it is told that nobody waits any more.
      await once(signal, "abort");
      signal.throwIfAborted();
    };
    const error = await catchError(syncInto(file, client, bench, { workers: 2 }));
    expect(error.code).toBe(Code.PermissionDenied);
    expect(client.calls.filter((call) => call.startsWith("resources team"))).toEqual([]);
    // Nobody had to run out of patience.
    expect(bench.clock.slept).toEqual([]);
  });

  it("stores its position at least every ten seconds", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const client = new FakeSyncClient(organization());
    const positions: string[] = [];
    client.before = () => {
      bench.clock.advance(10_000);
      const [run] = file.runs.list();
      if (run !== undefined) positions.push(run.token);
    };
    await syncInto(file, client, bench);
    // The page asked for ahead was asked for before the page before it was stored.
    expect(new Set(positions).size).toBeGreaterThan(10);
  });

  it("is thrown away with its rows when its position is damaged", async () => {
    const bench = await createBench();
    const file = await bench.open();
    await catchError(syncInto(file, failingAt("static org", new BatonError(Code.Internal, "no")), bench));
    const [unfinished] = file.runs.list();
    const id = unfinished?.id ?? "";
    file.runs.setToken(id, "{damaged");
    file.writer(id).putResources([makeUser("somebody who has left")]);
    const client = new FakeSyncClient(organization());
    const { run, resumed } = await syncInto(file, client, bench);
    expect(client.calls[1]).toBe("types");
    expect(resumed).toBe(false);
    expect(file.runs.list().map((each) => each.id)).toEqual([run.id]);
    expect(bench.warnings).toEqual([
      "the position of an unfinished sync cannot be read; the sync is discarded",
    ]);
    expect(idsOf(file, run.id)).toEqual(ALL_IDS);
  });

  it("is thrown away when the next one is asked for something else", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const error = new BatonError(Code.Internal, "no");
    await catchError(syncInto(file, failingAt("static org", error), bench, { resumeKey: "acme" }));
    const { run, resumed } = await syncInto(file, new FakeSyncClient(organization()), bench, {
      resumeKey: "umbrella",
    });
    expect(resumed).toBe(false);
    expect(file.runs.list().map(({ id }) => id)).toEqual([run.id]);
    expect(file.runs.resumeKey(run.id)).toBeUndefined();
    expect(bench.warnings).toEqual([
      "an unfinished sync was started with different settings; it is discarded",
    ]);
  });

  it("goes on when the next one is asked for the same", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const error = new BatonError(Code.Internal, "no");
    await catchError(syncInto(file, failingAt("static org", error), bench, { resumeKey: "acme" }));
    const { resumed } = await syncInto(file, new FakeSyncClient(organization()), bench, {
      resumeKey: "acme",
    });
    expect(resumed).toBe(true);
  });

  it("of another kind is not touched", async () => {
    const bench = await createBench();
    const file = await bench.open();
    const error = new BatonError(Code.Internal, "no");
    await catchError(
      syncInto(file, failingAt("resources user", error), bench, { skipEntitlementsAndGrants: true }),
    );
    const { resumed } = await syncInto(file, new FakeSyncClient(organization()), bench);
    expect(resumed).toBe(false);
    expect(file.runs.list().map(({ type }) => type)).toEqual(["resources_only", "full"]);
  });
});

describe("a connector that is unavailable", () => {
  it("for a while is waited for", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    let failures = 0;
    client.before = (call) => {
      if (call !== "grants team:red 1" || failures === 3) return;
      failures += 1;
      throw new BatonError(Code.Unavailable, "busy");
    };
    const file = await bench.open();
    const { run } = await syncInto(file, client, bench);
    expect(idsOf(file, run.id)).toEqual(ALL_IDS);
    expect(bench.clock.slept).toEqual([1_000, 2_000, 3_000]);
  });

  it("for too long ends the sync with Unavailable, and a later one goes on", async () => {
    const bench = await createBench();
    const client = failingAt("grants team:red 1", new BatonError(Code.Unavailable, "busy"));
    const file = await bench.open();
    const error = await catchError(syncInto(file, client, bench, { maxWaitMs: 60_000 }));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.message).toMatch(/grants of team:red .*1 min.*busy$/);
    const again = new FakeSyncClient(organization());
    const { run } = await syncInto(file, again, bench);
    expect(again.calls[1]).toBe("grants team:red 1");
    expect(idsOf(file, run.id)).toEqual(ALL_IDS);
  });
});

describe("a listing that does not exist", () => {
  it.each(["resources user 1", "static org", "entitlements team:red", "grants team:blue"])(
    "fails the sync at %s instead of leaving a gap, and the next sync begins anew",
    async (call) => {
      const bench = await createBench();
      const file = await bench.open();
      const error = await catchError(
        syncInto(file, failingAt(call, new BatonError(Code.NotFound, "gone")), bench),
      );
      expect(error.code).toBe(Code.NotFound);
      expect(error.message).toContain("gone");
      expect(file.runs.list()).toEqual([]);
      const { run, resumed } = await syncInto(file, new FakeSyncClient(organization()), bench);
      expect(resumed).toBe(false);
      expect(idsOf(file, run.id)).toEqual(ALL_IDS);
    },
  );
});
