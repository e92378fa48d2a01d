import type { Member } from "#codecov/api/schemas.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { utf8Length } from "#model/utf8.ts";
import { fingerprint, hasName } from "./roster-row.ts";

/** Most bytes that the resources of one slice may come to; hosts accept responses of up to 4 MiB. */
const MAX_SLICE_BYTES = 2 * 1024 * 1024;

/** Longest text of a member that a resource repeats; longer ones are cut. */
export const MAX_TEXT_BYTES = 1024;

/** A resource says user name, name and e-mail up to three times each, and some hundred bytes besides. */
const TEXT_COPIES = 3;
const FIXED_BYTES = 600;

/** Different members without a user name that a walk keeps apart; all of them travel in the page token. */
const MAX_UNNAMED = 16_384;

/** Where a slice that begins at `begin` has to end: after `maxRows` rows, or before its resources get too large. */
export function endOfSlice(rows: readonly Member[], begin: number, stop: number, maxRows: number): number {
  const end = Math.min(stop, begin + maxRows);
  let bytes = 0;
  // One row alone never comes near the bound, as its texts are cut.
  for (const [offset, member] of rows.slice(begin, end).entries()) {
    bytes += estimateBytes(member);
    if (bytes > MAX_SLICE_BYTES) return begin + offset;
  }
  return end;
}

function estimateBytes({ username, name, email }: Member): number {
  return FIXED_BYTES + TEXT_COPIES * (textBytes(username) + textBytes(name) + textBytes(email));
}

function textBytes(text: string | null): number {
  return text ? Math.min(MAX_TEXT_BYTES, utf8Length(text)) : 0;
}

/** Index after the last row between `begin` and `end` that has a user name; `begin` if none has. */
export function endOfNames(rows: readonly Member[], begin: number, end: number): number {
  const last = rows.slice(begin, end).findLastIndex(hasName);
  return begin + last + 1;
}

/**
 * The running number of a member without a user name among those that agree with it, which is counted in
 * `counts`; 0 for a member with a user name.
 *
 * @throws BatonError FailedPrecondition if there are too many different ones to keep apart.
 */
export function takeOrdinal(member: Member, counts: Map<string, number>): number {
  if (hasName(member)) return 0;
  const key = fingerprint(member);
  const ordinal = (counts.get(key) ?? 0) + 1;
  counts.set(key, ordinal);
  if (counts.size <= MAX_UNNAMED) return ordinal;
  throw new BatonError(
    Code.FailedPrecondition,
    `more than ${MAX_UNNAMED} different members of the organization have no user name, too many to tell apart reliably; the sync stops rather than leave a member out`,
    { kind: "upstream" },
  );
}

/** A copy of `counts` as they were before `members` without a user name were counted. */
export function withoutCounts(
  counts: ReadonlyMap<string, number>,
  members: readonly string[],
): Map<string, number> {
  const result = new Map(counts);
  for (const key of members) {
    const count = result.get(key) ?? 0;
    if (count > 1) result.set(key, count - 1);
    else result.delete(key);
  }
  return result;
}
