import type { Member, RosterPage } from "#codecov/api/schemas.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import { confirmEnd, type RosterSource, repeatsClaim } from "./roster-end.ts";
import { fingerprint, hasName } from "./roster-row.ts";
import { withoutCounts } from "./roster-slice.ts";
import type { RosterPosition } from "./roster-token.ts";
import { choosePage, findOverlap, type PageRange } from "./roster-window.ts";
import { nextSize, type SizeNews, shrink, type WindowSize } from "./window-size.ts";

/** Sizes and bounds of a walk. The defaults suit Codecov; tests use tiny ones. */
export interface RosterLimits {
  /** Rows asked for at once. An organization of at most this many members is read in one consistent response. */
  readonly windowRows: number;
  /** How far a window may grow where rows without a user name, or many changes, hide the overlap. */
  readonly maxWindowRows: number;
  /** How far a window may shrink when Codecov cannot deliver a larger one; it grows back. */
  readonly minWindowRows: number;
  /** Rows by which windows overlap, as long as nobody leaves. */
  readonly anchorRows: number;
  /** Consecutive agreeing rows with a user name that prove an overlap. */
  readonly requiredNames: number;
  /** How often a walk may begin again at the first page. */
  readonly maxRestarts: number;
  /** Requests that one call may need to find its place. */
  readonly maxRequests: number;
}

export const ROSTER_LIMITS: RosterLimits = {
  windowRows: 10_000,
  maxWindowRows: 40_000,
  minWindowRows: 100,
  anchorRows: 64,
  requiredNames: 8,
  maxRestarts: 5,
  maxRequests: 16,
};

/** Up to this size a page is asked for with full patience; a larger one is rather made smaller. */
const PATIENT_ROWS = 1_000;

/** Rows of one response, of which those from `fresh` on have not been handed out. */
export interface RosterWindow extends WindowSize {
  readonly rows: readonly Member[];
  /** Position of the first row. */
  readonly start: number;
  /** Index of the first row that is counted in `unnamed` or comes after it. */
  readonly known: number;
  readonly fresh: number;
  /** Rows without a user name that were handed out before `fresh`, by fingerprint. */
  readonly unnamed: ReadonlyMap<string, number>;
  /** The number of members, if Codecov says that the roster ends with this window. */
  readonly claimedCount: number | undefined;
  /** Whether that is certain. */
  readonly atEnd: boolean;
  readonly restarts: number;
  readonly windows: number;
}

/**
 * Reads the next window after `position`: one that provably contains a row that stands at or before the
 * position, so that nobody in between can be missed.
 *
 * Where that cannot be shown, because many have left, names have moved, or the roster now ends before the
 * window, it steps back: first within what was read, in the end to the first page, which needs no proof.
 */
export async function readWindow(
  source: RosterSource,
  position: RosterPosition,
  limits: RosterLimits,
  log: Logger,
): Promise<RosterWindow> {
  let { windowRows } = position;
  let back = position.anchor.length;
  let news: SizeNews = "none";
  for (let request = 0; request < limits.maxRequests; request += 1) {
    const range = placeWindow(position.read, back, windowRows, limits);
    const response = await askFor(source, range, limits, log);
    if (response === "undeliverable") {
      windowRows = shrink(range.size, limits.minWindowRows);
      news = "shrunk";
      back = Math.min(back, Math.floor(windowRows / 2));
      continue;
    }
    if (response !== "beyond-end") {
      if (isShortened(response, range)) {
        // A server that never gives as many rows as asked for counts its pages in other sizes than we do.
        windowRows = Math.max(response.results.length, range.start > 0 ? Math.floor(windowRows / 4) : 1);
        news = "capped";
        continue;
      }
      const size = nextSize(position, windowRows, news, limits.windowRows);
      const window = await joinWindow(source, position, { range, response, size, limits });
      if (window !== undefined) {
        if (canProceed(window, position)) return checkRestarts(window, limits);
        windowRows = growWindow(windowRows, limits);
        continue;
      }
    } else if (range.start === 0) {
      throw unusable("Codecov says that the first page of the member list does not exist");
    }
    back = stepBack(back, windowRows, limits);
    log.info("the member list changed while it was being read; stepping back", {
      position: position.read,
      back: String(back),
    });
  }
  throw new BatonError(
    Code.Unavailable,
    `the position in the member list was not found again with ${limits.maxRequests} requests; the list is changing too quickly`,
  );
}

/**
 * A window that begins `back` rows before the position and reaches well beyond it, or the first page. Small
 * windows cannot always do both; then the margin shrinks as far as the overlap can still be proven, and if that
 * does not help the window grows.
 */
function placeWindow(
  read: number,
  back: number,
  windowRows: number,
  { requiredNames }: RosterLimits,
): PageRange {
  if (back >= read) return choosePage(0, windowRows);
  let margin = back;
  let best = choosePage(read - margin, windowRows);
  // A page that may begin later never ends earlier.
  while (margin > requiredNames && gain(best, read) < windowRows / 4) {
    margin -= 1;
    best = choosePage(read - margin, windowRows);
  }
  for (let size = windowRows + 1; gain(best, read) <= 0; size += 1) best = choosePage(read - back, size);
  return best;
}

/** How far a page reaches beyond what was read. */
function gain(range: PageRange, read: number): number {
  return range.start + range.size - read;
}

/** How far to go back next; infinitely far, to the first page, when a window would no longer reach the position. */
function stepBack(back: number, windowRows: number, { anchorRows }: RosterLimits): number {
  const next = Math.max(back, anchorRows) * 8;
  return next + anchorRows <= windowRows ? next : Number.POSITIVE_INFINITY;
}

