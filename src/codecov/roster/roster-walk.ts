/*
 * The roster
 * ==========
 *
 * "Roster" is this program's word for the member list of an organization while it is walked over; to users it is the
 * member list. Codecov returns it from `GET /{service}/{owner}/users/` without ids and without a cursor, cut into
 * pages by position: when somebody leaves, everybody after moves up by one, and a member who moves from a page not yet read
 * to one already read is lost to a loop over page numbers. What never changes is the order.
 *
 *     member list    a b c d e f g h i j k l m n o p
 *     window        [a b c d e f g h]                    the rows of one response
 *     slices        [a b c d|e f g h]                    the rows of one page for the host each
 *     anchor                [. . . .]                    fingerprints of the last rows, in the page token
 *
 *     then c leaves  a b d e f g h i j k l m n o p
 *     next window           [f g h i j k l m]            asked for so that it begins within the anchor
 *     overlap               [. . .]                      rows of the anchor found again: nobody is in between
 *     fresh                        ^                     the first row to return now
 *
 * A window that does not overlap the anchor could hide somebody, so it is not used: the walk steps back, in the end to
 * the first page.
 *
 *     roster-walk    pages for the host: slices of windows, page tokens, one window read ahead
 *     roster-reader  the next window, with steps back; window-size and roster-window choose size and place
 *     roster-end     whether the last window really is the last
 *     roster-row     one member and its fingerprint; roster-slice says where a slice ends
 *     roster-token   the position in a page token; slice-cache keeps windows between calls
 *     find-member    one member by the id of its user resource, which user-id makes
 */

import { hash } from "node:crypto";
import type { Member } from "#codecov/api/schemas.ts";
import type { CallContext } from "#kernel/context.ts";
import type { RosterSource } from "./roster-end.ts";
import { ROSTER_LIMITS, type RosterLimits, type RosterWindow, readWindow } from "./roster-reader.ts";
import { fingerprint, hasName, type RosterRow } from "./roster-row.ts";
import { endOfNames, endOfSlice, takeOrdinal, withoutCounts } from "./roster-slice.ts";
import {
  decodeRosterToken,
  encodeRosterToken,
  type RosterOrigin,
  type RosterPosition,
} from "./roster-token.ts";
import { SliceCache } from "./slice-cache.ts";

/** Most rows handed to the host at once. */
const MAX_SLICE_ROWS = 1_000;

/** Rows handed out first; then as many as there were before, so that the host soon works beside the connector. */
const FIRST_SLICE_ROWS = 125;

/** Where in a window the next slice begins. */
interface SliceStart {
  readonly window: RosterWindow;
  readonly index: number;
  /** Rows without a user name that were handed out before, by fingerprint. */
  readonly unnamed: ReadonlyMap<string, number>;
}

/** What the host gets in one page. */
export interface RosterSlice {
  readonly rows: readonly RosterRow[];
  /** Whether the rows begin with the first of the roster, at the start or because the walk begins again. */
  readonly isBeginning: boolean;
  /** Empty at the end of the roster. */
  readonly nextToken: string;
}

/**
 * Walks over the roster of one organization so that nobody is lost: **a member who is on the roster during the
 * whole walk is returned, however many others join or leave meanwhile.**
 *
 * The invariant, kept from page to page in the token:
 *
 *     Everybody who stands at or before the anchor's last row, and has been on the roster since the walk began,
 *     has been returned.
 *
 * A window is a gapless piece of the roster at one moment. If it contains a row of the anchor, then a member who stands
 * after the anchor and is on the roster throughout is in this window or after it; returning what follows that row keeps
 * the invariant. A window that begins with the first row needs no such row. A window that shows neither is not used,
 * see `readWindow`.
 *
 * Rows carry no id, so rows are compared by all they say of a person, and only a run of consecutive agreeing
 * rows with user names counts as the same place.
 *
 * The rows of a window are kept in memory for the following pages, and one window is read ahead. Both are a
 * convenience: without them, after a restart of the process, the token alone leads to the same place.
 */
export class RosterWalk {
  readonly #origin: RosterOrigin;
  readonly #limits: RosterLimits;
  readonly #cache = new SliceCache<SliceStart>();
  readonly #windowsAhead = new SliceCache<Promise<RosterWindow>>();

  /**
   * @param roster identifies service and organization; the tokens of one are of no use for another
   * @param server where that is read; with a token from elsewhere the walk begins again at the first page
   */
  constructor(roster: string, limits: RosterLimits = ROSTER_LIMITS, server = "") {
    this.#origin = { roster: shorten(roster), server: shorten(server) };
    this.#limits = limits;
  }

