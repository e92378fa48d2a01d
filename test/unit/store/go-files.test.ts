import { createHash } from "node:crypto";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { findAnnotation, hasAnnotation } from "#model/annotations.ts";
import { type C1zReader, openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { catchError, makeTestFile } from "./support.ts";

const GOLDEN = join(import.meta.dirname, "../../golden/go-reference");

interface ExpectedSync {
  sync_id: string;
  sync_type: string;
  parent_sync_id: string;
  started_at: string;
  ended_at: string | null;
  supports_diff: number;
  grants_backfilled: number;
  rows: Record<"resource_types" | "resources" | "entitlements" | "grants", number>;
  expandable_grants: number;
  stats: unknown;
  token: unknown;
}

interface ExpectedFile {
  sha256: string;
  syncs?: ExpectedSync[];
  latest_finished_any: string | null;
  latest_finished_full: string | null;
}

const expected: Record<string, ExpectedFile> = JSON.parse(
  await readFile(join(GOLDEN, "expected.json"), "utf8"),
);
const readable = Object.entries(expected).flatMap(([name, file]) =>
  file.syncs === undefined ? [] : [{ name, syncs: file.syncs, file }],
);

async function openGolden(name: string): Promise<C1zReader> {
  const file = await openC1zReadOnly(join(GOLDEN, name));
  onTestFinished(() => file.close());
  return file;
}

test("there are files to read", () => expect(readable).toHaveLength(5));

test.each(readable)("$name: every sync is found as Go wrote it", async ({ name, syncs, file }) => {
  const { runs } = await openGolden(name);
  expect(
    runs.list().map((run) => ({
      sync_id: run.id,
      sync_type: run.type,
      parent_sync_id: run.parentId,
      started_at: run.startedAt,
      ended_at: run.endedAt ?? null,
      supports_diff: run.supportsDiff ? 1 : 0,
      stats: run.stats === undefined ? null : JSON.parse(run.stats),
      token: JSON.parse(run.token),
    })),
  ).toEqual(
    syncs.map(
      ({ rows: _rows, expandable_grants: _expandable, grants_backfilled: _backfilled, ...sync }) => sync,
    ),
  );
  expect(runs.latestFinished()?.id ?? null).toBe(file.latest_finished_any);
  expect(runs.latestFinished("full")?.id ?? null).toBe(file.latest_finished_full);
});

test.each(readable)("$name: every row of every sync can be read and decoded", async ({ name, syncs }) => {
  const file = await openGolden(name);
  for (const sync of syncs) {
    const reader = file.reader(sync.sync_id);
    const rows = {
      resource_types: [...everyItem((page) => reader.listResourceTypes(page))].length,
      resources: [...everyItem((page) => reader.listResources({}, page))].length,
      entitlements: [...everyItem((page) => reader.listEntitlements({}, page))].length,
      grants: [...everyItem((page) => reader.listGrants({}, page))].length,
    };
    expect({ ...rows, connector_sessions: 0 }).toEqual(sync.rows);
    expect([...everyItem((page) => reader.listExpandableGrants(page))]).toHaveLength(sync.expandable_grants);
  }
});

test("the expansion of a Go-written grant is in its column and not in the message", async () => {
  const file = await openGolden("org-expansion.c1z");
  const reader = file.reader(file.runs.pick().id);
  const [dev, core] = reader.listExpandableGrants().items;
  expect(dev?.entitlementId).toBe("org:acme:member");
  expect(dev?.principal).toEqual({ resourceType: "team", resource: "dev" });
  expect(dev?.expandable.entitlementIds).toEqual(["team:dev:member"]);
  expect(dev?.expandable.resourceTypeIds).toEqual(["user"]);
  expect(core?.entitlementId).toBe("team:dev:member");
  const grants = [...everyItem((page) => reader.listGrants({}, page))];
  expect(grants.filter(({ annotations }) => hasAnnotation(annotations, "GrantExpandable"))).toEqual([]);
  expect(grants.filter(({ annotations }) => hasAnnotation(annotations, "GrantImmutable"))).toHaveLength(4);
});

test("resources of a Go-written file are found by type, parent and id", async () => {
  const file = await openGolden("org-expansion.c1z");
  const reader = file.reader(file.runs.pick().id);
  const parent = { resourceType: "org", resource: "acme" };
  expect(reader.listResources({ resourceTypeId: "team" }).items.map(({ id }) => id?.resource)).toEqual([
    "dev",
    "core",
  ]);
  expect(reader.listResources({ resourceTypeId: "user", parent }).items).toHaveLength(51);
  const license = reader.findResource({ resourceType: "license", resource: "seat" });
  expect(findAnnotation(license?.annotations ?? [], "LicenseProfileTrait")).toBeDefined();
  expect(reader.hasResource({ resourceType: "user", resource: "9" })).toBe(false);
});

test("a Go-written file is extended by another sync and keeps the ones it had", async () => {
  const target = await makeTestFile();
  await copyFile(join(GOLDEN, "codecov-full.c1z"), target.path);
  const [go] = expected["codecov-full.c1z"]?.syncs ?? [];
  const file = await target.open();
  const run = file.runs.start("full");
  const source = file.reader(go?.sync_id ?? "");
  const writer = file.writer(run.id);
  writer.putResourceTypes(source.listResourceTypes().items);
  writer.putResources(source.listResources().items);
  const ended = file.runs.end(run.id);
  await file.runs.removeOlder(run.id, { keepFullSyncs: 2 }, new AbortController().signal);
  await file.save();
  await file.close();

  const copy = await openC1zReadOnly(target.path);
  onTestFinished(() => copy.close());
  expect(copy.runs.list().map(({ id }) => id)).toEqual([go?.sync_id, run.id]);
  expect(copy.runs.latestFinished("full")?.id).toBe(run.id);
  expect(copy.reader(go?.sync_id ?? "").count("resources")).toBe(52);
  expect(JSON.parse(ended.stats ?? "")).toEqual(go?.stats);
});

test("two equal syncs of a Go connector are equal byte for byte once we stored them", async () => {
  const target = await makeTestFile();
  await copyFile(join(GOLDEN, "two-syncs.c1z"), target.path);
  const file = await target.open();
  const [first = "", second = ""] = file.runs.list().map(({ id }) => id);
  const scan = (id: string) =>
    new Map([...file.reader(id).scan("resources")].map(({ id: key, data }) => [key, data]));
  const differing = (a: Map<string, Uint8Array>, b: Map<string, Uint8Array>) =>
    [...a].filter(([id, data]) => Buffer.compare(data, b.get(id) ?? Buffer.alloc(0)) !== 0).length;
  expect(differing(scan(first), scan(second))).toBe(42);

  const stored = [first, second].map((id) => {
    const run = file.runs.start("full");
    file.writer(run.id).putResources(file.reader(id).listResources().items);
    return scan(run.id);
  });
  expect(differing(stored[0] ?? new Map(), stored[1] ?? new Map())).toBe(0);
  expect(stored[0]?.size).toBe(52);
});

test.each([
  { name: "unfinished-mid-users.c1z", resources: 44 },
  { name: "unfinished-token-behind-rows.c1z", resources: 56 },
])("$name: the interrupted sync is resumed within seven days and not later", async ({ name, resources }) => {
  const target = await makeTestFile();
  await copyFile(join(GOLDEN, name), target.path);
  const [sync] = expected[name]?.syncs ?? [];
  const file = await target.open();
  const startedAt = new Date(sync?.started_at.replace(" ", "T") ?? "").getTime();
  target.clock.time = startedAt + 6.9 * 86_400_000;
  const run = file.runs.findResumable("full");
  expect(run?.id).toBe(sync?.sync_id);
  expect(JSON.parse(run?.token ?? "")).toEqual(sync?.token);
  expect(file.reader(run?.id ?? "").count("resources")).toBe(resources);
  expect(file.runs.findResumable("resources_only")).toBeUndefined();
  target.clock.time = startedAt + 7.1 * 86_400_000;
  expect(file.runs.findResumable("full")).toBeUndefined();
});

test("a v3 file is refused with advice, for reading and writing, and stays as it was", async () => {
  const target = await makeTestFile();
  await copyFile(join(GOLDEN, "codecov-pebble-v3.c1z"), target.path);
  for (const attempt of [() => target.open(), () => openC1zReadOnly(target.path)]) {
    const error = await catchError(attempt);
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain("v3 (Pebble)");
    expect(error.message).toContain("--storage-engine sqlite");
  }
  const sha256 = createHash("sha256")
    .update(await readFile(target.path))
    .digest("hex");
  expect(sha256).toBe(expected["codecov-pebble-v3.c1z"]?.sha256);
  expect(await target.leftovers()).toEqual([]);
});

test("a v3 file is recognised by its first bytes, whatever follows", async () => {
  const target = await makeTestFile();
  await writeFile(target.path, "C1Z3\0");
  expect((await catchError(() => target.open())).message).toContain("v3 (Pebble)");
});
