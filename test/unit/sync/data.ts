import type { SyncOptions } from "#sync/syncer.ts";
import { type FakeData, FakeSyncClient } from "../../fakes/sync-client.ts";
import { catchError, createBench, idsOf, syncInto } from "./support.ts";

/** Syncs data into a fresh file; the result together with everything to look at. */
export async function syncData(data: FakeData, options: Partial<SyncOptions> = {}) {
  const bench = await createBench();
  const file = await bench.open();
  const client = new FakeSyncClient(data);
  const result = await syncInto(file, client, bench, options);
  return { ...result, client, bench, reader: file.reader(result.run.id), ids: idsOf(file, result.run.id) };
}

/** The error with which the data cannot be synced. */
export async function failToSync(data: FakeData) {
  const bench = await createBench();
  const file = await bench.open();
  const error = await catchError(syncInto(file, new FakeSyncClient(data), bench));
  return { error, file };
}
