import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { Code } from "#kernel/errors.ts";
import { FakeSyncClient } from "../fakes/sync-client.ts";
import { makeTempDir } from "../unit/store/support.ts";
import { organization } from "../unit/sync/organization.ts";
import { catchError, createBench, syncInto } from "../unit/sync/support.ts";

/** Makes the working copy lose rows as they are written, from `call` on. */
function losing(tempDir: string, call: string, trigger: string): FakeSyncClient {
  const client = new FakeSyncClient(organization());
  client.before = (current) => {
    if (current !== call) return;
    const workspace = readdirSync(tempDir).find((name) => name.startsWith("baton-c1z-")) ?? "";
    using db = new DatabaseSync(join(tempDir, workspace, "db"));
    db.exec(trigger);
  };
  return client;
}

// It ended well, with a normal summary.
test.each([
  {
    what: "a grant",
    call: "grants team:red",
    kind: "grants",
    trigger:
      "CREATE TRIGGER lose AFTER INSERT ON v1_grants BEGIN DELETE FROM v1_grants WHERE id = new.id; END",
  },
  {
    what: "one person",
    call: "types",
    kind: "resources",
    trigger: `CREATE TRIGGER lose AFTER INSERT ON v1_resources WHEN new.external_id LIKE 'user:%'
      BEGIN DELETE FROM v1_resources WHERE id = new.id; END`,
  },
  {
    what: "an entitlement that nobody sent",
    call: "types",
    kind: "entitlements",
    trigger: `CREATE TRIGGER more AFTER INSERT ON v1_entitlements BEGIN
      INSERT OR IGNORE INTO v1_entitlements SELECT NULL, resource_type_id, resource_id, 'more', data, sync_id, discovered_at
      FROM v1_entitlements WHERE id = new.id; END`,
  },
])("$what more or less than was written fails the sync, and nothing of it is kept", async (loss) => {
  const tempDir = await makeTempDir();
  vi.stubEnv("BATON_TMPDIR", tempDir);
  const bench = await createBench();
  const file = await bench.open();
  const error = await catchError(syncInto(file, losing(tempDir, loss.call, loss.trigger), bench));
  vi.unstubAllEnvs();
  expect(error.code).toBe(Code.DataLoss);
  expect(error.message).toMatch(new RegExp(`\\d+ ${loss.kind} were written, but the file contains \\d+`));
  expect(file.runs.list()).toEqual([]);
});
