import { expect, test } from "vitest";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource } from "#gen/c1/connector/v2/resource.ts";
import { systemClock } from "#kernel/clock.ts";
import { silentLogger } from "#kernel/logger.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem } from "#store/reader.ts";
import { runSyncTask } from "#tasks/sync-into-file.ts";
import { launchFakeThread } from "../fakes/connector-launch.ts";
import { makeTestFile } from "../unit/store/support.ts";

/** Decoded rows keep the order of the bytes, so that encoding them again shows it. */
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What a sync stores of a connector that gives the keys of its profiles in this order or in that one. */
async function syncFickle(path: string, order: number): Promise<string[]> {
  const connector = await launchFakeThread("fickle", order);
  try {
    const options = { file: path, retention: { keepFullSyncs: 2 } };
    const context = { signal: new AbortController().signal, log: silentLogger, clock: systemClock };
    const { run } = await runSyncTask(connector.client, options, context);
    await using file = await openC1zReadOnly(path);
    const reader = file.reader(run.id);
    return [
      ...[...everyItem((page) => reader.listResources({}, page))].map((row) => Resource.encode(row).finish()),
      ...[...everyItem((page) => reader.listEntitlements({}, page))].map((row) =>
        Entitlement.encode(row).finish(),
      ),
      ...[...everyItem((page) => reader.listGrants({}, page))].map((row) => Grant.encode(row).finish()),
    ].map(toHex);
  } finally {
    await connector.close();
  }
}

// A reader that compares syncs reported every row as changed.
test("two syncs of a connector that gives the keys of its profiles in another order store equal bytes", async () => {
  const { path } = await makeTestFile();
  const first = await syncFickle(path, 0);
  expect(first.length).toBeGreaterThan(10);
  expect(first.join("")).toContain(Buffer.from("über").toString("hex"));
  expect(await syncFickle(path, 1)).toEqual(first);
});
