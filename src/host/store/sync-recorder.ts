import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { inTransaction, readBlob, withLargeValues } from "#files/database.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { createKsuid } from "#kernel/ksuid.ts";
import type { Logger } from "#kernel/logger.ts";
import { forgetSurplus, type RetentionPolicy } from "./retention.ts";
import { computeStats } from "./stats.ts";
import { type TimestampSource, timestampAfter } from "./stored-time.ts";
import { type SyncOrigin, storeSyncOrigin } from "./sync-origin.ts";
import { type SyncRun, SyncRuns, type SyncType, type Verification } from "./sync-run.ts";
import { storeTrueEnd } from "./sync-times.ts";

/** How long an unfinished sync can be resumed. */
export const RESUME_WINDOW_MS = 7 * 24 * 60 * 60 * 1000;

const RESUME_KEY = "baton-host:resume-key";

/** Rows deleted per statement, which bounds the journal and how long one statement takes. */
const DELETE_BATCH = 20_000;
/** Row ids looked at per statement when rows of no sync are deleted: some 50 ms. */
const DELETE_RANGE = 10_000n;
const LOWEST_ID = -(2n ** 63n);
const HIGHEST_ID = 2n ** 63n - 1n;
const RECORD_TABLES = [
  "v1_resource_types",
  "v1_resources",
  "v1_entitlements",
  "v1_grants",
  "v1_assets",
  "v1_connector_sessions",
];

/** The syncs of a file that is being written: starts, resumes, ends and forgets them. */
export class SyncRecorder extends SyncRuns {
  readonly #timestamps: TimestampSource;
  readonly #now: () => number;
  readonly #log: Logger;

  constructor(db: DatabaseSync, path: string, timestamps: TimestampSource, now: () => number, log: Logger) {
    super(db, path);
    this.#timestamps = timestamps;
    this.#now = now;
    this.#log = log;
  }

  /** Adds an unfinished sync. Only a `partial` one may have a parent. */
  start(type: "full" | "resources_only" | "partial", parentId = ""): SyncRun {
    if (parentId !== "" && type !== "partial") {
      throw new BatonError(Code.Internal, `a ${type} sync cannot have a parent sync`);
    }
    const id = createKsuid(this.#now());
    this.#run(
      `INSERT INTO v1_sync_runs (sync_id, started_at, sync_token, sync_type, parent_sync_id, grants_backfilled)
       VALUES (?, ?, '', ?, ?, 1)`,
      id,
      this.#timestamps.now(),
      type,
      parentId,
    );
    return this.#require(id);
  }

  /** The newest unfinished sync of this type that was started within the last seven days. */
  findResumable(type: SyncType): SyncRun | undefined {
    const row = this.db
      .prepare(
        `SELECT sync_id FROM v1_sync_runs WHERE ended_at IS NULL AND sync_type = ? AND started_at >= ?
         ORDER BY started_at DESC, id DESC LIMIT 1`,
      )
      .get(type, this.#timestamps.before(RESUME_WINDOW_MS));
    return typeof row?.["sync_id"] === "string" ? this.find(row["sync_id"]) : undefined;
  }

  /**
   * Remembers what the sync was asked to do, in the words of the caller, so that it is not resumed for
   * something else. It lies among the connector's session values, which no finished sync keeps.
   */
  setResumeKey(id: string, key: string): void {
    this.#run(
      "INSERT OR REPLACE INTO v1_connector_sessions (sync_id, key, value) VALUES (?, ?, ?)",
      id,
      RESUME_KEY,
      Buffer.from(key, "utf8"),
    );
  }

  /** What {@link setResumeKey} stored; undefined for syncs of other hosts. */
  resumeKey(id: string): string | undefined {
    const row = this.db
      .prepare("SELECT value FROM v1_connector_sessions WHERE sync_id = ? AND key = ?")
      .get(id, RESUME_KEY);
    return row === undefined ? undefined : Buffer.from(readBlob(row, "value")).toString("utf8");
  }

  /** Deletes a sync with all its rows. An interrupted deletion can be repeated. */
  discard(id: string): void {
    this.#delete(id);
  }

  /** Stores where the sync continues after an interruption. Store the rows before the token that follows them. */
  setToken(id: string, token: string): void {
    withLargeValues(this.db, () =>
      this.#update("UPDATE v1_sync_runs SET sync_token = ? WHERE sync_id = ?", token, id),
    );
  }

  /** Says that the rows of this sync can be compared with those of another one in another file. */
  markSupportsDiff(id: string): void {
    this.#update("UPDATE v1_sync_runs SET supports_diff = 1 WHERE sync_id = ?", id);
  }

