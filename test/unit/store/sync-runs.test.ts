import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Code } from "#kernel/errors.ts";
import type { C1zFile } from "#store/c1z-file.ts";
import { forgetSurplus, readRetentionPolicy } from "#store/retention.ts";
import { ensureSchema } from "#store/schema.ts";
import type { SyncRun } from "#store/sync-run.ts";
import { member, membership, team, user, userType } from "./sample-rows.ts";
import { catchError, type ManualClock, makeTestFile, NOON } from "./support.ts";

const DAY = 86_400_000;

afterEach(() => vi.unstubAllEnvs());

function finish(file: C1zFile, type: "full" | "resources_only" | "partial", parentId?: string): SyncRun {
  return file.runs.end(file.runs.start(type, parentId).id);
}

describe("a sync", () => {
  test("starts unfinished, with an empty token and a KSUID", async () => {
    vi.stubEnv("TZ", "UTC");
    const file = await (await makeTestFile()).open();
    const run = file.runs.start("full");
    expect(run).toMatchObject({
      type: "full",
      parentId: "",
      linkedId: "",
      endedAt: undefined,
      token: "",
      stats: undefined,
    });
    expect(run.id).toMatch(/^[0-9A-Za-z]{27}$/);
    expect(run.startedAt).toMatch(/^2026-11-21 12:00:00/);
    expect(run.supportsDiff).toBe(false);
    expect(file.runs.latestFinished()).toBeUndefined();
  });

  test("keeps its token, its diff mark and its verification", async () => {
    const file = await (await makeTestFile()).open();
    const { id } = file.runs.start("full");
    file.runs.setToken(id, '{"version":1}');
    file.runs.markSupportsDiff(id);
    const verification = { generation: "1", coverage: '["I5","I10"]', mode: "connector" };
    file.runs.setVerification(id, verification);
    expect(file.runs.find(id)).toMatchObject({ token: '{"version":1}', supportsDiff: true, verification });
  });

  test("that is unknown is never updated in silence", async () => {
    const file = await (await makeTestFile()).open();
    const unknown = { code: Code.Internal, message: expect.stringContaining("nobody") };
    expect(await catchError(() => file.runs.setToken("nobody", "{}"))).toMatchObject(unknown);
    expect(await catchError(() => file.runs.end("nobody"))).toMatchObject(unknown);
    expect((await catchError(() => file.runs.pick("nobody"))).code).toBe(Code.NotFound);
  });

  test("takes no more rows once it has ended", async () => {
    const file = await (await makeTestFile()).open();
    const run = finish(file, "full");
    expect((await catchError(() => file.writer(run.id))).code).toBe(Code.FailedPrecondition);
  });

  test("has a parent only if it is a partial one", async () => {
    const file = await (await makeTestFile()).open();
    const full = finish(file, "full");
    expect(finish(file, "partial", full.id).parentId).toBe(full.id);
    expect((await catchError(() => file.runs.start("full", full.id))).code).toBe(Code.Internal);
  });

  test("is counted when it ends: every type by name, zero counts left out", async () => {
    const file = await (await makeTestFile()).open();
    const { id } = file.runs.start("full");
    const writer = file.writer(id);
    writer.putResourceTypes([userType(), { ...userType(), id: "team" }, { ...userType(), id: "app" }]);
    writer.putResources([user("a"), user("b"), team("dev")]);
    writer.putEntitlements([member("dev")]);
    writer.putGrants([membership("dev", user("a")), membership("dev", user("b"))]);
    expect(file.runs.end(id).stats).toBe(
      '{"resource_types":3,"resources":3,"entitlements":1,"grants":2,' +
        '"resources_by_resource_type":{"app":0,"team":1,"user":2},' +
        '"grants_by_resource_type":{"team":2},"entitlements_by_resource_type":{"team":1}}',
    );
  });
});

describe("the latest sync", () => {
  test("is the one that ended last, of any type or of the type asked for", async () => {
    const file = await (await makeTestFile()).open();
    const full = finish(file, "full");
    const partial = finish(file, "partial", full.id);
    file.runs.start("full");
    expect(file.runs.latestFinished()?.id).toBe(partial.id);
    expect(file.runs.pick().id).toBe(partial.id);
    expect(file.runs.pick(full.id).id).toBe(full.id);
    expect(file.runs.latestFinished("full")?.id).toBe(full.id);
  });

  test("has the full sync before it as its counterpart in a comparison", async () => {
    const file = await (await makeTestFile()).open();
    const [first, second, third] = [finish(file, "full"), finish(file, "full"), finish(file, "full")];
    expect(file.runs.finishedBefore(third, "full")?.id).toBe(second.id);
    expect(file.runs.finishedBefore(second, "full")?.id).toBe(first.id);
    expect(file.runs.finishedBefore(first, "full")).toBeUndefined();
  });

  test.each([
    { what: "the clock goes back", change: (clock: ManualClock) => void clock.sleep(-3_600_000) },
    { what: "the time zone moves west", change: () => void vi.stubEnv("TZ", "America/New_York") },
  ])("is the newest one even if $what, and a warning says so", async ({ change }) => {
    vi.stubEnv("TZ", "Asia/Tokyo");
    const target = await makeTestFile();
    const before = await target.open();
    const first = finish(before, "full");
    await before.save();
    await before.close();
    change(target.clock);
    const file = await target.open();
    const second = finish(file, "full");
    expect(file.runs.latestFinished()?.id).toBe(second.id);
    expect((second.endedAt ?? "") > (first.endedAt ?? "")).toBe(true);
    expect(target.warnings).toHaveLength(1);
    expect(target.warnings[0]).toContain("dated just after it");
  });

  test("of a file without any is an error that says what to do", async () => {
    const file = await (await makeTestFile()).open();
    file.runs.start("full");
    const error = await catchError(() => file.runs.pick());
    expect(error.code).toBe(Code.NotFound);
    expect(error.message).toContain("no finished sync");
  });
});

