import { BatonError, Code } from "#kernel/errors.ts";
import { FINGERPRINT_BYTES } from "./roster-row.ts";
import type { WindowSize } from "./window-size.ts";

/**
 * How far a walk over the roster has come; all of it travels in the page token, so that any process can go on.
 *
 * The place is not a number but a run of rows, the anchor: everybody who stood at or before the anchor's last
 * row, and has been on the roster since, has been handed out.
 */
export interface RosterPosition extends WindowSize {
  /** Position after the anchor's last row in the response it came from; only a hint where to look for the anchor. */
  readonly read: number;
  /** Fingerprints of consecutive rows, the last one with a user name. Empty if there was no such row yet. */
  readonly anchor: readonly string[];
  /** How many rows without a user name were handed out up to the anchor's end, by fingerprint. */
  readonly unnamed: ReadonlyMap<string, number>;
  /** How many rows after the anchor the page returned as well. If that page was lost, they are returned again. */
  readonly returnedAfterAnchor: number;
  /** How often the walk has begun again at the first page. */
  readonly restarts: number;
  /** How many windows were read; makes the token of a page that had to be read again a new one. */
  readonly windows: number;
  /** Set if Codecov has said that the roster ends with the anchor's last row: the number of members it reported then. */
  readonly claimedCount: number | undefined;
}

const VERSION = 2;
const FINGERPRINT_CHARS = Math.ceil((FINGERPRINT_BYTES * 4) / 3);

/** Short names of what a walk reads, and where. */
export interface RosterOrigin {
  /** Service and organization; a token of another roster is refused. */
  readonly roster: string;
  /** The server. On another one positions and rows can differ, so that a walk has to begin again. */
  readonly server: string;
}

export function encodeRosterToken(position: RosterPosition, { roster, server }: RosterOrigin): string {
  const { read, anchor, unnamed, returnedAfterAnchor, restarts, windows, claimedCount } = position;
  const counts = [
    read,
    returnedAfterAnchor,
    position.windowRows,
    position.growAfter,
    position.goodWindows,
    restarts,
    windows,
    claimedCount === undefined ? 0 : claimedCount + 1,
  ];
  const fields = [VERSION, roster, server, counts, anchor.join(""), [...unnamed]];
  return Buffer.from(JSON.stringify(fields)).toString("base64url");
}

/**
 * The position in a token, and the server it was reached on.
 *
 * @throws BatonError InvalidArgument if the token was not made by {@link encodeRosterToken} for this roster.
 */
export function decodeRosterToken(
  token: string,
  roster: string,
): { readonly position: RosterPosition; readonly server: string } {
  const [version, tokenRoster, server, counts, anchor, unnamed] = parseFields(token);
  if (version !== VERSION) throw invalid("it comes from another version of this program");
  if (tokenRoster !== roster) throw invalid("it belongs to another organization");
  if (
    typeof server !== "string" ||
    !Array.isArray(counts) ||
    counts.length !== 8 ||
    !counts.every(isCount) ||
    typeof anchor !== "string" ||
    anchor.length % FINGERPRINT_CHARS !== 0 ||
    !Array.isArray(unnamed) ||
    !unnamed.every(isCountEntry)
  ) {
    throw invalid("it is damaged");
  }
  const [read = 0, returnedAfterAnchor = 0, rows = 0, growAfter = 0, goodWindows = 0] = counts;
  const [restarts = 0, windows = 0, claimed = 0] = counts.slice(5);
  const position = {
    read,
    anchor: splitAnchor(anchor),
    unnamed: new Map(unnamed),
    returnedAfterAnchor,
    windowRows: Math.max(1, rows),
    growAfter,
    goodWindows,
    restarts,
    windows,
    claimedCount: claimed === 0 ? undefined : claimed - 1,
  };
  return { position, server };
}

function parseFields(token: string): unknown[] {
  try {
    const fields: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (Array.isArray(fields)) return fields;
  } catch {
    // Not JSON: the same as any other text that is not a token.
  }
  throw invalid("it is damaged");
}

function splitAnchor(text: string): string[] {
  return Array.from({ length: text.length / FINGERPRINT_CHARS }, (_, index) =>
    text.slice(index * FINGERPRINT_CHARS, (index + 1) * FINGERPRINT_CHARS),
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isCountEntry(value: unknown): value is [string, number] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && isCount(value[1]);
}

function invalid(problem: string): BatonError {
  return new BatonError(
    Code.InvalidArgument,
    `the page token of the member list cannot be used: ${problem}; start a new sync`,
  );
}