  /** Records which checks the sync passed; blank texts take the record back. */
  setVerification(id: string, { generation, coverage, mode }: Verification): void {
    this.#update(
      `UPDATE v1_sync_runs SET ingest_invariant_generation = ?, ingest_invariant_coverage = ?,
       ingest_invariant_mode = ? WHERE sync_id = ?`,
      generation,
      coverage,
      mode,
      id,
    );
  }

  /** Records what wrote the sync, and from where. */
  setOrigin(id: string, origin: SyncOrigin): void {
    inTransaction(this.db, () => storeSyncOrigin(this.db, this.#require(id).id, origin));
  }

  /**
   * Finishes the sync and counts its rows. Its end time sorts after that of every other sync of the file, so
   * that readers take it for the latest even if the clock or the time zone went back meanwhile; when it really was
   * lies in a table of our own.
   */
  end(id: string): SyncRun {
    return inTransaction(this.db, () => {
      const run = this.#require(id);
      this.#run("DELETE FROM v1_connector_sessions WHERE sync_id = ? AND key = ?", id, RESUME_KEY);
      if (run.endedAt === undefined) {
        this.#update("UPDATE v1_sync_runs SET ended_at = ? WHERE sync_id = ?", this.#endTime(), id);
        storeTrueEnd(this.db, this.#require(id), Math.floor(this.#now()));
      }
      this.#update("UPDATE v1_sync_runs SET stats = ? WHERE sync_id = ?", computeStats(this.db, run), id);
      return this.#require(id);
    });
  }

  /**
   * Deletes the syncs that the policy does not keep after the finished sync `currentId`, see {@link forgetSurplus},
   * and all rows that belong to no sync. Works piece by piece: between two pieces the process can hear signals.
   * Returns false if it was told to stop before the end; the file is good then too, and the next call continues.
   */
  async removeOlder(currentId: string, policy: RetentionPolicy, signal: AbortSignal): Promise<boolean> {
    if (policy.keepFullSyncs === undefined) return true;
    const resumableSince = this.#timestamps.before(RESUME_WINDOW_MS);
    for (const _ of forgetSurplus(this.db, currentId, policy, resumableSince)) {
      await setImmediate();
      if (signal.aborted) return false;
    }
    // Only now: a sync is never seen with some of its rows.
    for (const table of RECORD_TABLES) {
      for (const _ of this.#removeForgotten(table)) {
        await setImmediate();
        if (signal.aborted) return false;
      }
    }
    return true;
  }

  /** Deletes the rows of a table that belong to no sync, and yields after each piece. */
  *#removeForgotten(table: string): Generator<void, void, void> {
    const next = this.db.prepare(`SELECT min(id) AS id FROM ${table} WHERE id > ?`);
    next.setReadBigInts(true);
    const remove = this.db.prepare(
      `DELETE FROM ${table} WHERE id BETWEEN ? AND ?
       AND NOT EXISTS (SELECT 1 FROM v1_sync_runs AS run WHERE run.sync_id = ${table}.sync_id)`,
    );
    for (let last = LOWEST_ID; last < HIGHEST_ID; ) {
      const first = next.get(last)?.["id"];
      if (typeof first !== "bigint") return;
      last = first + DELETE_RANGE < HIGHEST_ID ? first + DELETE_RANGE : HIGHEST_ID;
      inTransaction(this.db, () => remove.run(first, last));
      yield;
    }
  }

  #delete(id: string): void {
    for (const table of RECORD_TABLES) {
      const batch = `SELECT id FROM ${table} WHERE sync_id = ? ORDER BY id LIMIT ${DELETE_BATCH}`;
      while (this.#run(`DELETE FROM ${table} WHERE id IN (${batch})`, id) === DELETE_BATCH);
    }
    this.#run("DELETE FROM v1_sync_runs WHERE sync_id = ?", id);
  }

  #endTime(): string {
    const now = this.#timestamps.now();
    const greatest = this.db.prepare("SELECT max(ended_at) AS ended_at FROM v1_sync_runs").get()?.[
      "ended_at"
    ];
    // Numbers sort before all texts, and bytes after them.
    if (greatest === null || typeof greatest === "number") return now;
    if (typeof greatest === "string" && now > greatest) return now;
    const endTime = typeof greatest === "string" ? timestampAfter(greatest) : undefined;
    if (endTime === undefined) return this.#endAfterUnreadable(now);
    this.#log.warn("an earlier sync of this file ended later than now, so this one is dated just after it", {
      path: this.path,
      earlierEnd: greatest,
      now,
      endedAt: endTime,
      hint: "the clock or the time zone (TZ) changed between the two runs",
    });
    return endTime;
  }

  /** Nothing sorts after what is not a time: such a sync would be taken for the latest one forever. */
  #endAfterUnreadable(now: string): string {
    this.#log.warn("the end of an earlier sync of this file cannot be read, so that sync is dated to now", {
      path: this.path,
      now,
    });
    this.#run("UPDATE v1_sync_runs SET ended_at = ? WHERE ended_at >= ?", now, now);
    return this.#timestamps.now();
  }

  #require(id: string): SyncRun {
    const run = this.find(id);
    if (run === undefined) throw new BatonError(Code.Internal, `${this.path} contains no sync ${id}`);
    return run;
  }

  #update(sql: string, ...values: string[]): void {
    if (this.#run(sql, ...values) !== 1) {
      throw new BatonError(Code.Internal, `${this.path} contains no sync ${values.at(-1)}`);
    }
  }

  /** Returns how many rows changed. */
  #run(sql: string, ...values: SQLInputValue[]): number {
    return inTransaction(this.db, () => Number(this.db.prepare(sql).run(...values).changes));
  }
}
