import { BatonError, Code } from "#kernel/errors.ts";
import { findAnnotation } from "#model/annotations.ts";
import { type C1zReader, openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem, type RecordReader } from "#store/reader.ts";
import type { SyncRun } from "#store/sync-run.ts";
import { compareMembers } from "./compare.ts";
import { type Counts, type Finding, knowsSignIns, type ListName } from "./findings.ts";
import { type BuildOptions, buildMemberTable, type MemberTable } from "./member-table.ts";
import {
  choosePrevious,
  listSnapshots,
  type ReviewedOrganization,
  readerOf,
  readOrganization,
  type SyncFacts,
} from "./snapshots.ts";
import { SYNCED_USER_TYPE } from "./synced-member.ts";

/** How many of those are named in a note who are on a list as well. */
const MAX_NAMED = 5;

/** What a review says of the organization as a whole. */
export interface ReviewFacts extends ReviewedOrganization {
  readonly file: string;
  readonly sync: SyncFacts;
  /** What it is compared with; null if the file holds nothing comparable. */
  readonly previousSync: SyncFacts | null;
  /** The time that the sync to compare with had to be from before, ISO 8601 in UTC; null if nobody asked for one. */
  readonly since: string | null;
  /** What made the review, as in `baton-acme 1.2.3`; null if nobody said. */
  readonly madeBy: string | null;
  /** Seats that are paid for; null if not configured. */
  readonly purchasedSeats: number | null;
  readonly counts: Counts;
  /** Sentences on what limits the review. */
  readonly notes: readonly string[];
}

/** An offboarding review: the facts, and lists of members. */
export interface ReviewContent {
  readonly facts: ReviewFacts;
  list(name: ListName): Iterable<Finding>;
}

/** A review whose lists are read from disk as they are needed. */
export class Review implements ReviewContent, AsyncDisposable {
  readonly facts: ReviewFacts;
  readonly #table: MemberTable;

  constructor(facts: ReviewFacts, table: MemberTable) {
    this.facts = facts;
    this.#table = table;
  }

  list(name: ListName): Iterable<Finding> {
    return this.#table.list(name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#table.close();
  }
}

export interface ReviewOptions extends BuildOptions {
  /** Compares with the newest finished sync from before this time, in epoch milliseconds; by default with the previous one. */
  readonly since?: number | undefined;
  /** Another file whose syncs can be compared with. */
  readonly previous?: string | undefined;
  /** What makes the review, as in `baton-acme 1.2.3`. */
  readonly madeBy?: string;
}

/**
 * Works out the review of the latest snapshot in a file, compared with an earlier one of the same or another file.
 * Everything needed is copied, so the files may be replaced meanwhile.
 *
 * @throws BatonError NotFound without such a file or a finished sync in it, or if what to compare with was named and is
 *   not there; FailedPrecondition if it holds no members, or those of another connector; what else can be wrong with a
 *   file as `openC1zReadOnly` says.
 */
export async function openReview(path: string, options: ReviewOptions = {}): Promise<Review> {
  const { tempDir, signal, since, madeBy = null } = options;
  const reading = { tempDir, hash: true, ...(signal === undefined ? {} : { signal }) };
  await using file = await openC1zReadOnly(path, reading);
  await using previousFile =
    options.previous === undefined ? undefined : await openC1zReadOnly(options.previous, reading);
  const [latest, ...older] = listSnapshots(file, since === undefined ? 2 : undefined);
  if (latest === undefined) throw noSnapshot(file);
  const notes = findLaterRuns(file, latest.run);
  const organization = readOrganization(latest);
  if (organization === undefined) {
    throw new BatonError(
      Code.FailedPrecondition,
      `sync ${latest.run.id} of ${path} contains no members; run a sync that includes the resource type ${SYNCED_USER_TYPE}`,
    );
  }
  const choice = choosePrevious(latest, older, organization, { since, previous: previousFile });
  const previous = "snapshot" in choice ? choice.snapshot : undefined;
  if ("note" in choice) notes.push(choice.note);
  const reader = readerOf(latest);
  const earlier = previous && readerOf(previous);
  const table = await buildMemberTable(compareMembers(reader, earlier), earlier !== undefined, options);
  try {
    const counts = table.count();
    const license = readLicense(reader);
    const sync = latest.facts;
    const previousSync = previous?.facts ?? null;
    notes.push(
      ...findGaps(counts, license, table),
      ...findMove(sync, previousSync),
      ...findUnknownTimes(sync, previousSync),
    );
    const facts: ReviewFacts = {
      file: path,
      ...organization,
      sync,
      previousSync,
      since: since === undefined ? null : new Date(since).toISOString(),
      madeBy,
      purchasedSeats: license.purchased,
      counts,
      notes,
    };
    return new Review(facts, table);
  } catch (error) {
    await table.close();
    throw error;
  }
}

