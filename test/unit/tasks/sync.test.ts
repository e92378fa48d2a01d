import { readFile, stat, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { runSyncTask, type SyncTaskOptions } from "#tasks/sync-into-file.ts";
import { FakeSyncClient } from "../../fakes/sync-client.ts";
import { organization } from "../sync/organization.ts";
import { catchError, createBench, type SyncBench } from "../sync/support.ts";

function sync(
  bench: SyncBench,
  client: FakeSyncClient | Promise<FakeSyncClient>,
  options: Partial<SyncTaskOptions> = {},
) {
  return runSyncTask(client, { file: bench.path, retention: { keepFullSyncs: 2 }, ...options }, bench.ctx);
}

function failingAt(call: string, code: Code): FakeSyncClient {
  const client = new FakeSyncClient(organization());
  client.before = (current) => {
    if (current === call) throw new BatonError(code, "no");
  };
  return client;
}

describe("a sync into a file", () => {
  it("creates the file and says what it wrote", async () => {
    const bench = await createBench();
    const result = await sync(bench, new FakeSyncClient(organization()));
    expect(result.path).toBe(bench.path);
    expect(result.fileBytes).toBe((await stat(bench.path)).size);
    await using file = await openC1zReadOnly(bench.path);
    expect(file.runs.pick().id).toBe(result.run.id);
  });

  it("extends a file that is there", async () => {
    const bench = await createBench();
    const first = await sync(bench, new FakeSyncClient(organization()));
    bench.clock.advance(1_000);
    const second = await sync(bench, new FakeSyncClient(organization()));
    await using file = await openC1zReadOnly(bench.path);
    expect(file.runs.list().map(({ id }) => id)).toEqual([first.run.id, second.run.id]);
  });

  it("leaves the file as it was when the connector does not work", async () => {
    const bench = await createBench();
    await sync(bench, new FakeSyncClient(organization()));
    const before = await readFile(bench.path);
    const { mtimeMs } = await stat(bench.path);
    await catchError(sync(bench, failingAt("validate", Code.Unauthenticated)));
    await catchError(sync(bench, Promise.reject(new BatonError(Code.Internal, "the process has died"))));
    expect((await readFile(bench.path)).equals(before)).toBe(true);
    expect((await stat(bench.path)).mtimeMs).toBe(mtimeMs);
  });

  it("creates no file when the connector does not work, or when nothing of it can be used again", async () => {
    const bench = await createBench();
    await catchError(sync(bench, failingAt("validate", Code.Unauthenticated)));
    await catchError(sync(bench, failingAt("resources user 1", Code.NotFound)));
    await expect(stat(bench.path)).rejects.toThrow("ENOENT");
  });

  it("saves what was read when it fails, next to the finished sync that readers see", async () => {
    const bench = await createBench();
    const finished = await sync(bench, new FakeSyncClient(organization()));
    bench.clock.advance(1_000);
    await catchError(sync(bench, failingAt("grants team:red 1", Code.PermissionDenied)));
    await using file = await openC1zReadOnly(bench.path);
    expect(file.runs.pick().id).toBe(finished.run.id);
    const unfinished = file.runs.list().at(-1);
    expect(unfinished?.endedAt).toBeUndefined();
    expect(file.reader(unfinished?.id ?? "").count("grants")).toBe(1);
  });

  it("saves what was read when it is interrupted, and goes on with it", async () => {
    const bench = await createBench();
    const client = new FakeSyncClient(organization());
    const reason = new BatonError(Code.Canceled, "interrupted");
    client.before = (call, signal) => {
      if (call !== "grants team:red 1") return;
      bench.abort(reason);
      signal.throwIfAborted();
    };
    await expect(sync(bench, client)).rejects.toBe(reason);
    const again = new FakeSyncClient(organization());
    const options = { file: bench.path, retention: { keepFullSyncs: 2 } };
    const result = await runSyncTask(again, options, { ...bench.ctx, signal: new AbortController().signal });
    expect(result.resumed).toBe(true);
    expect(again.calls[1]).toBe("grants team:red 1");
    expect(result.rows.grants).toBe(3);
  });

  it("opens the file while the connector still starts", async () => {
    const bench = await createBench();
    await writeFile(bench.path, "not a c1z file");
    let hasStarted = false;
    const starting = new Promise<FakeSyncClient>((resolve) => {
      setImmediate(() => {
        hasStarted = true;
        resolve(new FakeSyncClient(organization()));
      });
    });
    const error = await catchError(sync(bench, starting));
    expect(error.message).toContain(bench.path);
    await starting;
    expect(hasStarted).toBe(true);
    expect(await readFile(bench.path, "utf8")).toBe("not a c1z file");
  });
});