function growWindow(windowRows: number, { maxWindowRows }: RosterLimits): number {
  if (windowRows < maxWindowRows) return Math.min(windowRows * 2, maxWindowRows);
  throw unusable(
    `no page of up to ${maxWindowRows} rows continues where the last one ended: too many members in a row have no user name, or the server repeats its rows`,
  );
}

async function askFor(
  source: RosterSource,
  { page, size }: PageRange,
  { minWindowRows }: RosterLimits,
  log: Logger,
): Promise<RosterPage | "beyond-end" | "undeliverable"> {
  try {
    const response = await source.roster({
      page,
      pageSize: size,
      ...(size > PATIENT_ROWS ? { attemptsAtThisSize: 2 } : {}),
    });
    if (response.kind === "refused") throw response.error;
    if (response.kind === "beyond-end") return "beyond-end";
    return checkedPage(response.page, size);
  } catch (error) {
    if (size <= minWindowRows || !(error instanceof BatonError && error.lessMayHelp)) throw error;
    log.warn("Codecov could not deliver a page of the member list; requesting smaller ones", {
      rows: size,
      error,
    });
    return "undeliverable";
  }
}

function checkedPage(page: RosterPage, size: number): RosterPage {
  const { count, results } = page;
  if (results.length > size) {
    throw unusable(`Codecov returned ${results.length} rows where ${size} were requested`);
  }
  if (results.length > 0 || count === 0) return page;
  throw new BatonError(
    Code.Unavailable,
    `Codecov counts ${count} members but returned none; try again later`,
  );
}

function isShortened(page: RosterPage, range: PageRange): boolean {
  return page.next !== null && page.results.length < range.size;
}

interface Reading {
  readonly range: PageRange;
  readonly response: RosterPage;
  readonly size: WindowSize;
  readonly limits: RosterLimits;
}

/** The response as a window after `position`, or undefined if a gap between the two is possible. */
async function joinWindow(
  source: RosterSource,
  position: RosterPosition,
  { range, response, size, limits }: Reading,
): Promise<RosterWindow | undefined> {
  const rows = response.results;
  checkDistinct(rows);
  const overlap = locate(position.anchor, rows, limits);
  if (overlap === undefined && range.start > 0) return undefined;
  const claimedCount = response.next === null ? response.count : undefined;
  const atEnd =
    claimedCount !== undefined &&
    (repeatsClaim(rows, claimedCount, position) || (await confirmEnd(source, rows, range.start)));
  const common = { rows, start: range.start, claimedCount, atEnd, windows: position.windows + 1 };
  if (overlap === undefined) return { ...common, ...beginAgain(position, size, limits) };
  return {
    ...common,
    known: overlap.begin,
    fresh: overlap.end,
    // Every row of the anchor without a user name was counted, and those after the overlap are counted again.
    unnamed: withoutCounts(position.unnamed, position.anchor.slice(overlap.anchorEnd)),
    ...size,
    restarts: position.restarts,
  };
}

/**
 * Where the anchor is in the window. If little has changed it is whole and near the beginning, and then there is
 * no better overlap; else the price is to hash all rows.
 */
function locate(anchor: readonly string[], rows: readonly Member[], { requiredNames }: RosterLimits) {
  if (anchor.length === 0) return undefined;
  const search = (among: readonly Member[]) => {
    const window = among.map((member) => ({ fingerprint: fingerprint(member), named: hasName(member) }));
    return findOverlap(anchor, window, requiredNames);
  };
  const near = search(rows.slice(0, 4 * anchor.length));
  return near !== undefined && near.end - near.begin === anchor.length ? near : search(rows);
}

/**
 * All rows of the first page are handed out, whether the walk begins or begins again. In the second case the
 * windows were too small for so many changes, or so many rows without a user name.
 */
function beginAgain(
  { read, returnedAfterAnchor, restarts }: RosterPosition,
  size: WindowSize,
  { maxWindowRows }: RosterLimits,
) {
  const first = { known: 0, fresh: 0, unnamed: new Map<string, number>() };
  if (read === 0 && returnedAfterAnchor === 0) return { ...first, ...size, restarts };
  const windowRows = Math.min(size.windowRows * 2, maxWindowRows);
  return { ...first, ...size, windowRows, restarts: restarts + 1 };
}

/** Whether the next window can begin further on than this one. */
function canProceed({ rows, start, fresh, atEnd }: RosterWindow, position: RosterPosition): boolean {
  return atEnd || start + fresh > position.read || rows.slice(fresh).some(hasName);
}

function checkRestarts(window: RosterWindow, { maxRestarts }: RosterLimits): RosterWindow {
  if (window.restarts <= maxRestarts) return window;
  throw new BatonError(
    Code.Aborted,
    `the member list changed so much while it was being read that reading had to start over ${maxRestarts} times; run the sync again at a quieter time`,
  );
}

/** Codecov keeps names unique per service. If that ever fails, two members would share an id: better no result. */
function checkDistinct(rows: readonly Member[]): void {
  const named = rows.filter(hasName);
  // Nearly always the names alone are distinct.
  if (new Set(named.map(({ username }) => username)).size === named.length) return;
  const seen = new Set<string>();
  for (const { service, username } of named) {
    const key = `${service}/${username}`;
    if (seen.has(key))
      throw unusable(`Codecov lists two members with the user name ${username} on ${service}`);
    seen.add(key);
  }
}

function unusable(what: string): BatonError {
  return new BatonError(Code.FailedPrecondition, `${what}; the sync stops rather than leave a member out`, {
    kind: "upstream",
  });
}
