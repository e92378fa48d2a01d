import { describe, expect, onTestFinished, test } from "vitest";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { packAnnotation } from "#model/annotations.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { membership, team, user } from "./sample-rows.ts";
import { addSync, editDatabase, makeTestFile, readUsers } from "./support.ts";

describe("older files", () => {
  test("without the later columns are brought up to date and lose nothing", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    addSync(file, "a");
    await file.save();
    await file.close();
    await editDatabase(target.path, (db) => {
      const added = [
        "sync_type",
        "parent_sync_id",
        "linked_sync_id",
        "supports_diff",
        "grants_backfilled",
        "stats",
      ];
      for (const column of added) db.exec(`ALTER TABLE v1_sync_runs DROP COLUMN ${column}`);
      db.exec(
        "DROP INDEX idx_resources_resource_type_id_v1; DROP TABLE v1_connector_sessions; PRAGMA journal_mode = WAL",
      );
    });
    expect(await readUsers(target.path)).toEqual(["a"]);
    const reopened = await target.open();
    expect(reopened.runs.list()).toMatchObject([{ type: "full", parentId: "", stats: undefined }]);
    addSync(reopened, "b");
    await reopened.save();
    expect(await readUsers(target.path)).toEqual(["b"]);
  });

  test("with expansions inside their grants are brought up to date", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    const { id } = file.runs.start("full");
    const plain = membership("core", team("dev"));
    file.writer(id).putGrants([plain, membership("core", user("a"))]);
    file.runs.end(id);
    await file.save();
    await file.close();
    const expandable = packAnnotation("GrantExpandable", { entitlementIds: ["team:dev:member"] });
    await editDatabase(target.path, (db) => {
      const data = Grant.encode({ ...plain, annotations: [expandable] }).finish();
      db.prepare("UPDATE v1_grants SET data = ? WHERE external_id = ?").run(data, plain.id);
      db.exec("UPDATE v1_sync_runs SET grants_backfilled = 0");
    });
    const copy = await openC1zReadOnly(target.path);
    onTestFinished(() => copy.close());
    const reader = copy.reader(id);
    expect(reader.listExpandableGrants().items.map((grant) => grant.id)).toEqual([plain.id]);
    expect(reader.findGrant(plain.id)?.annotations).toEqual([]);
    expect(reader.count("grants")).toBe(2);
  });

  test("whose grants leave out what their columns say are read as if they did not", async () => {
    const target = await makeTestFile();
    const file = await target.open();
    const { id } = file.runs.start("full");
    const grant = membership("core", user("a"));
    file.writer(id).putGrants([grant]);
    file.runs.end(id);
    await file.save();
    await file.close();
    await editDatabase(target.path, (db) => {
      db.prepare("UPDATE v1_grants SET data = ?").run(
        Grant.encode(Grant.fromPartial({ id: grant.id })).finish(),
      );
    });
    const copy = await openC1zReadOnly(target.path);
    onTestFinished(() => copy.close());
    expect(copy.reader(id).findGrant(grant.id)).toMatchObject({
      entitlement: { id: "team:core:member", resource: { id: { resourceType: "team", resource: "core" } } },
      principal: { id: { resourceType: "user", resource: "a" } },
    });
  });
});
