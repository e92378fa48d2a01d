import type { DatabaseSync } from "node:sqlite";
import {
  type Row,
  readInteger,
  readOptionalText,
  readPage,
  readText,
  withLargeValues,
} from "#files/database.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { findSyncOrigin, type SyncOrigin } from "./sync-origin.ts";
import { findSyncTimes, type SyncTimes } from "./sync-times.ts";

/**
 * - `full`: a complete snapshot.
 * - `resources_only`: a snapshot without entitlements and grants.
 * - `partial`: some resources only (a targeted sync, or what a diff inside one file added).
 * - `partial_upserts`, `partial_deletions`: the halves of a comparison of two files; we only read them.
 */
export type SyncType = "full" | "resources_only" | "partial" | "partial_upserts" | "partial_deletions";

/** What was checked before a sync was ended; blank texts mean that nothing was. */
export interface Verification {
  readonly generation: string;
  /** The check ids as a JSON array. */
  readonly coverage: string;
  readonly mode: string;
}

/** One sync of a file. Times are the stored text, see `timestamp.ts`: good for sorting, not for showing. */
export interface SyncRun {
  /** Row id: the order of creation. */
  readonly row: number;
  /** A KSUID. */
  readonly id: string;
  /** Usually a {@link SyncType}; text, because a file may hold types of later versions. */
  readonly type: string;
  /** The sync this one builds upon; empty if there is none. */
  readonly parentId: string;
  /** The other half of a comparison of two files; empty if there is none. */
  readonly linkedId: string;
  readonly startedAt: string;
  /** Undefined as long as the sync is unfinished. */
  readonly endedAt: string | undefined;
  /** Where an unfinished sync continues: opaque to the store, empty at the start. */
  readonly token: string;
  readonly supportsDiff: boolean;
  /** Row counts as JSON text; undefined if nobody counted. */
  readonly stats: string | undefined;
  readonly verification: Verification;
}

/** All columns, but nothing for those that can be large. */
const SMALL_COLUMNS = `id, sync_id, sync_type, parent_sync_id, linked_sync_id, started_at, ended_at, supports_diff,
  ingest_invariant_generation, ingest_invariant_coverage, ingest_invariant_mode, '' AS sync_token, NULL AS stats`;

const LATEST_FIRST = "ORDER BY ended_at DESC, sync_id DESC LIMIT 1";

/** The syncs of a file, as readers see them. */
export class SyncRuns {
  protected readonly db: DatabaseSync;
  /** The file's path, for messages. */
  protected readonly path: string;

  constructor(db: DatabaseSync, path: string) {
    this.db = db;
    this.path = path;
  }

  /** All syncs with their tokens, oldest first. A file of years has many: ask for what you need where you can. */
  list(): SyncRun[] {
    return this.#select("ORDER BY id");
  }

  /** Whether there is no sync at all. */
  get isEmpty(): boolean {
    return this.db.prepare("SELECT 1 FROM v1_sync_runs LIMIT 1").get() === undefined;
  }

  /**
   * The finished syncs of these types, the latest first as readers see them, and no more than `limit`. Without their
   * tokens and counts, which can be large and which nobody needs of a finished sync.
   */
  listFinished(types: readonly SyncType[], limit: number): SyncRun[] {
    const wanted = types.map(() => "?").join(", ");
    const statement = this.db.prepare(
      `SELECT ${SMALL_COLUMNS} FROM v1_sync_runs WHERE ended_at IS NOT NULL AND sync_type IN (${wanted})
       ORDER BY ended_at DESC, sync_id DESC LIMIT ?`,
    );
    return readPage(this.db, statement, limit, ...types, limit).rows.map(toSyncRun);
  }

  /**
   * Whether a sync was started after the given one that is unfinished, or finished and of the given type. Rows stand in
   * the order of their creation; written times depend on the time zone of who wrote them.
   */
  hasLater(run: SyncRun, which: "unfinished" | SyncType): boolean {
    const condition = which === "unfinished" ? "ended_at IS NULL" : "ended_at IS NOT NULL AND sync_type = ?";
    const values = which === "unfinished" ? [run.row] : [run.row, which];
    const sql = `SELECT 1 FROM v1_sync_runs WHERE id > ? AND ${condition} LIMIT 1`;
    return this.db.prepare(sql).get(...values) !== undefined;
  }

  find(id: string): SyncRun | undefined {
    return this.#first("WHERE sync_id = ?", id);
  }

  /** The finished sync that readers regard as the latest: greatest end time as text, then greatest id. */
  latestFinished(type?: SyncType): SyncRun | undefined {
    if (type === undefined) return this.#first(`WHERE ended_at IS NOT NULL ${LATEST_FIRST}`);
    return this.#first(`WHERE ended_at IS NOT NULL AND sync_type = ? ${LATEST_FIRST}`, type);
  }

  /** The finished sync of this type before the given one in reading order, for comparisons. */
  finishedBefore(run: SyncRun, type: SyncType): SyncRun | undefined {
    return this.#first(
      `WHERE ended_at IS NOT NULL AND sync_type = ? AND (ended_at, sync_id) < (?, ?) ${LATEST_FIRST}`,
      type,
      run.endedAt ?? "",
      run.id,
    );
  }

  /**
   * The sync a report or a task reads: the named one, else the latest finished one of any type, as the vendor's
   * command line chooses.
   *
   * @throws BatonError NotFound if there is none.
   */
  pick(id?: string): SyncRun {
    if (id !== undefined) {
      const run = this.find(id);
      if (run !== undefined) return run;
      throw new BatonError(
        Code.NotFound,
        `${this.path} contains no sync ${id}; leave out the id to read the latest one`,
      );
    }
    const run = this.latestFinished();
    if (run !== undefined) return run;
    throw new BatonError(Code.NotFound, `${this.path} contains no finished sync; run a sync into it first`);
  }

  /** When a sync of this file really began and ended, see `sync-times.ts`. */
  times(run: SyncRun): SyncTimes {
    return findSyncTimes(this.db, run);
  }

  /** What wrote a sync, and from where; undefined if the file does not say. */
  origin({ id }: SyncRun): SyncOrigin | undefined {
    return findSyncOrigin(this.db, id);
  }

  #first(condition: string, ...values: string[]): SyncRun | undefined {
    return this.#select(condition, ...values)[0];
  }

  #select(condition: string, ...values: (string | number)[]): SyncRun[] {
    return withLargeValues(this.db, () =>
      this.db
        .prepare(`SELECT * FROM v1_sync_runs ${condition}`)
        .all(...values)
        .map(toSyncRun),
    );
  }
}

function toSyncRun(row: Row): SyncRun {
  return {
    row: readInteger(row, "id"),
    id: readText(row, "sync_id"),
    type: readText(row, "sync_type"),
    parentId: readText(row, "parent_sync_id"),
    linkedId: readText(row, "linked_sync_id"),
    startedAt: readText(row, "started_at"),
    endedAt: readOptionalText(row, "ended_at"),
    token: readText(row, "sync_token"),
    supportsDiff: readInteger(row, "supports_diff") === 1,
    stats: readOptionalText(row, "stats"),
    verification: {
      generation: readText(row, "ingest_invariant_generation"),
      coverage: readText(row, "ingest_invariant_coverage"),
      mode: readText(row, "ingest_invariant_mode"),
    },
  };
}
