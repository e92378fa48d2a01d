import type { DatabaseSync } from "node:sqlite";
import { toUpstreamSource, type UpstreamSource } from "#kernel/upstream-source.ts";

/**
 * What wrote a sync, and from where: evidence for a review, in a table of our own. Go programs leave it alone, and keep
 * it when they save the file; it is not part of any row, so two equal syncs have no difference because of it.
 */
const TABLE = "baton_sync_origins";

/** A table of that name with any other statement was made by somebody else. */
const CREATE = `CREATE TABLE ${TABLE} (sync_id text primary key not null, origin text not null)`;

/** Longer texts were not written by this program. */
const MAX_LENGTH = 8_192;

export interface SyncOrigin {
  /** Name of the program, for example `baton-acme`. */
  readonly program: string;
  readonly version: string;
  /** Undefined if the connector did not say. */
  readonly source: UpstreamSource | undefined;
}

/** Stores where a sync comes from, and forgets it of syncs that are gone. */
export function storeSyncOrigin(db: DatabaseSync, syncId: string, origin: SyncOrigin): void {
  if (!hasTable(db)) {
    // What else may have that name means nothing to anybody.
    db.exec(`DROP TABLE IF EXISTS ${TABLE}; ${CREATE}`);
  }
  // Other programs delete syncs, too.
  db.exec(`DELETE FROM ${TABLE} WHERE sync_id NOT IN (SELECT sync_id FROM v1_sync_runs)`);
  db.prepare(`INSERT OR REPLACE INTO ${TABLE} (sync_id, origin) VALUES (?, ?)`).run(
    syncId,
    JSON.stringify(origin),
  );
}

/** Undefined if nobody stored it, as in files of other programs, or if it makes no sense. */
export function findSyncOrigin(db: DatabaseSync, syncId: string): SyncOrigin | undefined {
  if (!hasTable(db)) return undefined;
  const origin = db.prepare(`SELECT origin FROM ${TABLE} WHERE sync_id = ?`).get(syncId)?.["origin"];
  if (typeof origin !== "string" || origin.length > MAX_LENGTH) return undefined;
  try {
    return toOrigin(JSON.parse(origin));
  } catch {
    return undefined;
  }
}

function hasTable(db: DatabaseSync): boolean {
  return (
    db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ? AND sql = ?").get(TABLE, CREATE) !== undefined
  );
}

function toOrigin(value: unknown): SyncOrigin | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { program, version, source }: { program?: unknown; version?: unknown; source?: unknown } = value;
  if (typeof program !== "string" || typeof version !== "string") return undefined;
  return { program, version, source: toUpstreamSource(source) };
}