/** @throws BatonError NotFound if there is no finished sync at all */
function noSnapshot(file: C1zReader): BatonError {
  file.runs.pick();
  return new BatonError(
    Code.FailedPrecondition,
    `${file.path} contains syncs of single resources only; run a full sync into it first`,
  );
}

/** What the numbers leave open. */
function findGaps(counts: Counts, { consumed }: LicenseNumbers, table: MemberTable): string[] {
  const notes: string[] = [];
  if (consumed !== null && consumed !== counts.seats) {
    notes.push(
      `Codecov counted ${consumed} seats in use, the members listed hold ${counts.seats}: a seat changed during the sync.`,
    );
  }
  if (knowsSignIns(counts) && counts.seatsUnknown > 0) {
    const named = table.list("unknownSeats").take(MAX_NAMED);
    const names = named.map(({ id }) => id).toArray();
    const rest = counts.seatsUnknown - names.length;
    const more = rest > 0 ? `, and ${rest} more` : "";
    notes.push(
      `Seat holders whose sign-ins are unknown: ${counts.seatsUnknown} (${names.join(", ")}${more}).`,
    );
  }
  return notes;
}

/** Organizations of one name on two Codecovs look alike, and so does one whose Codecov has moved. */
function findMove(sync: SyncFacts, previous: SyncFacts | null): string[] {
  const address = sync.origin?.source?.address;
  const before = previous?.origin?.source?.address;
  if (address === undefined || before === undefined || address === before) return [];
  return [
    `The earlier sync was read from another address, ${before}: unless that is the same Codecov, the two are about different organizations.`,
  ];
}

/** What happened after the snapshot and is not part of it. */
function findLaterRuns({ runs }: C1zReader, snapshot: SyncRun): string[] {
  const notes: string[] = [];
  if (runs.hasLater(snapshot, "unfinished")) {
    notes.push("A later sync is unfinished; the review covers the last finished one.");
  }
  if (runs.hasLater(snapshot, "partial")) {
    notes.push("Later syncs of single resources are not part of the review.");
  }
  return notes;
}

interface LicenseNumbers {
  readonly purchased: number | null;
  readonly consumed: number | null;
}

/** The numbers of the organization's license; 0 stands for unknown there. */
function readLicense(reader: RecordReader): LicenseNumbers {
  for (const resource of everyItem((page) => reader.listResources({ resourceTypeId: "license" }, page))) {
    const license = findAnnotation(resource.annotations, "LicenseProfileTrait");
    if (license === undefined) continue;
    return {
      purchased: Number(license.purchasedSeats) || null,
      consumed: Number(license.consumedSeats) || null,
    };
  }
  return { purchased: null, consumed: null };
}

function findUnknownTimes(...syncs: readonly (SyncFacts | null)[]): string[] {
  return syncs
    .filter((sync) => sync?.endedAt === null)
    .map(
      (sync) =>
        `The file does not show when sync ${sync?.id} ended, because the clock or the time zone changed during it${sync?.startedAt === null ? "." : "; its start is given."}`,
    );
}
