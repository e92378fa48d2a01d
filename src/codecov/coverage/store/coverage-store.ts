import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type {
  History,
  KnownRepository,
  Ledger,
  ListReading,
  Organization,
  Reading,
} from "#codecov/coverage/model/ledger.ts";
import type { ListedPull, PullDetails } from "#codecov/coverage/model/pull.ts";
import type { Day, ListedRepository, RepositoryDetails } from "#codecov/coverage/model/repository.ts";
import { type Row, readInteger, readText } from "#files/database.ts";
import { toFileError } from "#files/file-errors.ts";
import { resolveOutput } from "#files/output-path.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { CoverageHistory } from "./coverage-history.ts";
import { lockStore, type StoreLock } from "./coverage-writer-lock.ts";
import { openForWriting, openInMemory, readKind } from "./open-store.ts";
import {
  encodeJson,
  encodePatch,
  encodeTotals,
  readNullableInteger,
  readNullableText,
  readState,
  toDayNumber,
  toDayText,
  toUnits,
} from "./stored-columns.ts";

const GONE =
  "Three readings of the list did not show it: it was deleted or renamed, or the token's owner cannot see it any more.";

/**
 * Opens a store to write and makes it if it is not there.
 *
 * @throws BatonError FailedPrecondition if another run writes it, or the file is something else, or holds the coverage of
 *   another organization; PermissionDenied or ResourceExhausted if it cannot be written
 */
