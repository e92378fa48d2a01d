import type { DatabaseSync } from "node:sqlite";
import { readInteger, readText } from "#files/database.ts";
import type { SyncRun } from "./sync-run.ts";

/**
 * The row counts of a sync as the JSON text of the stats column. Readers trust it as it stands, so it is
 * written for finished syncs only, and complete. Keys come in the order Go writes them; zero counts and empty
 * maps are left out, except that every resource type of the sync is named with its number of resources.
 */
export function computeStats(db: DatabaseSync, run: SyncRun): string {
  const withGrants = run.type !== "resources_only";
  const counts = {
    resource_types: countRows(db, "v1_resource_types", run.id),
    resources: countRows(db, "v1_resources", run.id),
    entitlements: withGrants ? countRows(db, "v1_entitlements", run.id) : 0,
    grants: withGrants ? countRows(db, "v1_grants", run.id) : 0,
    assets: countRows(db, "v1_assets", run.id),
  };
  const maps = {
    resources_by_resource_type: countResourcesByType(db, run.id),
    grants_by_resource_type: withGrants ? countByType(db, "v1_grants", run.id) : {},
    entitlements_by_resource_type: withGrants ? countByType(db, "v1_entitlements", run.id) : {},
  };
  return JSON.stringify({
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    ...Object.fromEntries(Object.entries(maps).filter(([, map]) => Object.keys(map).length > 0)),
  });
}

function countRows(db: DatabaseSync, table: string, syncId: string): number {
  const row = db.prepare(`SELECT count(*) AS n FROM ${table} WHERE sync_id = ?`).get(syncId);
  return row === undefined ? 0 : readInteger(row, "n");
}

/** Types without resources count zero; resources of types that are not in the sync are left out, as in Go. */
function countResourcesByType(db: DatabaseSync, syncId: string): Record<string, number> {
  const counts = countByType(db, "v1_resources", syncId);
  const types = db
    .prepare("SELECT external_id AS type FROM v1_resource_types WHERE sync_id = ? ORDER BY 1")
    .all(syncId);
  return Object.fromEntries(
    types.map((row) => {
      const type = readText(row, "type");
      return [type, counts[type] ?? 0];
    }),
  );
}

function countByType(db: DatabaseSync, table: string, syncId: string): Record<string, number> {
  const rows = db
    .prepare(
      `SELECT resource_type_id AS type, count(*) AS n FROM ${table} WHERE sync_id = ? GROUP BY 1 ORDER BY 1`,
    )
    .all(syncId);
  return Object.fromEntries(rows.map((row) => [readText(row, "type"), readInteger(row, "n")]));
}
