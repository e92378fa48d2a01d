import { formatTime } from "#format/times.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { C1zReader } from "#store/c1z-file.ts";
import type { RecordReader } from "#store/reader.ts";
import type { SyncOrigin } from "#store/sync-origin.ts";
import type { SyncRun } from "#store/sync-run.ts";
import { readSyncedMember, SYNCED_USER_TYPE } from "./synced-member.ts";

/** A sync that a review is about, or that it compares with. */
export interface SyncFacts {
  readonly id: string;
  /** When it began, ISO 8601 in UTC; null if the file does not say. */
  readonly startedAt: string | null;
  /** When it ended, ISO 8601 in UTC; null if the file does not say. */
  readonly endedAt: string | null;
  /** The file that it was read from, as it was named. */
  readonly file: string;
  /** SHA-256 of that file in hexadecimal digits. */
  readonly fileHash: string;
  /** What wrote it, and from where; null if the file does not say. */
  readonly origin: SyncOrigin | null;
}

/** Whose members a sync holds. */
export interface ReviewedOrganization {
  /** Null if the members do not say, as those of the vendor's own connector. */
  readonly owner: string | null;
  /** The organization's git service; null if the sync does not say. */
  readonly service: string | null;
}

/** A finished sync that contains members, in its file. */
export interface Snapshot {
  readonly file: C1zReader;
  readonly run: SyncRun;
  readonly facts: SyncFacts;
}

/** What to compare with. */
export interface Comparison {
  /** The newest sync from before this time, in epoch milliseconds; undefined: the one before. */
  readonly since: number | undefined;
  /** Another file to look in, too; the one before is then looked for in this file only. */
  readonly previous: C1zReader | undefined;
}

/** Most syncs of one file that can be compared with; a night has one. */
const MAX_SNAPSHOTS = 10_000;

/** Whatever is chosen by itself may turn out to be of no use; then a note says why. */
type Choice = { readonly snapshot: Snapshot } | { readonly note: string };

/** The finished syncs of a file that contain members, the latest first, and no more than `limit`. */
export function listSnapshots(file: C1zReader, limit = MAX_SNAPSHOTS): Snapshot[] {
  const runs = file.runs.listFinished(["full", "resources_only"], limit);
  return runs.map((run) => ({ file, run, facts: describeRun(file, run) }));
}

export function readerOf({ file, run }: Snapshot): RecordReader {
  return file.reader(run.id);
}

/** Undefined if the sync holds no members. */
export function readOrganization(snapshot: Snapshot): ReviewedOrganization | undefined {
  const reader = readerOf(snapshot);
  const [first] = reader.listResources({ resourceTypeId: SYNCED_USER_TYPE }, { limit: 1 }).items;
  if (first === undefined) return undefined;
  const [org] = reader.listResources({ resourceTypeId: "org" }, { limit: 1 }).items;
  const service = org?.profile?.["service"];
  return { owner: readSyncedMember(first).owner, service: typeof service === "string" ? service : null };
}

/** When a sync ended, else when it began, in epoch milliseconds; undefined if the file has neither. */
export function timeOf({ startedAt, endedAt }: SyncFacts): number | undefined {
  const time = endedAt ?? startedAt;
  return time === null ? undefined : Date.parse(time);
}

/**
 * The sync to compare with.
 *
 * @param older what the reviewed file holds from before the reviewed sync, the latest first
 * @throws BatonError NotFound if somebody asked for a time or named a file, and there is no such sync;
 *   FailedPrecondition if it is of another organization, or holds no members
 */
export function choosePrevious(
  reviewed: Snapshot,
  older: readonly Snapshot[],
  organization: ReviewedOrganization,
  comparison: Comparison,
): Choice {
  const { since, previous } = comparison;
  if (since === undefined && previous === undefined) return chooseBefore(older[0], organization);
  const snapshot = findAsked(reviewed, older, comparison);
  const problem = findMismatch(snapshot, organization);
  if (problem === undefined) return { snapshot };
  throw new BatonError(
    Code.FailedPrecondition,
    `sync ${snapshot.run.id} of ${snapshot.facts.file}, which is the one to compare with, ${problem}; name a file of the same organization with --previous`,
    { kind: "configuration" },
  );
}

