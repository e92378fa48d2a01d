import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { runProgram, startProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { user } from "../unit/store/sample-rows.ts";
import { editDatabase, makeTestFile } from "../unit/store/support.ts";

const MAGIC_BYTES = "C1ZF\0".length;
const MIB = 1024 * 1024;

let simulator: CodecovSimulator;
let cwd: string;
/** A file with one sync of the simulated organization. */
let synced: string;

beforeAll(async () => {
  simulator = await startCodecovSimulator();
  cwd = await mkdtemp(join(tmpdir(), "baton-bounds-"));
  synced = join(cwd, "synced.c1z");
  expect((await sync(synced)).code).toBe(0);
});
afterAll(async () => {
  await simulator.close();
  await rm(cwd, { recursive: true });
});

function settings(): Record<string, string> {
  return {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
}

const sync = (file: string) => runProgram(["-f", file], { env: settings(), cwd });

/** Runs a report and tells how much memory it took, in bytes. */
async function report(file: string) {
  const script = join(cwd, "peak.cjs");
  const output = join(cwd, "peak");
  await writeFile(
    script,
    `process.on("exit", () => require("fs").writeFileSync(${JSON.stringify(output)}, String(process.resourceUsage().maxRSS)))`,
  );
  const result = await runProgram(["report", "-f", file], {
    env: { NODE_OPTIONS: `--require=${script}` },
    cwd,
  });
  return { ...result, peakBytes: Number(await readFile(output, "utf8")) * 1024 };
}

// "Maximum call stack size exceeded", exit code 2; with ten times as many after 48 s.
test.each([
  ["empty frames", zstdCompressSync(Buffer.alloc(0))],
  ["skippable frames", Buffer.from("502a4d1800000000", "hex")],
])("a file of 200,000 %s is refused at once", async (_what, frame) => {
  const content = await readFile(synced);
  const file = join(cwd, "frames.c1z");
  await writeFile(
    file,
    Buffer.concat([
      content.subarray(0, MAGIC_BYTES),
      ...Array(200_000).fill(frame),
      content.subarray(MAGIC_BYTES),
    ]),
  );
  for (const result of [await report(file), await sync(file)]) {
    expect(result.code).toBe(Code.ResourceExhausted);
    expect(result.stderr).toContain("more than 10000 compressed parts");
  }
});

// 1.0 GB of memory.
test("a small file with one huge row is refused without taking its memory", async () => {
  const file = join(cwd, "row.c1z");
  await copyFile(synced, file);
  await editDatabase(file, (db) =>
    db.exec(
      "UPDATE v1_resources SET data = CAST(data || zeroblob(150000000) AS BLOB) WHERE external_id = 'user:alice'",
    ),
  );
  expect((await stat(file)).size).toBeLessThan(MIB);
  const { code, peakBytes } = await report(file);
  expect(code).toBe(Code.ResourceExhausted);
  expect(peakBytes).toBeGreaterThan(10 * MIB);
  expect(peakBytes).toBeLessThan(300 * MIB);
});

test("pages of large rows are shorter, and miss and repeat nothing", async () => {
  const target = await makeTestFile();
  const file = await target.open();
  const { id } = file.runs.start("full");
  const names = Array.from({ length: 12 }, (_, index) => `member-${String(index).padStart(2, "0")}`);
  const large = names.map((name) => ({ ...user(name), displayName: "x".repeat(1_500_000) }));
  file.writer(id).putResources(large);
  const reader = file.reader(id);
  const first = reader.listResources();
  expect(first.items.length).toBeGreaterThan(0);
  expect(first.items.length).toBeLessThan(5);
  const listed = [...everyItem((page) => reader.listResources({}, page))].map((row) => row.id?.resource);
  expect(listed).toEqual(names);
  expect([...reader.scan("resources")].map((row) => row.id)).toEqual(names.map((name) => `user:${name}`));
});

/** Adds finished syncs of long ago to a file, which the next sync removes. */
function addOldSyncs(file: string, count: number): Promise<void> {
  return editDatabase(file, (db) => {
    db.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO v1_sync_runs (sync_id, started_at, ended_at, sync_token, sync_type, grants_backfilled)
       SELECT printf('0%026d', i), '2020-01-01 00:00:00.000001', '2020-01-01 00:00:01.000001', '', 'full', 1 FROM n`,
    );
    db.exec("UPDATE v1_sync_runs SET id = -id");
  });
}

// It was heeded 110 s late.
test("SIGTERM is heeded within seconds while 300,000 older syncs are removed", async () => {
  const file = join(cwd, "many.c1z");
  await copyFile(synced, file);
  await addOldSyncs(file, 300_000);
  const run = startProgram(["-f", file], { env: settings(), cwd });
  let toldAt = 0;
  run.process.stderr?.on("data", () => {
    if (toldAt > 0 || !run.stderr().includes("Sync complete.")) return;
    toldAt = performance.now();
    run.process.kill("SIGTERM");
  });
  await run.result;
  const waitedMs = performance.now() - toldAt;
  expect(toldAt).toBeGreaterThan(0);
  expect(waitedMs).toBeLessThan(10_000);
  await using copy = await openC1zReadOnly(file);
  expect(copy.reader(copy.runs.pick().id).count("resources")).toBe(52 + 2);
});

test("a removal of older syncs that was stopped leaves whole syncs, and is completed by the next one", async () => {
  const target = await makeTestFile();
  const file = await target.open();
  const policy = { keepFullSyncs: 1 };
  const ids = Array.from({ length: 3 }, () => {
    const { id } = file.runs.start("full");
    file.writer(id).putResources([user("a"), user("b")]);
    return file.runs.end(id).id;
  });
  const count = () => ids.map((id) => file.reader(id).count("resources"));
  const last = ids.at(-1) ?? "";
  expect(await file.runs.removeOlder(last, policy, AbortSignal.abort())).toBe(false);
  for (const { id } of file.runs.list()) expect(file.reader(id).count("resources")).toBe(2);
  expect(await file.runs.removeOlder(last, policy, new AbortController().signal)).toBe(true);
  expect(file.runs.list().map(({ id }) => id)).toEqual([last]);
  expect(count()).toEqual([0, 0, 2]);
});
