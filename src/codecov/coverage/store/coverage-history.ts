import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { History, Organization, Reading } from "#codecov/coverage/model/ledger.ts";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import type { StoredRepository, TrendDay } from "#codecov/coverage/model/repository.ts";
import { type Row, readInteger, readText } from "#files/database.ts";
import { toFileError } from "#files/file-errors.ts";
import { openForReading } from "./open-store.ts";
import {
  decodeCommit,
  decodeDetails,
  decodePatch,
  decodeReading,
  decodeStrings,
  decodeTotals,
  fromUnits,
  readNullableBoolean,
  readNullableInteger,
  readNullableText,
  readOrganization,
  readPullState,
  readState,
  takeInteger,
  toDayNumber,
  toDayText,
} from "./stored-columns.ts";

const NO_ACCESS = "no_access";

const REPOSITORIES = `SELECT repository.*, series.id AS series FROM repository
  LEFT JOIN series ON series.repository = repository.id AND series.branch = ifnull(repository.branch, '')`;

const PULLS = `SELECT pull.*, repository.name AS repository_name FROM pull
  JOIN repository ON repository.id = pull.repository`;

/** A store that is open to read, until it is disposed of. All that it says is of the moment at which it was opened. */
export interface OpenHistory extends History, Disposable {}

/**
 * Opens a store to read, while its writer may be at work.
 *
 * @param organization refuses the store of another one
 * @throws BatonError NotFound if there is no store; FailedPrecondition if the file is something else
 */
export function openHistory(path: string, organization?: Organization): OpenHistory {
  const db = openForReading(path, organization);
  // The first read of a transaction decides what all of it sees.
  db.exec("BEGIN");
  return new CoverageHistory(db, path);
}

/** What is in an open store. */
export class CoverageHistory implements OpenHistory {
  readonly organization: Organization;
  readonly takenAt: number | null;
  readonly listNotes: readonly string[];
  readonly lastReading: Reading | null;
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #days: StatementSync;

  /** @param path for messages */
  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
    const row = this.#guard(() => db.prepare("SELECT * FROM organization").get() ?? {});
    this.organization = readOrganization(row);
    this.takenAt = readNullableInteger(row, "taken_at");
    this.listNotes = decodeStrings(row, "notes");
    this.lastReading = decodeReading(row, "reading");
    this.#days = db.prepare(
      `SELECT day, avg FROM day WHERE series = :series AND day >=
         ifnull((SELECT max(day) FROM day WHERE series = :series AND day < :since), :since) ORDER BY day`,
    );
    // A year of 10,000 repositories is millions of rows: arrays are read twice as fast as objects, and each column costs.
    this.#days.setReturnArrays(true);
  }

  *repositories({ sinceDay }: { readonly sinceDay: string }): Iterable<StoredRepository> {
    const since = toDayNumber(sinceDay);
    const rows = this.#db.prepare(`${REPOSITORIES} ORDER BY repository.name`).iterate();
    for (const row of this.#each(rows)) yield this.#toRepository(row, since);
  }

  repository(name: string, { sinceDay }: { readonly sinceDay: string }): StoredRepository | undefined {
    return this.#guard(() => {
      const row = this.#db.prepare(`${REPOSITORIES} WHERE repository.name = ?`).get(name);
      return row === undefined ? undefined : this.#toRepository(row, toDayNumber(sinceDay));
    });
  }

  *pulls({
    repository,
    state,
  }: {
    readonly repository?: string;
    readonly state?: "open";
  } = {}): Iterable<StoredPull> {
    const rows = this.#db
      .prepare(
        `${PULLS} WHERE (:repository IS NULL OR repository.name = :repository) AND (:state IS NULL OR pull.state = :state)
         ORDER BY repository.name, pull.number`,
      )
      .iterate({ repository: repository ?? null, state: state ?? null });
    for (const row of this.#each(rows)) yield toPull(row);
  }

  pull(repository: string, number: number): StoredPull | undefined {
    return this.#guard(() => {
      const row = this.#db
        .prepare(`${PULLS} WHERE repository.name = ? AND pull.number = ?`)
        .get(repository, number);
      return row === undefined ? undefined : toPull(row);
    });
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #toRepository(row: Row, since: number): StoredRepository {
    return {
      name: readText(row, "name"),
      private: readInteger(row, "private") !== 0,
      branch: readNullableText(row, "branch"),
      language: readNullableText(row, "language"),
      active: readNullableBoolean(row, "active"),
      updatedAt: readNullableInteger(row, "updated_at"),
      state: readState(row),
      reason: readNullableText(row, "reason"),
      totals: decodeTotals(row, "totals"),
      ...(row["details"] === NO_ACCESS ? { details: NO_ACCESS } : {}),
      readAt: readInteger(row, "read_at"),
      detailsReadAt: readNullableInteger(row, "details_read_at"),
      firstSeenAt: readInteger(row, "first_seen_at"),
      missingSince: readNullableInteger(row, "missing_since"),
      head: decodeCommit(row, "head"),
      newest: decodeCommit(row, "newest"),
      trend: row["series"] === null ? [] : this.#readDays(readInteger(row, "series"), since),
    };
  }

  #readDays(series: number, since: number): TrendDay[] {
    const rows: unknown = this.#days.all({ series, since });
    return (rows as readonly (readonly unknown[])[]).map(([day, avg]) => ({
      day: toDayText(takeInteger(day)),
      avg: fromUnits(takeInteger(avg)),
    }));
  }

  *#each(rows: Iterable<Row>): Iterable<Row> {
    try {
      yield* rows;
    } catch (error) {
      throw toFileError(error, `read ${this.#path}`);
    }
  }

  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw toFileError(error, `read ${this.#path}`);
    }
  }
}

function toPull(row: Row): StoredPull {
  return {
    repository: readText(row, "repository_name"),
    number: readInteger(row, "number"),
    title: readNullableText(row, "title"),
    author: readNullableText(row, "author"),
    state: readPullState(row),
    head: decodeTotals(row, "head"),
    base: decodeTotals(row, "base"),
    patch: decodePatch(row, "patch"),
    updatedAt: readNullableInteger(row, "updated_at"),
    readAt: readInteger(row, "read_at"),
    details: decodeDetails(row, "details"),
    detailsReadAt: readNullableInteger(row, "details_read_at"),
  };
}
