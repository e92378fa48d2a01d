import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { silentLogger } from "#kernel/logger.ts";
import { openC1z } from "#store/c1z-file.ts";
import { runProgram } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { addSync } from "../unit/report/sample-file.ts";
import { ManualClock, makeTempDir } from "../unit/store/support.ts";

afterEach(() => vi.unstubAllEnvs());

const MAGIC = Buffer.from("C1ZF\0", "latin1");

interface Times {
  readonly started_at: string | null;
  readonly ended_at: string | null;
}

/** What the program says of the syncs of a file in a time zone. */
async function report(cwd: string, zone: string) {
  const env = { TZ: zone };
  const { code, stdout, stderr } = await runProgram(["report", "--format=json"], { cwd, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { sync, previous_sync, notes }: { sync: Times; previous_sync: Times | null; notes: string[] } =
    JSON.parse(stdout);
  return { sync, previous: previous_sync, notes };
}

/** Writes a sync of one member that lasts from one instant to the other, each in its own time zone. */
async function writeSync(
  path: string,
  start: { readonly at: number; readonly zone: string },
  end: { readonly at: number; readonly zone: string } = { ...start, at: start.at + 90_000 },
): Promise<void> {
  const clock = new ManualClock(start.at);
  vi.stubEnv("TZ", start.zone);
  await using file = await openC1z(path, { clock, log: silentLogger });
  addSync(file, { members: [{ username: "ann" }], unfinished: true });
  vi.stubEnv("TZ", end.zone);
  clock.time = end.at;
  const unfinished = file.runs.list().at(-1);
  file.runs.end(unfinished?.id ?? "");
  await file.save();
  vi.unstubAllEnvs();
}

/** Changes a file as another program would. */
async function change(path: string, sql: string): Promise<void> {
  const database = `${path}.db`;
  await writeFile(database, zstdDecompressSync((await readFile(path)).subarray(MAGIC.length)));
  const db = new DatabaseSync(database);
  db.exec(sql);
  db.close();
  await writeFile(path, Buffer.concat([MAGIC, zstdCompressSync(await readFile(database))]));
  await rm(database);
}

const iso = (at: number) => new Date(at).toISOString();
const FORGET = "DROP TABLE IF EXISTS baton_sync_times";

// Wall-clock text of the writer's zone was read in the reader's, and called UTC.
test("a sync in UTC and one in Los Angeles, read in Kolkata, have the times at which they ran", async () => {
  const cwd = await makeTempDir();
  await using simulator = await startCodecovSimulator();
  const sync = async (zone: string) => {
    const before = Date.now();
    const env = {
      TZ: zone,
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    };
    expect((await runProgram([], { cwd, env })).code).toBe(0);
    return { before, after: Date.now() };
  };
  const runs = [await sync("UTC"), await sync("America/Los_Angeles")];
  const { previous, sync: latest } = await report(cwd, "Asia/Kolkata");
  for (const [index, told] of [previous, latest].entries()) {
    const { before, after } = runs[index] ?? { before: 0, after: 0 };
    const [started, ended] = [Date.parse(told?.started_at ?? ""), Date.parse(told?.ended_at ?? "")];
    expect(started).toBeGreaterThanOrEqual(before - 1_000);
    expect(ended).toBeGreaterThanOrEqual(started);
    expect(ended).toBeLessThanOrEqual(after);
  }
});

test("two syncs around the end of summer time have two different times, both right", async () => {
  const cwd = await makeTempDir();
  const zone = "America/New_York";
  const ends = [Date.UTC(2026, 10, 1, 5, 30), Date.UTC(2026, 10, 1, 6, 10)];
  for (const at of ends) await writeSync(join(cwd, "sync.c1z"), { at: at - 60_000, zone }, { at, zone });
  const { previous, sync, notes } = await report(cwd, zone);
  expect([previous?.ended_at, sync.ended_at]).toEqual(ends.map(iso));
  expect(notes).toEqual([]);
});

test("a sync that was resumed in another time zone has its true end", async () => {
  const cwd = await makeTempDir();
  const start = { at: Date.UTC(2026, 6, 1, 12), zone: "America/Los_Angeles" };
  const end = { at: start.at + 3_600_000, zone: "Asia/Tokyo" };
  await writeSync(join(cwd, "sync.c1z"), start, end);
  expect((await report(cwd, "UTC")).sync).toEqual(
    expect.objectContaining({ started_at: iso(start.at), ended_at: iso(end.at) }),
  );
});

describe("in a file that holds nothing but what all programs write", () => {
  test.each(["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland"])(
    "the id tells the time zone %s of the writer",
    async (zone) => {
      const cwd = await makeTempDir();
      const path = join(cwd, "sync.c1z");
      const at = Date.UTC(2026, 6, 1, 12, 0, 0, 250);
      await writeSync(path, { at, zone });
      await change(path, FORGET);
      expect((await report(cwd, "America/Los_Angeles")).sync.ended_at).toBe(iso(at + 90_000));
    },
  );

  test.each([
    [
      "was moved behind the one before",
      "UPDATE v1_sync_runs SET ended_at = '2026-07-01 13:00:00.000001' WHERE id = 2; UPDATE v1_sync_runs SET ended_at = '2026-07-01 13:00:00' WHERE id = 1",
    ],
    ["was written further west", "UPDATE v1_sync_runs SET ended_at = '2026-07-01 05:01:30' WHERE id = 2"],
    ["comes after a month", "UPDATE v1_sync_runs SET ended_at = '2026-08-01 05:01:30' WHERE id = 2"],
    [
      "follows a start of no time zone",
      "UPDATE v1_sync_runs SET started_at = '2026-07-01 12:07:30' WHERE id = 2",
    ],
  ])("an end that %s is not told; the start is, and that it is the start", async (_, sql) => {
    const cwd = await makeTempDir();
    const path = join(cwd, "sync.c1z");
    const at = Date.UTC(2026, 6, 1, 12);
    await writeSync(path, { at: at - 120_000, zone: "UTC" });
    await writeSync(path, { at, zone: "UTC" });
    await change(path, `${FORGET}; ${sql}`);
    // The latest sync is the one whose end sorts last; an end further west does not.
    const { sync, previous, notes } = await report(cwd, "Asia/Tokyo");
    const told = [sync, previous].find((candidate) => candidate?.started_at === iso(at));
    expect(told).toMatchObject({ started_at: iso(at), ended_at: null });
    expect(notes).toContainEqual(expect.stringContaining("does not show when sync"));
    const { stdout } = await runProgram(["report"], { cwd, env: { TZ: "Asia/Tokyo" } });
    expect(stdout).toContain("2026-07-01 12:00 UTC (start)");
  });
});

test("an end that another program changed is not that of our table any more", async () => {
  const cwd = await makeTempDir();
  const path = join(cwd, "sync.c1z");
  const at = Date.UTC(2026, 6, 1, 12);
  await writeSync(path, { at, zone: "America/Los_Angeles" }, { at: at + 90_000, zone: "Asia/Tokyo" });
  await change(path, "UPDATE v1_sync_runs SET ended_at = '2026-07-01 05:05:00'");
  expect((await report(cwd, "UTC")).sync.ended_at).toBe(iso(at + 300_000));
});

test("a table of the same name that holds something else does no harm", async () => {
  const cwd = await makeTempDir();
  const path = join(cwd, "sync.c1z");
  const at = Date.UTC(2026, 6, 1, 12);
  await writeSync(path, { at, zone: "UTC" });
  await change(path, `${FORGET}; CREATE TABLE baton_sync_times (x)`);
  expect((await report(cwd, "UTC")).sync.ended_at).toBe(iso(at + 90_000));
  const later = at + 3_600_000;
  await writeSync(path, { at: later, zone: "UTC" }, { at: later + 90_000, zone: "Asia/Tokyo" });
  expect((await report(cwd, "UTC")).sync.ended_at).toBe(iso(later + 90_000));
});

test("a sync in one time zone leaves the file as other programs know it", async () => {
  const path = join(await makeTempDir(), "sync.c1z");
  await writeSync(path, { at: Date.UTC(2026, 6, 1, 12), zone: "Asia/Tokyo" });
  await expect(change(path, "SELECT * FROM baton_sync_times")).rejects.toThrow("no such table");
});
