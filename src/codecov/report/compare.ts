import { BatonError, Code } from "#kernel/errors.ts";
import { Resource } from "#model/resource.ts";
import { compareUtf8 } from "#model/utf8.ts";
import type { EncodedRecord, RecordReader } from "#store/reader.ts";
import { readSyncedMember, SYNCED_USER_TYPE, type SyncedMember } from "./synced-member.ts";

/** A member of the later sync, of the earlier one, or of both. */
export interface Compared {
  readonly now: SyncedMember | undefined;
  readonly before: SyncedMember | undefined;
}

/**
 * All members of two syncs in the byte order of their ids, side by side; without an earlier sync those of the
 * later one. Holds one row of each at a time, and decodes the earlier row only where it differs.
 *
 * @throws BatonError as {@link readSyncedMember}
 */
export function* compareMembers(later: RecordReader, earlier: RecordReader | undefined): Generator<Compared> {
  const laterRows = scanUsers(later);
  const earlierRows = earlier === undefined ? [].values() : scanUsers(earlier);
  let left = laterRows.next().value;
  let right = earlierRows.next().value;
  while (left !== undefined || right !== undefined) {
    const order = compareIds(left, right);
    const now = left !== undefined && order <= 0 ? decode(left) : undefined;
    const before = right !== undefined && order >= 0 ? decodeUnlessEqual(right, left, now) : undefined;
    yield { now, before };
    if (order <= 0) left = laterRows.next().value;
    if (order >= 0) right = earlierRows.next().value;
  }
}

function* scanUsers(reader: RecordReader): Generator<EncodedRecord, undefined> {
  const prefix = `${SYNCED_USER_TYPE}:`;
  for (const record of reader.scan("resources")) if (record.id.startsWith(prefix)) yield record;
}

/** Where one side has ended, the other one comes first. */
function compareIds(left: EncodedRecord | undefined, right: EncodedRecord | undefined): number {
  if (left === undefined) return 1;
  return right === undefined ? -1 : compareUtf8(left.id, right.id);
}

function decodeUnlessEqual(
  row: EncodedRecord,
  other: EncodedRecord | undefined,
  decoded: SyncedMember | undefined,
): SyncedMember {
  const isEqual = decoded !== undefined && other !== undefined && Buffer.compare(row.data, other.data) === 0;
  return isEqual ? decoded : decode(row);
}

function decode({ id, data }: EncodedRecord): SyncedMember {
  return readSyncedMember(decodeResource(id, data));
}

function decodeResource(id: string, data: Uint8Array): Resource {
  try {
    return Resource.decode(data);
  } catch (cause) {
    throw new BatonError(
      Code.DataLoss,
      `the file is damaged: ${JSON.stringify(id)} cannot be decoded; sync into a new file`,
      { cause },
    );
  }
}
