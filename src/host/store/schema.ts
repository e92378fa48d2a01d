import type { DatabaseSync } from "node:sqlite";

/** A table of the format. */
export interface Table {
  readonly name: string;
  /** Column name to declaration, without the row id that every table has: readers page by it. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns that older writers did not have; they are added where missing. */
  readonly added?: readonly string[];
  /** Index name to what follows `ON`. Go programs recognise an index by its name alone. */
  readonly indexes: Readonly<Record<string, string>>;
  readonly uniqueIndex: { readonly name: string; readonly columns: string };
}

const RECORD_COLUMNS = {
  data: "blob not null",
  sync_id: "text not null",
  discovered_at: "datetime not null",
} as const;

/**
 * The tables of a v1 file as baton-sdk v0.25.0 creates them, in its order. Names, columns and indexes have to
 * be exactly these: Go adds nothing to a table that exists, and its export refuses columns it does not know.
 */
export const TABLES: readonly Table[] = [
  {
    name: "v1_resource_types",
    columns: { external_id: "text not null", ...RECORD_COLUMNS },
    indexes: {},
    uniqueIndex: { name: "idx_resource_types_external_sync_v1", columns: "external_id, sync_id" },
  },
  {
    name: "v1_resources",
    columns: {
      resource_type_id: "text not null",
      external_id: "text not null",
      parent_resource_type_id: "text",
      parent_resource_id: "text",
      ...RECORD_COLUMNS,
    },
    // The names of these two indexes are swapped in Go; files have to agree with it.
    indexes: {
      idx_resources_resource_type_id_v1: "(resource_type_id)",
      idx_resources_external_sync_v1: "(parent_resource_type_id, parent_resource_id)",
    },
    uniqueIndex: { name: "idx_resources_parent_resource_id_v1", columns: "external_id, sync_id" },
  },
  {
    name: "v1_entitlements",
    columns: {
      resource_type_id: "text not null",
      resource_id: "text not null",
      external_id: "text not null",
      ...RECORD_COLUMNS,
    },
    indexes: { idx_entitlements_resource_id_v1: "(resource_type_id, resource_id)" },
    uniqueIndex: { name: "idx_entitlements_external_sync_v1", columns: "external_id, sync_id" },
  },
  {
    name: "v1_sync_runs",
    columns: {
      sync_id: "text not null",
      started_at: "datetime not null",
      ended_at: "datetime",
      sync_token: "text not null",
      sync_type: "text not null default 'full'",
      parent_sync_id: "text not null default ''",
      linked_sync_id: "text not null default ''",
      supports_diff: "integer not null default 0",
      grants_backfilled: "integer not null default 0",
      stats: "text",
      ingest_invariant_generation: "text not null default ''",
      ingest_invariant_coverage: "text not null default ''",
      ingest_invariant_mode: "text not null default ''",
    },
    added: [
      "sync_type",
      "parent_sync_id",
      "linked_sync_id",
      "supports_diff",
      "grants_backfilled",
      "stats",
      "ingest_invariant_generation",
      "ingest_invariant_coverage",
      "ingest_invariant_mode",
    ],
    indexes: {},
    uniqueIndex: { name: "idx_sync_runs_sync_id_v1", columns: "sync_id" },
  },
  {
    name: "v1_grants",
    columns: {
      resource_type_id: "text not null",
      resource_id: "text not null",
      entitlement_id: "text not null",
      principal_resource_type_id: "text not null",
      principal_resource_id: "text not null",
      external_id: "text not null",
      expansion: "blob",
      needs_expansion: "integer not null default 0",
      ...RECORD_COLUMNS,
    },
    added: ["expansion", "needs_expansion"],
    indexes: {
      idx_grants_resource_type_id_resource_id_v1: "(resource_type_id, resource_id)",
      idx_grants_principal_id_v1: "(principal_resource_type_id, principal_resource_id)",
      idx_grants_entitlement_id_principal_id_v1:
        "(entitlement_id, principal_resource_type_id, principal_resource_id)",
      idx_grants_entitlement_sync_grant_v1: "(entitlement_id, sync_id, id)",
      idx_grants_sync_expansion_v1: "(sync_id) where expansion is not null",
      idx_grants_sync_needs_expansion_v1: "(sync_id) where needs_expansion = 1",
    },
    uniqueIndex: { name: "idx_grants_external_sync_v1", columns: "external_id, sync_id" },
  },
  {
    name: "v1_assets",
    columns: { external_id: "text not null", content_type: "text not null", ...RECORD_COLUMNS },
    indexes: {},
    uniqueIndex: { name: "idx_assets_external_sync_v1", columns: "external_id, sync_id" },
  },
  {
    name: "v1_connector_sessions",
    columns: { sync_id: "text not null", key: "text not null", value: "blob not null" },
    indexes: {},
    uniqueIndex: { name: "idx_session_store_sync_key_v1", columns: "sync_id, key" },
  },
];

/** Creates what is missing: tables, indexes, and the columns that older writers did not have. */
export function ensureSchema(db: DatabaseSync): void {
  for (const table of TABLES) {
    const columns = Object.entries(table.columns).map(([name, declaration]) => `${name} ${declaration}`);
    db.exec(`CREATE TABLE IF NOT EXISTS ${table.name} (id integer primary key, ${columns.join(", ")})`);
    addMissingColumns(db, table);
    const { name, columns: uniqueColumns } = table.uniqueIndex;
    db.exec(`CREATE UNIQUE INDEX IF NOT EXISTS ${name} ON ${table.name} (${uniqueColumns})`);
    for (const [index, on] of Object.entries(table.indexes)) {
      db.exec(`CREATE INDEX IF NOT EXISTS ${index} ON ${table.name} ${on}`);
    }
  }
}

function addMissingColumns(db: DatabaseSync, table: Table): void {
  if (table.added === undefined) return;
  const present = new Set(
    db
      .prepare(`PRAGMA table_info(${table.name})`)
      .all()
      .map(({ name }) => name),
  );
  for (const column of table.added) {
    if (present.has(column)) continue;
    db.exec(`ALTER TABLE ${table.name} ADD COLUMN ${column} ${table.columns[column]}`);
  }
}
