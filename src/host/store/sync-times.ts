import type { DatabaseSync } from "node:sqlite";
import { readKsuidTime } from "#kernel/ksuid.ts";
import { readStoredTime, timestampAfter } from "./stored-time.ts";

/**
 * When syncs really were. The columns that all programs read hold wall-clock text without a zone, by which readers
 * find the latest sync: it shifts with the time zone of the writer, and an end that would not sort last is moved.
 * Where the texts of a sync and its id do not show the true end, it is in a table of our own, which Go programs
 * leave alone and keep when they save the file.
 */
const TABLE = "baton_sync_times";

/** A table of that name with any other statement was made by somebody else. */
const CREATE = `CREATE TABLE ${TABLE} (sync_id text primary key not null, written_end text not null, ended_at_ms integer not null)`;

/** Time zones differ by multiples of this. */
const QUARTER_HOUR_MS = 15 * 60_000;
const WESTERNMOST_MS = -12 * 60 * 60_000;
const EASTERNMOST_MS = 14 * 60 * 60_000;

/** The id is made just before the start is written, and its time has whole seconds. */
const TOLERANCE_MS = 5_000;

/** Times are shown to the minute; written texts have microseconds. */
const PRECISION_MS = 1_000;

/** A sync can be resumed for a week. What took longer by its texts was written by differing clocks. */
const LONGEST_SYNC_MS = 8 * 24 * 60 * 60_000;

/** What the columns that all programs read say of a sync; see `sync-run.ts`. */
interface WrittenTimes {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string | undefined;
}

export interface SyncTimes {
  /** Epoch milliseconds, a whole second; undefined if the id is not a KSUID. */
  readonly startedAt: number | undefined;
  /** Epoch milliseconds; undefined for an unfinished sync, and if the file does not say. */
  readonly endedAt: number | undefined;
}

/**
 * Stores when a sync ended (epoch milliseconds), unless what other programs read shows it as well.
 *
 * @param run with the end as it was written
 */
export function storeTrueEnd(db: DatabaseSync, run: WrittenTimes, endedAtMs: number): void {
  const { id, endedAt = "" } = run;
  const inferred = inferEnd(db, run, endedAt, readKsuidTime(id));
  if (inferred !== undefined && Math.abs(inferred - endedAtMs) < PRECISION_MS) return;
  if (!hasTable(db)) {
    // What else may have that name means nothing to anybody.
    db.exec(`DROP TABLE IF EXISTS ${TABLE}; ${CREATE}`);
  }
  // Other programs delete syncs, too.
  db.exec(`DELETE FROM ${TABLE} WHERE sync_id NOT IN (SELECT sync_id FROM v1_sync_runs)`);
  db.prepare(`INSERT OR REPLACE INTO ${TABLE} (sync_id, written_end, ended_at_ms) VALUES (?, ?, ?)`).run(
    id,
    endedAt,
    endedAtMs,
  );
}

/** When a sync began and ended. */
export function findSyncTimes(db: DatabaseSync, run: WrittenTimes): SyncTimes {
  const startedAt = readKsuidTime(run.id);
  if (run.endedAt === undefined) return { startedAt, endedAt: undefined };
  const endedAt = readTrueEnd(db, run) ?? inferEnd(db, run, run.endedAt, startedAt);
  const isPossible = endedAt !== undefined && isDate(endedAt) && endedAt >= (startedAt ?? endedAt);
  return { startedAt, endedAt: isPossible ? endedAt : undefined };
}

/** Files of other programs have none. */
function hasTable(db: DatabaseSync): boolean {
  return (
    db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ? AND sql = ?").get(TABLE, CREATE) !== undefined
  );
}

/** Undefined if nobody stored it, or if the end was changed since by a program that knows nothing of it. */
function readTrueEnd(db: DatabaseSync, { id, endedAt = "" }: WrittenTimes): number | undefined {
  if (!hasTable(db)) return undefined;
  const row = db
    .prepare(`SELECT ended_at_ms FROM ${TABLE} WHERE sync_id = ? AND written_end = ?`)
    .get(id, endedAt);
  const endedAtMs = row?.["ended_at_ms"];
  return typeof endedAtMs === "number" ? endedAtMs : undefined;
}

/**
 * The written end, shifted by what lies between the true and the written start: the time zone of the writer.
 * Undefined where something speaks against one time zone and one clock for both.
 */
function inferEnd(
  db: DatabaseSync,
  run: WrittenTimes,
  writtenEnd: string,
  startedAt: number | undefined,
): number | undefined {
  const end = readStoredTime(writtenEnd);
  if (end === undefined || end.isZoned) return end?.millis;
  const start = readStoredTime(run.startedAt);
  if (start === undefined || start.isZoned || startedAt === undefined) return undefined;
  const zone = toTimeZone(start.millis - startedAt);
  if (zone === undefined || wasMoved(db, writtenEnd)) return undefined;
  const endedAt = end.millis - zone;
  return endedAt - startedAt <= LONGEST_SYNC_MS ? endedAt : undefined;
}

/** The time zone that a difference stands for, in milliseconds east of UTC; undefined if none. */
function toTimeZone(differenceMs: number): number | undefined {
  const zone = Math.round(differenceMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
  const isZone = zone >= WESTERNMOST_MS && zone <= EASTERNMOST_MS;
  return isZone && Math.abs(differenceMs - zone) <= TOLERANCE_MS ? zone : undefined;
}

/** Whether an end says no more than that it comes after another one, which then is the greatest before it. */
function wasMoved(db: DatabaseSync, writtenEnd: string): boolean {
  const before = db
    .prepare("SELECT max(ended_at) AS ended_at FROM v1_sync_runs WHERE ended_at < ?")
    .get(writtenEnd);
  const endedAt = before?.["ended_at"];
  return typeof endedAt === "string" && timestampAfter(endedAt) === writtenEnd;
}

/** Whether a number of a file that comes from anywhere is within what dates can be. */
function isDate(epochMs: number): boolean {
  return !Number.isNaN(new Date(epochMs).getTime());
}
