import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import { hasAnnotation, packAnnotation } from "#model/annotations.ts";
import { formatResourceKey, type ResourceKeyParts } from "#model/ids.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem, type RecordReader } from "#store/reader.ts";
import { type FakeData, type FakePage, FakeSyncClient } from "../../fakes/sync-client.ts";
import { createBench, idsOf, syncInto } from "./support.ts";

const GOLDEN = join(import.meta.dirname, "../../golden/go-reference");

/** The connector cuts users into pages of this size; its page token is the number of the next row. */
const PAGE = 20;

function keyOf(id: ResourceKeyParts | undefined): string {
  return id === undefined ? "" : formatResourceKey(id);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Record<string, FakePage<T>[]> {
  const groups: Record<string, FakePage<T>[]> = {};
  for (const item of items) {
    groups[key(item)] = [{ items: [...(groups[key(item)]?.[0]?.items ?? []), item] }];
  }
  return groups;
}

/** Splits a single page into pages that follow each other at row 20, 40 and so on. */
function cut<T>(pages: readonly FakePage<T>[] = []): FakePage<T>[] {
  const rows = pages.flatMap(({ items = [] }) => items);
  const result: FakePage<T>[] = [];
  for (let start = 0; start < rows.length; start += PAGE) {
    const end = start + PAGE;
    result[start] = { items: rows.slice(start, end), next: end < rows.length ? String(end) : "" };
  }
  return result;
}

/** What the connector must have said, so that the Go host stored this sync. */
function reconstruct(reader: RecordReader): FakeData {
  const rules = new Map(
    [...everyItem((page) => reader.listExpandableGrants(page))].map(({ id, expandable }) => [id, expandable]),
  );
  const grants = [...everyItem((page) => reader.listGrants({}, page))]
    .filter(({ annotations }) => !hasAnnotation(annotations, "GrantImmutable"))
    .map((grant): Grant => {
      const rule = rules.get(grant.id);
      const annotations = rule === undefined ? [] : [packAnnotation("GrantExpandable", rule)];
      return { ...grant, sources: undefined, annotations: [...grant.annotations, ...annotations] };
    });
  const resources = [...everyItem((page) => reader.listResources({}, page))];
  const listed = groupBy(resources, ({ id, parentResourceId }: Resource) =>
    parentResourceId === undefined
      ? (id?.resourceType ?? "")
      : `${id?.resourceType} below ${keyOf(parentResourceId)}`,
  );
  return {
    types: [...everyItem((page) => reader.listResourceTypes(page))],
    resources: { ...listed, "user below org:acme": cut(listed["user below org:acme"]) },
    entitlements: groupBy(
      [...everyItem((page) => reader.listEntitlements({}, page))],
      ({ resource }: Entitlement) => keyOf(resource?.id),
    ),
    grants: groupBy(grants, ({ entitlement }) => keyOf(entitlement?.resource?.id)),
  };
}

async function goSync() {
  await using file = await openC1zReadOnly(join(GOLDEN, "org-expansion.c1z"));
  const [run] = file.runs.list();
  if (run === undefined) throw new Error("the file is empty");
  const reader = file.reader(run.id);
  const grants = [...everyItem((page) => reader.listGrants({}, page))];
  return { data: reconstruct(reader), grants, stats: run.stats };
}

/** Everything of a grant that expansion decides. */
function describeGrant(grant: Grant) {
  return {
    id: grant.id,
    sources: [...(grant.sources?.sources ?? [])].map(([id, { isDirect }]) => `${id} ${isDirect}`).toSorted(),
    annotations: grant.annotations.map(({ typeUrl }) => typeUrl),
    entitlement: grant.entitlement?.displayName,
    principal: keyOf(grant.principal?.id),
  };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

describe("what the Go host stored of a connector", () => {
  it("is what this host stores of it, expanded grants included", async () => {
    const go = await goSync();
    const bench = await createBench();
    const file = await bench.open();
    const { run } = await syncInto(file, new FakeSyncClient(go.data), bench);
    const reader = file.reader(run.id);
    const grants = [...everyItem((page) => reader.listGrants({}, page))];
    expect(grants.map(describeGrant).toSorted(byId)).toEqual(go.grants.map(describeGrant).toSorted(byId));
    expect(run.stats).toBe(go.stats);
    expect(run.supportsDiff).toBe(true);
    expect(bench.warnings).toEqual([]);
  });
});

describe("a sync that the Go host left unfinished", () => {
  it.each([
    { name: "unfinished-mid-users.c1z", first: "resources user below org:acme 40" },
    { name: "unfinished-token-behind-rows.c1z", first: "types" },
  ])("is finished from its position: $name", async ({ name, first }) => {
    const go = await goSync();
    const bench = await createBench();
    await copyFile(join(GOLDEN, name), bench.path);
    const file = await bench.open();
    const [unfinished] = file.runs.list();
    const client = new FakeSyncClient(go.data);
    const result = await syncInto(file, client, bench);

    expect(result.resumed).toBe(true);
    expect(result.run.id).toBe(unfinished?.id);
    expect(client.calls[1]).toBe(first);
    expect(result.rows).toEqual({ resourceTypes: 4, resources: 56, entitlements: 5, grants: 61 });
    expect(idsOf(file, result.run.id).grants).toEqual(go.grants.map(({ id }) => id).toSorted());
    expect(result.run.stats).toBe(go.stats);
  });

  it("is left alone when it is more than seven days old", async () => {
    const bench = await createBench();
    await copyFile(join(GOLDEN, "unfinished-mid-users.c1z"), bench.path);
    bench.clock.advance(8 * 24 * 60 * 60_000);
    const file = await bench.open();
    const result = await syncInto(file, new FakeSyncClient((await goSync()).data), bench);
    expect(result.resumed).toBe(false);
    expect(result.rows.grants).toBe(61);
  });
});
