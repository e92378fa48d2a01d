import type { DatabaseSync } from "node:sqlite";
import { inTransaction, type Row, readBlob, readInteger, readPage } from "#files/database.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { canonicalBytes } from "#model/canonical.ts";
import { splitExpansion } from "./grant-expansion.ts";

const BATCH = 1_000;

/**
 * Brings grants of older writers up to date: they left the `GrantExpandable` annotation inside the message,
 * where expansion does not look for it. Go hosts do the same when they open such a file.
 */
export function backfillExpansions(db: DatabaseSync): void {
  const outdated = db.prepare("SELECT 1 FROM v1_sync_runs WHERE grants_backfilled = 0 LIMIT 1").get();
  if (outdated === undefined) return;
  inTransaction(db, () => {
    const select = db.prepare(
      `SELECT id, data FROM v1_grants WHERE expansion IS NULL AND id > ?
       AND sync_id IN (SELECT sync_id FROM v1_sync_runs WHERE grants_backfilled = 0) ORDER BY id LIMIT ${BATCH}`,
    );
    const update = db.prepare(
      "UPDATE v1_grants SET data = ?, expansion = ?, needs_expansion = 1 WHERE id = ?",
    );
    for (let last = 0; ; ) {
      const { rows } = readPage(db, select, BATCH, last);
      for (const row of rows) {
        last = readInteger(row, "id");
        moveExpansion(row, (data, expansion) => update.run(data, expansion, last));
      }
      if (rows.length === 0) break;
    }
    db.exec("UPDATE v1_sync_runs SET grants_backfilled = 1");
  });
}

function moveExpansion(row: Row, store: (data: Uint8Array, expansion: Uint8Array) => void): void {
  let stored: Grant;
  try {
    stored = Grant.decode(readBlob(row, "data"));
  } catch {
    // A damaged row is reported when it is read.
    return;
  }
  const { grant, expansion } = splitExpansion(stored);
  if (expansion !== null)
    store(canonicalBytes("c1.connector.v2.Grant", Grant.encode(grant).finish()), expansion);
}
