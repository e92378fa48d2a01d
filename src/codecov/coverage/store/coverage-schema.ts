import { DatabaseSync } from "node:sqlite";

/** Tells files of this kind from other SQLite databases: `cvrg`, in the header of the file. */
export const APPLICATION_ID = 0x63_76_72_67;

/**
 * Each entry brings a store from the version of its index to the next one. An entry that has been released never changes:
 * later versions add entries.
 *
 * Times are epoch milliseconds, days are counted from 1970-01-01, and percentages of days are whole numbers of 0.00001 %.
 * Counts of a report are a JSON array, see `columns.ts`.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE organization (
     service TEXT NOT NULL, owner TEXT NOT NULL, origin TEXT NOT NULL,
     taken_at INTEGER, notes TEXT NOT NULL, reading TEXT
   );
   CREATE TABLE repository (
     id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
     private INTEGER NOT NULL, active INTEGER, branch TEXT, language TEXT, updated_at INTEGER,
     state TEXT NOT NULL, reason TEXT, totals TEXT, read_at INTEGER NOT NULL,
     first_seen_at INTEGER NOT NULL, missed INTEGER NOT NULL, missing_since INTEGER,
     details TEXT, details_read_at INTEGER, head TEXT, newest TEXT
   );
   CREATE TABLE reading (
     repository INTEGER NOT NULL, taken_at INTEGER NOT NULL, totals TEXT NOT NULL,
     PRIMARY KEY (repository, taken_at)
   ) WITHOUT ROWID;
   CREATE TABLE series (
     id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, branch TEXT NOT NULL, days_from INTEGER NOT NULL,
     UNIQUE (repository, branch)
   );
   CREATE TABLE day (
     series INTEGER NOT NULL, day INTEGER NOT NULL,
     min INTEGER NOT NULL, max INTEGER NOT NULL, avg INTEGER NOT NULL, PRIMARY KEY (series, day)
   ) WITHOUT ROWID;
   CREATE TABLE pull (
     repository INTEGER NOT NULL, number INTEGER NOT NULL, state TEXT, title TEXT, author TEXT,
     head TEXT, base TEXT, patch TEXT, updated_at INTEGER, read_at INTEGER NOT NULL,
     details TEXT, details_read_at INTEGER, PRIMARY KEY (repository, number)
   ) WITHOUT ROWID`,
];

/** Statistics that SQLite keeps for itself once somebody has asked it to. */
const OWN_TABLES = /^sqlite_stat[134]$/;

/**
 * Whether a database holds exactly the tables of a version and nothing else. A trigger, view or computed column from
 * elsewhere would run with the rows that are read or written.
 */
export function hasSchema(db: DatabaseSync, version: number, migrations = MIGRATIONS): boolean {
  using expected = new DatabaseSync(":memory:");
  for (const step of migrations.slice(0, version)) expected.exec(step);
  const found = listObjects(db);
  const wanted = listObjects(expected);
  return found.length === wanted.length && found.every((object, index) => object === wanted[index]);
}

function listObjects(db: DatabaseSync): string[] {
  const rows = db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").all();
  return rows
    .filter(({ name }) => typeof name !== "string" || !OWN_TABLES.test(name))
    .map((row) => JSON.stringify(Object.values(row)));
}