describe("an unfinished sync", () => {
  test("is resumed if it is the newest of its type and not older than seven days", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    file.runs.start("full");
    target.clock.time += 1_000;
    const newest = file.runs.start("full");
    file.runs.start("resources_only");
    finish(file, "full");
    expect(file.runs.findResumable("full")?.id).toBe(newest.id);
    target.clock.time += 7 * DAY - 2_000;
    expect(file.runs.findResumable("full")?.id).toBe(newest.id);
    target.clock.time += 3_000;
    expect(file.runs.findResumable("full")).toBeUndefined();
  });
});

describe("older syncs", () => {
  const policy = { keepFullSyncs: 2 };
  const going = new AbortController().signal;

  test("go when a full sync ends: the file keeps two, with their rows, and nothing of the others", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    const ids: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const { id } = file.runs.start("full");
      ids.push(id);
      file.writer(id).putResources([user("a"), user(`only-${round}`)]);
      file.runs.end(id);
      expect(await file.runs.removeOlder(id, policy, going)).toBe(true);
    }
    expect(file.runs.list().map(({ id }) => id)).toEqual(ids.slice(2));
    expect(ids.map((id) => file.reader(id).count("resources"))).toEqual([0, 0, 2, 2]);
  });

  test.each(["partial", "resources_only"] as const)(
    "that are full stay when a %s sync ends",
    async (type) => {
      const file = await (await makeTestFile()).open();
      const fulls = [finish(file, "full").id, finish(file, "full").id];
      const { id } = file.runs.start(type);
      await file.runs.removeOlder(id, { keepFullSyncs: 2 }, going);
      expect(file.runs.list().map((run) => run.id)).toEqual([...fulls, id]);
      await file.runs.removeOlder(id, { keepFullSyncs: 1 }, going);
      expect(file.runs.list().map((run) => run.id)).toEqual([fulls[1], id]);
    },
  );

  test("that are partial go with the full sync they came before", async () => {
    const file = await (await makeTestFile()).open();
    const oldPartial = finish(file, "partial");
    const first = finish(file, "full");
    const partial = finish(file, "partial");
    finish(file, "full");
    const current = file.runs.start("full");
    await file.runs.removeOlder(current.id, policy, going);
    expect([oldPartial, first].map(({ id }) => file.runs.find(id))).toEqual([undefined, undefined]);
    expect(file.runs.find(partial.id)).toBeDefined();
  });

  test("that nobody can resume any more go, those that can be resumed stay", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    const abandoned = file.runs.start("full");
    target.clock.time += 8 * DAY;
    const resumable = file.runs.start("resources_only");
    const current = file.runs.start("full");
    await file.runs.removeOlder(current.id, policy, going);
    expect(file.runs.find(abandoned.id)).toBeUndefined();
    expect(file.runs.find(resumable.id)).toBeDefined();
  });

  test("all stay if the policy keeps everything", async () => {
    const file = await (await makeTestFile()).open();
    for (let round = 0; round < 4; round += 1) finish(file, "full");
    await file.runs.removeOlder(file.runs.start("full").id, { keepFullSyncs: undefined }, going);
    expect(file.runs.list()).toHaveLength(5);
  });

  test("that are halves of comparisons stay as a pair, the newest one", () => {
    using db = new DatabaseSync(":memory:");
    ensureSchema(db);
    const add = db.prepare(
      `INSERT INTO v1_sync_runs (sync_id, sync_type, linked_sync_id, started_at, ended_at, sync_token)
       VALUES (?, ?, ?, '2026-01-01 00:00:00', '2026-01-01 00:00:01', '')`,
    );
    add.run("d3", "partial_deletions", "d4");
    add.run("d4", "partial_upserts", "d3");
    const forget = () => [...forgetSurplus(db, "current", policy, "")].reduce((sum, count) => sum + count, 0);
    expect(forget()).toBe(0);
    add.run("d5", "partial_deletions", "d6");
    add.run("d6", "partial_upserts", "d5");
    expect(forget()).toBe(2);
    const left = db.prepare("SELECT sync_id FROM v1_sync_runs ORDER BY id").all();
    expect(left.map((row) => row["sync_id"])).toEqual(["d5", "d6"]);
  });

  test.each([
    { env: {}, keepFullSyncs: 2 },
    { env: { BATON_KEEP_SYNC_COUNT: "5" }, keepFullSyncs: 5 },
    { env: { BATON_KEEP_SYNC_COUNT: "" }, keepFullSyncs: 2 },
    { env: { BATON_SKIP_CLEANUP: "true", BATON_KEEP_SYNC_COUNT: "1" }, keepFullSyncs: undefined },
    { env: { BATON_SKIP_CLEANUP: "false" }, keepFullSyncs: 2 },
  ])("are kept as the environment $env says", ({ env, keepFullSyncs }) => {
    expect(readRetentionPolicy(env)).toEqual({ keepFullSyncs });
  });
});

test("the sync ids of two seconds sort by age", async () => {
  const target = await makeTestFile();
  const file = await target.open();
  const first = file.runs.start("full");
  target.clock.time = NOON + 1_000;
  expect(file.runs.start("full").id > first.id).toBe(true);
});