/** The sync before, unless it is one of something else. */
function chooseBefore(candidate: Snapshot | undefined, organization: ReviewedOrganization): Choice {
  if (candidate === undefined) {
    return {
      note: "The file contains only one sync, so what changed is unknown. Keep syncing into the same file.",
    };
  }
  const problem = findMismatch(candidate, organization);
  if (problem === undefined) return { snapshot: candidate };
  return { note: `The previous sync ${problem}, so it is not compared.` };
}

/** Why a sync cannot be compared with one of the organization, as the end of a sentence. */
function findMismatch(candidate: Snapshot, organization: ReviewedOrganization): string | undefined {
  const before = readOrganization(candidate);
  if (before === undefined) return "contains no members";
  const isSame =
    agree(before.owner?.toLowerCase(), organization.owner?.toLowerCase()) &&
    agree(before.service, organization.service);
  return isSame ? undefined : `is of another organization, ${before.owner}`;
}

/** The newest sync of the file that was named, or of both, from before the time that was asked for. */
function findAsked(
  reviewed: Snapshot,
  older: readonly Snapshot[],
  { since, previous }: Comparison,
): Snapshot {
  const others = previous === undefined ? [] : listSnapshots(previous);
  // The same file may have been kept as a copy.
  const foreign = others.filter(({ run }) => run.id !== reviewed.run.id);
  const candidates = since === undefined ? foreign : [...older, ...foreign];
  const before = Math.min(since ?? Infinity, timeOf(reviewed.facts) ?? Infinity);
  if (since !== undefined && before < since) {
    throw new BatonError(
      Code.FailedPrecondition,
      `the latest finished sync of ${reviewed.facts.file} is from ${sayTime(reviewed.facts)}, which is not after --since; sync again, or name an earlier day`,
      { kind: "configuration" },
    );
  }
  const eligible = candidates.filter(({ facts }) => (timeOf(facts) ?? Infinity) < before);
  // The first of several with one time: the order within a file is that of its readers.
  const [newest] = eligible.toSorted((a, b) => (timeOf(b.facts) ?? 0) - (timeOf(a.facts) ?? 0));
  if (newest !== undefined) return newest;
  throw noneBefore(before, [...older, ...others], reviewed, previous);
}

function noneBefore(
  before: number,
  known: readonly Snapshot[],
  reviewed: Snapshot,
  previous: C1zReader | undefined,
): BatonError {
  const files = previous === undefined ? `${reviewed.facts.file} contains` : `${previous.path} contains`;
  const both = previous === undefined ? files : `neither ${reviewed.facts.file} nor ${files}`;
  const when = before === Infinity ? "" : ` from before ${formatTime(new Date(before).toISOString())}`;
  const [oldest] = known
    .filter(({ facts }) => timeOf(facts) !== undefined)
    .toSorted((a, b) => (timeOf(a.facts) ?? 0) - (timeOf(b.facts) ?? 0));
  const what = previous === undefined ? "no" : "a";
  const hint = oldest === undefined ? "" : `; the oldest one is from ${sayTime(oldest.facts)}`;
  return new BatonError(
    Code.NotFound,
    `${both} ${what} finished sync of the whole organization${when} to compare with${hint}. Name a file from that time with --previous; to keep more syncs in each file, set BATON_KEEP_SYNC_COUNT`,
    { kind: "configuration" },
  );
}

function sayTime({ startedAt, endedAt }: SyncFacts): string {
  return formatTime(endedAt ?? startedAt);
}

function describeRun(file: C1zReader, run: SyncRun): SyncFacts {
  const { startedAt, endedAt } = file.runs.times(run);
  return {
    id: run.id,
    startedAt: toIso(startedAt),
    endedAt: toIso(endedAt),
    file: file.path,
    fileHash: file.sha256 ?? "",
    origin: file.runs.origin(run) ?? null,
  };
}

function toIso(epochMs: number | undefined): string | null {
  return epochMs === undefined ? null : new Date(epochMs).toISOString();
}

/** Whether two texts are equal, as far as they are known. */
function agree(a: string | null | undefined, b: string | null | undefined): boolean {
  return a === b || a == null || b == null;
}