  /**
   * Begins the walk of a sync before its first rows are asked for with {@link next}. The walk counts from here:
   * a member who joins later may or may not be among the rows.
   */
  beginAhead(syncId: string, source: RosterSource, ctx: CallContext): void {
    const reading = readWindow(source, this.#beginning(), this.#limits, ctx.log);
    reading.catch(() => undefined);
    this.#windowsAhead.set(firstKeyOf(syncId), reading, ctx.clock.monotonic());
  }

  /**
   * The rows after `token`: `pageRows` or, if that is 0, what suits; at most 1,000.
   *
   * @param syncId the sync whose walk may have begun ahead; empty if none has
   * @throws BatonError as {@link readWindow}, and InvalidArgument for a token of another walk.
   */
  async next(
    token: string,
    pageRows: number,
    source: RosterSource,
    ctx: CallContext,
    syncId = "",
  ): Promise<RosterSlice> {
    const cached = this.#cache.get(token, ctx.clock.monotonic());
    const key = token === "" ? firstKeyOf(syncId) : token;
    const from = cached ?? (await this.#read(token, key, source, ctx));
    const rowsBefore = from.window.start + from.index;
    const usual = Math.min(Math.max(rowsBefore, FIRST_SLICE_ROWS), MAX_SLICE_ROWS);
    return this.#slice(from, Math.min(pageRows || usual, MAX_SLICE_ROWS), ctx);
  }

  /** Lets go of rows kept for following pages. */
  forget(): void {
    this.#cache.clear();
    this.#windowsAhead.clear();
  }

  /** @param aheadKey where the window may have been read ahead */
  async #read(token: string, aheadKey: string, source: RosterSource, ctx: CallContext): Promise<SliceStart> {
    const position = token === "" ? this.#beginning() : this.#decode(token, ctx);
    // A read-ahead that failed is repeated now that the page is requested, and an error is reported.
    const ahead = await this.#windowsAhead.take(aheadKey, ctx.clock.monotonic())?.catch(() => undefined);
    const window = ahead ?? (await readWindow(source, position, this.#limits, ctx.log));
    if (!window.atEnd) void this.#readAhead(window, source, ctx).catch(() => undefined);
    return { window, index: window.fresh, unnamed: window.unnamed };
  }

  /**
   * Reads the one window after `window` while the slices of this one are handed out. It is anchored and checked
   * like any other, only earlier.
   */
  async #readAhead(window: RosterWindow, source: RosterSource, ctx: CallContext): Promise<void> {
    const { rows, fresh, unnamed } = window;
    const stop = endOfNames(rows, fresh, rows.length);
    const counts = new Map(unnamed);
    for (const member of rows.slice(fresh, stop)) takeOrdinal(member, counts);
    const position = this.#positionAt(window, stop, counts);
    const reading = readWindow(source, position, this.#limits, ctx.log);
    this.#windowsAhead.set(encodeRosterToken(position, this.#origin), reading, ctx.clock.monotonic());
    await reading;
  }

  #decode(token: string, ctx: CallContext): RosterPosition {
    const { position, server } = decodeRosterToken(token, this.#origin.roster);
    if (server === this.#origin.server) return position;
    ctx.log.info("the address of Codecov has changed; the member list is read again from the beginning");
    const { windows, restarts } = position;
    return { ...this.#beginning(), windows, restarts: restarts + 1 };
  }

  #beginning(): RosterPosition {
    const { windowRows } = this.#limits;
    return {
      read: 0,
      anchor: [],
      unnamed: new Map(),
      returnedAfterAnchor: 0,
      windowRows,
      growAfter: 0,
      goodWindows: 0,
      restarts: 0,
      windows: 0,
      claimedCount: undefined,
    };
  }

  #slice({ window, index, unnamed }: SliceStart, maxRows: number, ctx: CallContext): RosterSlice {
    // Rows without a user name at the end of a window are left to the next one, which begins before them.
    const { rows: all, fresh, atEnd } = window;
    const stop = atEnd ? all.length : endOfNames(all, fresh, all.length);
    const end = endOfSlice(all, index, stop, maxRows);
    const counts = new Map(unnamed);
    const rows = all.slice(index, end).map((member) => ({ member, ordinal: takeOrdinal(member, counts) }));
    // A window in the middle begins with rows of the anchor, which are not handed out again.
    const isBeginning = index === 0;
    if (atEnd && end === stop) return { rows, isBeginning, nextToken: "" };
    const nextToken = encodeRosterToken(this.#positionAt(window, end, counts), this.#origin);
    if (end < stop)
      this.#cache.set(nextToken, { window, index: end, unnamed: counts }, ctx.clock.monotonic());
    return { rows, isBeginning, nextToken };
  }

  /** The position after the rows before `end`, anchored in the last of them that has a user name. */
  #positionAt(window: RosterWindow, end: number, counts: ReadonlyMap<string, number>): RosterPosition {
    const { rows, start, known, windowRows, growAfter, goodWindows, restarts, windows, claimedCount } =
      window;
    const anchorEnd = endOfNames(rows, known, end);
    return {
      read: start + anchorEnd,
      anchor: rows.slice(this.#anchorBegin(rows, known, anchorEnd, windowRows), anchorEnd).map(fingerprint),
      unnamed: withoutCounts(counts, rows.slice(anchorEnd, end).map(fingerprint)),
      returnedAfterAnchor: end - anchorEnd,
      windowRows,
      growAfter,
      goodWindows,
      restarts,
      windows,
      claimedCount: anchorEnd === rows.length ? claimedCount : undefined,
    };
  }

  /** A quarter of the window at most, so that windows move on; more, where rows without a name make it weak. */
  #anchorBegin(rows: readonly Member[], known: number, end: number, windowRows: number): number {
    const { anchorRows, requiredNames } = this.#limits;
    const usual = Math.min(anchorRows, Math.floor(windowRows / 4));
    const longest = Math.floor(windowRows / 2);
    let begin = end;
    let names = 0;
    while (begin > known && (end - begin < usual || (names < 2 * requiredNames && end - begin < longest))) {
      begin -= 1;
      const member = rows[begin];
      if (member !== undefined && hasName(member)) names += 1;
    }
    return begin;
  }
}

function shorten(text: string): string {
  return hash("sha256", text, "base64url").slice(0, 12);
}

/** The place of a first window among those read ahead; no page token has a blank. */
function firstKeyOf(syncId: string): string {
  return `first ${syncId}`;
}
