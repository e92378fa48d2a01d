import type { ListedPull, PullDetails, StoredPull } from "./pull.ts";
import type { ListedRepository, RepositoryDetails, State, StoredRepository } from "./repository.ts";

/** Whose coverage it is. */
export interface Organization {
  /** Long name of the git service, such as `github`. */
  readonly service: string;
  readonly owner: string;
  /** Origin of the API that it was read from. */
  readonly origin: string;
}

/** What the next reading has to know of the last one. */
export interface KnownRepository {
  readonly name: string;
  readonly state: State;
  readonly private: boolean;
  readonly branch: string | null;
  readonly updatedAt: number | null;
  /** When the list last showed the stored values, in epoch milliseconds. */
  readonly readAt: number;
  readonly detailsReadAt: number | null;
  /** First day that the trend of its branch was ever asked from; null: never. */
  readonly daysFrom: string | null;
  /** How many readings in a row did not show it. */
  readonly missed: number;
  readonly missingSince: number | null;
}

/** One whole reading of the list. A known repository that is in none of its lists keeps all that is stored of it. */
export interface ListReading {
  /** Epoch milliseconds. */
  readonly readAt: number;
  readonly repositories: readonly ListedRepository[];
  /** Known repositories that it did not show, and what becomes of each. */
  readonly missing: readonly { readonly name: string; readonly gone: boolean }[];
  /** Known names to delete: they stood for rows whose names could not be read, see `placeholderName`. */
  readonly forgotten: readonly string[];
  /** Lines that a report repeats, for example that values were kept. */
  readonly notes: readonly string[];
}

/** Where reading puts what it has read, and what it asks. Each method is one transaction. */
export interface Ledger {
  known(): readonly KnownRepository[];
  /** Open pull requests that are stored for a repository, by number. */
  openPulls(repository: string): readonly number[];
  saveList(reading: ListReading): void;
  /** @param readAt epoch milliseconds */
  saveDetails(details: RepositoryDetails, readAt: number): void;
  /** Replaces what is stored as open in this repository; those that are not among them any more are no longer open. */
  saveOpenPulls(repository: string, pulls: readonly ListedPull[], readAt: number): void;
  savePull(pull: ListedPull, details: PullDetails, readAt: number): void;
}

/** A finished reading of the organization. */
export interface Reading {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly requests: number;
  /** Repositories whose values are those of an earlier reading, because this one failed on them. */
  readonly failed: readonly string[];
  readonly notes: readonly string[];
}

/** What is stored, as one moment shows it. */
export interface History {
  readonly organization: Organization;
  /** When the list was last read, in epoch milliseconds; null: never. */
  readonly takenAt: number | null;
  /** What that reading of the list had to say; `lastReading` repeats it once it has ended. */
  readonly listNotes: readonly string[];
  /** The last reading that ended; null: none has. */
  readonly lastReading: Reading | null;
  /**
   * By name, with the days from `sinceDay` on and the newest one before it, whose value the first days without a commit keep.
   * Judging needs those from `judgedFrom` on. Read piece by piece: a store can hold 10,000 repositories.
   */
  repositories(options: { readonly sinceDay: string }): Iterable<StoredRepository>;
  repository(name: string, options: { readonly sinceDay: string }): StoredRepository | undefined;
  /** By repository and number. */
  pulls(options?: { readonly repository?: string; readonly state?: "open" }): Iterable<StoredPull>;
  pull(repository: string, number: number): StoredPull | undefined;
}