export async function openCoverageStore(path: string, organization: Organization): Promise<CoverageStore> {
  readKind(path);
  const target = await resolveOutput(path, "other");
  const lock = lockStore(target);
  try {
    return new CoverageStore(openForWriting(target, organization), target, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A store that is gone when it is closed, for what is read and judged in one run. */
export function openTemporaryStore(organization: Organization): CoverageStore {
  return new CoverageStore(openInMemory(organization), "memory", { release: () => undefined });
}

/** The store while it is written. Each call that saves is one transaction: all of it is stored, or nothing. */
export class CoverageStore implements Ledger, Disposable {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #lock: StoreLock;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, path: string, lock: StoreLock) {
    this.#db = db;
    this.#path = path;
    this.#lock = lock;
  }

  known(): readonly KnownRepository[] {
    return this.#prepare(
      `SELECT name, state, private, repository.branch AS branch, updated_at, read_at, details_read_at, missed,
         missing_since, days_from
       FROM repository LEFT JOIN series
         ON series.repository = repository.id AND series.branch = ifnull(repository.branch, '')
       ORDER BY name`,
    )
      .all()
      .map(toKnown);
  }

  openPulls(repository: string): readonly number[] {
    return this.#prepare(
      `SELECT number FROM pull WHERE state = 'open' AND repository = (SELECT id FROM repository WHERE name = ?)
       ORDER BY number`,
    )
      .all(repository)
      .map((row) => readInteger(row, "number"));
  }

  saveList({ readAt, repositories, missing, forgotten, notes }: ListReading): void {
    this.#inTransaction(() => {
      for (const name of forgotten) this.#forget(name);
      for (const repository of repositories) this.#saveRepository(repository, readAt);
      const miss = this.#prepare(
        `UPDATE repository SET missed = missed + 1, missing_since = ifnull(missing_since, ?) WHERE name = ?`,
      );
      const end = this.#prepare(
        "UPDATE repository SET state = 'gone', reason = ?, totals = NULL WHERE name = ?",
      );
      for (const { name, gone } of missing) {
        miss.run(readAt, name);
        if (gone) end.run(GONE, name);
      }
      this.#prepare("UPDATE organization SET taken_at = ?, notes = ?").run(readAt, encodeJson(notes));
    });
  }

  saveDetails({ name, branch, days, daysFrom, head, newest }: RepositoryDetails, readAt: number): void {
    this.#inTransaction(() => {
      const repository = this.#idOf(name);
      this.#prepare("UPDATE repository SET details_read_at = ?, head = ?, newest = ? WHERE id = ?").run(
        readAt,
        encodeJson(head),
        encodeJson(newest),
        repository,
      );
      this.#saveDays(repository, branch ?? "", days, daysFrom);
    });
  }

  saveOpenPulls(repository: string, pulls: readonly ListedPull[], readAt: number): void {
    this.#inTransaction(() => {
      const id = this.#idOf(repository);
      // What was asked for by name stays; whether it was merged or closed nobody knows yet.
      this.#prepare("DELETE FROM pull WHERE repository = ? AND state = 'open' AND details IS NULL").run(id);
      this.#prepare("UPDATE pull SET state = NULL WHERE repository = ? AND state = 'open'").run(id);
      for (const pull of pulls) this.#savePull(id, pull, readAt);
    });
  }

  savePull(pull: ListedPull, details: PullDetails, readAt: number): void {
    this.#inTransaction(() => {
      const id = this.#idOf(pull.repository);
      this.#savePull(id, pull, readAt);
      this.#prepare(
        "UPDATE pull SET details = ?, details_read_at = ? WHERE repository = ? AND number = ?",
      ).run(encodeJson(details), readAt, id, pull.number);
    });
  }

  /** Keeps how the last reading went. */
  saveReading(reading: Reading): void {
    this.#inTransaction(() => {
      this.#prepare("UPDATE organization SET reading = ?").run(encodeJson(reading));
    });
  }

  /** What is stored now, and what is saved while it is read. It lives as long as the store is open. */
  history(): History {
    return new CoverageHistory(this.#db, this.#path);
  }

  [Symbol.dispose](): void {
    try {
      this.#db.close();
    } finally {
      this.#lock.release();
    }
  }

  #saveRepository(repository: ListedRepository, readAt: number): void {
    const { name, state, reason, branch, language, updatedAt } = repository;
    const totals = encodeTotals(repository.totals);
    const row = this.#prepare(
      `INSERT INTO repository (name, private, active, branch, language, updated_at, state, reason, totals, details,
         read_at, first_seen_at, missed)
       VALUES (:name, :private, :active, :branch, :language, :updatedAt, :state, :reason, :totals, :details,
         :readAt, :readAt, 0)
       ON CONFLICT (name) DO UPDATE SET private = :private, active = :active, branch = :branch, language = :language,
         updated_at = :updatedAt, state = :state, reason = :reason, totals = :totals, details = :details,
         read_at = :readAt, missed = 0, missing_since = NULL
       RETURNING id`,
    ).get({
      name,
      private: Number(repository.private),
      active: repository.active === null ? null : Number(repository.active),
      branch,
      language,
      updatedAt,
      state,
      reason,
      totals,
      details: repository.details ?? null,
      readAt,
    });
    if (totals !== null) this.#keepReading(readInteger(row ?? {}, "id"), readAt, totals);
  }

  /** A reading equal to the last one is not stored twice. */
  #keepReading(repository: number, readAt: number, totals: string): void {
    const last = this.#prepare(
      "SELECT totals FROM reading WHERE repository = ? ORDER BY taken_at DESC LIMIT 1",
    ).get(repository);
    if (last?.["totals"] === totals) return;
    this.#prepare("INSERT OR REPLACE INTO reading VALUES (?, ?, ?)").run(repository, readAt, totals);
  }

  /** What was read replaces what is stored from the first day on that was asked for: late uploads correct days. */
  #saveDays(repository: number, branch: string, days: readonly Day[], daysFrom: string): void {
    const from = toDayNumber(daysFrom);
    const row = this.#prepare(
      `INSERT INTO series (repository, branch, days_from) VALUES (?, ?, ?)
       ON CONFLICT (repository, branch) DO UPDATE SET days_from = min(days_from, excluded.days_from) RETURNING id`,
    ).get(repository, branch, from);
    const series = readInteger(row ?? {}, "id");
    this.#prepare("DELETE FROM day WHERE series = ? AND day >= ?").run(series, from);
    const insert = this.#prepare("INSERT OR REPLACE INTO day VALUES (?, ?, ?, ?, ?)");
    for (const { day, min, max, avg } of days) {
      insert.run(series, toDayNumber(day), toUnits(min), toUnits(max), toUnits(avg));
    }
  }

  #savePull(repository: number, pull: ListedPull, readAt: number): void {
    const { number, state, title, author, head, base, patch, updatedAt } = pull;
    const values: Readonly<Record<string, SQLInputValue>> = {
      repository,
      number,
      state,
      title,
      author,
      head: encodeTotals(head),
      base: encodeTotals(base),
      patch: encodePatch(patch),
      updatedAt,
      readAt,
    };
    this.#prepare(
      `INSERT INTO pull (repository, number, state, title, author, head, base, patch, updated_at, read_at)
       VALUES (:repository, :number, :state, :title, :author, :head, :base, :patch, :updatedAt, :readAt)
       ON CONFLICT (repository, number) DO UPDATE SET state = :state, title = :title, author = :author, head = :head,
         base = :base, patch = :patch, updated_at = :updatedAt, read_at = :readAt`,
    ).run(values);
  }

  #idOf(name: string): number {
    const row = this.#prepare("SELECT id FROM repository WHERE name = ?").get(name);
    if (row !== undefined) return readInteger(row, "id");
    throw new BatonError(Code.Internal, `the store has no repository ${name}, whose details were read`);
  }

  #forget(name: string): void {
    const row = this.#prepare("DELETE FROM repository WHERE name = ? RETURNING id").get(name);
    if (row === undefined) return;
    const id = readInteger(row, "id");
    this.#prepare("DELETE FROM day WHERE series IN (SELECT id FROM series WHERE repository = ?)").run(id);
    for (const table of ["series", "reading", "pull"]) {
      this.#prepare(`DELETE FROM ${table} WHERE repository = ?`).run(id);
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #inTransaction(work: () => void): void {
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      work();
      this.#db.exec("COMMIT");
    } catch (error) {
      // Some failures (a full disk) have rolled back already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw toFileError(
        error,
        `write ${this.#path}`,
        "what was stored before is intact; the next sync continues",
      );
    }
  }
}

function toKnown(row: Row): KnownRepository {
  const daysFrom = readNullableInteger(row, "days_from");
  return {
    name: readText(row, "name"),
    state: readState(row),
    private: readInteger(row, "private") !== 0,
    branch: readNullableText(row, "branch"),
    updatedAt: readNullableInteger(row, "updated_at"),
    readAt: readInteger(row, "read_at"),
    detailsReadAt: readNullableInteger(row, "details_read_at"),
    daysFrom: daysFrom === null ? null : toDayText(daysFrom),
    missed: readInteger(row, "missed"),
    missingSince: readNullableInteger(row, "missing_since"),
  };
}
