import { BatonError, Code } from "#kernel/errors.ts";
import { findAnnotation } from "#model/annotations.ts";
import { type C1zReader, openC1zReadOnly } from "#store/c1z-file.ts";
import { everyItem, type RecordReader } from "#store/reader.ts";
import type { SyncRun } from "#store/sync-run.ts";
import { compareMembers } from "./compare.ts";
import { type Counts, type Finding, knowsSignIns, type ListName } from "./findings.ts";
import { readMember, USER_TYPE } from "./member.ts";
import { type BuildOptions, buildMemberTable, type MemberTable } from "./member-table.ts";

/** A sync that a review is about. */
export interface SyncFacts {
  readonly id: string;
  /** When it began, ISO 8601 in UTC; null if the file does not tell. */
  readonly startedAt: string | null;
  /** When it ended, ISO 8601 in UTC; null if the file does not tell. */
  readonly endedAt: string | null;
}

/** What a review says of the organization as a whole. */
export interface ReviewFacts {
  readonly file: string;
  /** Null if the members do not tell, as those of the vendor's own connector. */
  readonly owner: string | null;
  /** The organization's git service; null if the sync does not tell. */
  readonly service: string | null;
  readonly sync: SyncFacts;
  /** What it is compared with; null if the file holds nothing comparable. */
  readonly previousSync: SyncFacts | null;
  /** Seats that are paid for; null if nobody told. */
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

/**
 * Works out the review of the latest snapshot in a file, compared with the one before it. Everything needed is
 * copied, so the file may be replaced meanwhile.
 *
 * @throws BatonError NotFound without such a file or a finished sync in it; FailedPrecondition if it holds no
 *   members, or those of another connector; what else can be wrong with a file as `openC1zReadOnly` says.
 */
export async function openReview(path: string, options: BuildOptions = {}): Promise<Review> {
  const { tempDir, signal } = options;
  await using file = await openC1zReadOnly(path, { tempDir, ...(signal === undefined ? {} : { signal }) });
  const [run, ...olderRuns] = findSnapshots(file);
  if (run === undefined) {
    file.runs.pick();
    throw new BatonError(
      Code.FailedPrecondition,
      `${path} holds syncs of single resources only; run a whole sync into it first`,
    );
  }
  const notes = findLaterRuns(file, run);
  const reader = file.reader(run.id);
  const organization = readOrganization(reader);
  if (organization === undefined) {
    throw new BatonError(
      Code.FailedPrecondition,
      `sync ${run.id} of ${path} holds no members; run a sync that includes the resource type ${USER_TYPE}`,
    );
  }
  const previous = choosePrevious(file, olderRuns[0], organization, notes);
  const earlier = previous === undefined ? undefined : file.reader(previous.id);
  const table = await buildMemberTable(compareMembers(reader, earlier), earlier !== undefined, options);
  try {
    const counts = table.count();
    const license = readLicense(reader);
    const sync = describeRun(file, run);
    const previousSync = previous === undefined ? null : describeRun(file, previous);
    notes.push(...findGaps(counts, license), ...findUnknownTimes(sync, previousSync));
    const facts: ReviewFacts = {
      file: path,
      ...organization,
      sync,
      previousSync,
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

/** What the numbers leave open. */
function findGaps(counts: Counts, { consumed }: LicenseNumbers): string[] {
  const notes: string[] = [];
  if (consumed !== null && consumed !== counts.seats) {
    notes.push(
      `Codecov counted ${consumed} seats in use, the members listed hold ${counts.seats}: somebody's seat changed during the sync.`,
    );
  }
  if (knowsSignIns(counts) && counts.seatsUnknown > 0) {
    notes.push(`Seat holders whose sign-ins are unknown: ${counts.seatsUnknown}.`);
  }
  return notes;
}

/** The last two finished syncs that tell who is a member, the latest first. */
function findSnapshots({ runs }: C1zReader): SyncRun[] {
  return runs.listFinished(["full", "resources_only"], 2);
}

/** What happened after the snapshot and is not part of it. */
function findLaterRuns({ runs }: C1zReader, snapshot: SyncRun): string[] {
  const notes: string[] = [];
  if (runs.hasLater(snapshot, "unfinished")) {
    notes.push("A later sync is unfinished; the review is about the last finished one.");
  }
  if (runs.hasLater(snapshot, "partial")) {
    notes.push("Later syncs of single resources are not part of the review.");
  }
  return notes;
}

type Organization = Pick<ReviewFacts, "owner" | "service">;

/** Undefined if the sync holds no members. */
function readOrganization(reader: RecordReader): Organization | undefined {
  const [first] = reader.listResources({ resourceTypeId: USER_TYPE }, { limit: 1 }).items;
  if (first === undefined) return undefined;
  const [org] = reader.listResources({ resourceTypeId: "org" }, { limit: 1 }).items;
  const service = org?.profile?.["service"];
  return { owner: readMember(first).owner, service: typeof service === "string" ? service : null };
}

/** The sync to compare with, unless it is one of something else. */
function choosePrevious(
  file: C1zReader,
  candidate: SyncRun | undefined,
  organization: Organization,
  notes: string[],
): SyncRun | undefined {
  if (candidate === undefined) {
    notes.push("The file holds one sync only, so what changed is unknown. Keep syncing into the same file.");
    return undefined;
  }
  const before = readOrganization(file.reader(candidate.id));
  if (before === undefined) {
    notes.push("The sync before holds no members, so what changed is unknown.");
    return undefined;
  }
  const isSame =
    agree(before.owner?.toLowerCase(), organization.owner?.toLowerCase()) &&
    agree(before.service, organization.service);
  if (isSame) return candidate;
  notes.push(`The sync before is of another organization, ${before.owner}, so it is not compared.`);
  return undefined;
}

/** Whether two texts are equal, as far as they are known. */
function agree(a: string | null | undefined, b: string | null | undefined): boolean {
  return a === b || a == null || b == null;
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

function describeRun({ runs }: C1zReader, run: SyncRun): SyncFacts {
  const { startedAt, endedAt } = runs.times(run);
  return { id: run.id, startedAt: toIso(startedAt), endedAt: toIso(endedAt) };
}

function toIso(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : new Date(epochMs).toISOString();
}

function findUnknownTimes(...syncs: readonly (SyncFacts | null)[]): string[] {
  return syncs
    .filter((sync) => sync?.endedAt === null)
    .map(
      (sync) =>
        `When sync ${sync?.id} ended cannot be told from the file, since clock or time zone changed during it${sync?.startedAt === null ? "." : "; its start is given."}`,
    );
}
