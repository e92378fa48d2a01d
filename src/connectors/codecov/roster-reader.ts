import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import type { PageQuery, RosterAnswer } from "./api.ts";
import { fingerprint, hasName } from "./roster-row.ts";
import { withoutCounts } from "./roster-slice.ts";
import type { RosterPosition } from "./roster-token.ts";
import { choosePage, findOverlap, type Overlap, type PageRange } from "./roster-window.ts";
import type { Member, RosterPage } from "./schemas.ts";

/** The endpoint that a walk reads. */
export interface RosterSource {
  roster(query: PageQuery): Promise<RosterAnswer>;
}

/** Sizes and bounds of a walk. The defaults suit Codecov; tests use tiny ones. */
export interface RosterLimits {
  /** Rows asked for at once. An organization of at most this many members is read in one consistent answer. */
  readonly windowRows: number;
  /** How far a window may grow where rows without a user name, or many changes, hide the overlap. */
  readonly maxWindowRows: number;
  /** How far a window may shrink when Codecov cannot deliver a larger one. */
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

/** Rows of one answer, of which those from `fresh` on have not been handed out. */
export interface RosterWindow {
  readonly rows: readonly Member[];
  /** Position of the first row. */
  readonly start: number;
  /** Index of the first row that is counted in `unnamed` or comes after it. */
  readonly known: number;
  readonly fresh: number;
  /** Rows without a user name that were handed out before `fresh`, by fingerprint. */
  readonly unnamed: ReadonlyMap<string, number>;
  /** Whether the roster ends with this window. */
  readonly atEnd: boolean;
  readonly windowRows: number;
  readonly restarts: number;
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
  for (let request = 0; request < limits.maxRequests; request += 1) {
    const range = placeWindow(position.read, back, windowRows);
    const answer = await askFor(source, range, limits, log);
    if (answer === "undeliverable") {
      windowRows = Math.max(limits.minWindowRows, Math.floor(range.size / 4));
      back = Math.min(back, Math.floor(windowRows / 2));
      continue;
    }
    if (answer !== "beyond-end") {
      const shortened = isShortened(answer, range);
      // A server that never gives as many rows as asked for counts its pages in other sizes than we do.
      if (shortened) windowRows = Math.max(answer.results.length, Math.floor(windowRows / 4));
      if (shortened && range.start > 0) continue;
      const window = await connect(source, position, { range, answer, windowRows, limits });
      if (window !== undefined) {
        if (canProceed(window, position)) return checkRestarts(window, limits);
        windowRows = growWindow(windowRows, limits);
        continue;
      }
    } else if (range.start === 0) {
      throw unusable("Codecov says that the first page of the roster does not exist");
    }
    back = stepBack(back, windowRows, limits);
    log.info("the roster changed while it was read; stepping back", {
      position: position.read,
      back: String(back),
    });
  }
  throw new BatonError(
    Code.Unavailable,
    `the place to go on in the roster was not found with ${limits.maxRequests} requests; the roster changes too quickly just now`,
  );
}

/** A window that begins `back` rows before the position and reaches beyond it, or the first page. */
function placeWindow(read: number, back: number, windowRows: number): PageRange {
  const from = Math.max(0, read - back);
  let size = windowRows;
  let range = choosePage(from, size);
  while (range.start > 0 && range.start + range.size <= read) {
    size += 1;
    range = choosePage(from, size);
  }
  return range;
}

/** How far to go back next; infinitely far, to the first page, when a window would no longer reach the position. */
function stepBack(back: number, windowRows: number, { anchorRows }: RosterLimits): number {
  const next = Math.max(back, anchorRows) * 8;
  return next + anchorRows <= windowRows ? next : Number.POSITIVE_INFINITY;
}

function growWindow(windowRows: number, { maxWindowRows }: RosterLimits): number {
  if (windowRows < maxWindowRows) return Math.min(windowRows * 2, maxWindowRows);
  throw new BatonError(
    Code.FailedPrecondition,
    `more than ${maxWindowRows} members in a row have no user name, so that the place in the roster cannot be found again; nothing is left out, the sync stops`,
  );
}

async function askFor(
  source: RosterSource,
  { page, size }: PageRange,
  { minWindowRows }: RosterLimits,
  log: Logger,
): Promise<RosterPage | "beyond-end" | "undeliverable"> {
  try {
    const answer = await source.roster({
      page,
      pageSize: size,
      ...(size > PATIENT_ROWS ? { attempts: 2 } : {}),
    });
    if (answer.kind === "refused") throw answer.error;
    if (answer.kind === "beyond-end") return "beyond-end";
    if (answer.page.results.length > size) {
      throw unusable(`Codecov answered with ${answer.page.results.length} rows where ${size} were asked for`);
    }
    return answer.page;
  } catch (error) {
    if (size <= minWindowRows || !mayBeTooLarge(error)) throw error;
    log.warn("Codecov could not deliver a page of the roster; asking for smaller ones", {
      rows: size,
      error,
    });
    return "undeliverable";
  }
}

/** Time-outs, server errors and bodies above the bound can come from the size of the page; an announced pause not. */
function mayBeTooLarge(error: unknown): boolean {
  if (!(error instanceof BatonError)) return false;
  if (error.code === Code.Unavailable) return error.rateLimit?.resetAt === undefined;
  return error.code === Code.DeadlineExceeded || error.code === Code.ResourceExhausted;
}

function isShortened(page: RosterPage, range: PageRange): boolean {
  return page.next !== null && page.results.length < range.size;
}

interface Reading {
  readonly range: PageRange;
  readonly answer: RosterPage;
  readonly windowRows: number;
  readonly limits: RosterLimits;
}

/** The answer as a window after `position`, or undefined if a gap between the two is possible. */
async function connect(
  source: RosterSource,
  position: RosterPosition,
  { range, answer, windowRows, limits }: Reading,
): Promise<RosterWindow | undefined> {
  const rows = answer.results;
  checkDistinct(rows);
  const comparable = rows.map((member) => ({ fingerprint: fingerprint(member), named: hasName(member) }));
  const overlap = findOverlap(position.anchor, comparable, limits.requiredNames);
  if (overlap === undefined && range.start > 0) return undefined;
  const atEnd =
    answer.next === null &&
    (reachesSameEnd(overlap, rows, position) || (await confirmEnd(source, rows, range.start)));
  const place =
    overlap === undefined
      ? { known: 0, fresh: 0, unnamed: new Map<string, number>(), restarts: restartsAfter(position) }
      : {
          known: overlap.begin,
          fresh: overlap.end,
          // Every row of the anchor without a user name was counted, and those behind the overlap are counted again.
          unnamed: withoutCounts(position.unnamed, position.anchor.slice(overlap.anchorEnd)),
          restarts: position.restarts,
        };
  return { rows, start: range.start, ...place, atEnd, windowRows };
}

/** The very first window begins at the first page as well, but does not begin anything again. */
function restartsAfter({ read, ahead, restarts }: RosterPosition): number {
  return read === 0 && ahead === 0 ? restarts : restarts + 1;
}

/** Whether this window and the one before end with the same row. */
function reachesSameEnd(
  overlap: Overlap | undefined,
  rows: readonly Member[],
  { anchor }: RosterPosition,
): boolean {
  return overlap !== undefined && overlap.end === rows.length && overlap.anchorEnd === anchor.length;
}

/**
 * Asks once more for the last row. Codecov counts the members first and then selects as many rows as it has
 * counted: if somebody with an old account joins in between, the answer ends one row early and looks complete.
 */
async function confirmEnd(source: RosterSource, rows: readonly Member[], start: number): Promise<boolean> {
  const last = rows.at(-1);
  if (last === undefined) return true;
  const answer = await source.roster({ page: "last", pageSize: 1 });
  if (answer.kind === "refused") throw answer.error;
  if (answer.kind === "beyond-end" || answer.page.count !== start + rows.length) return false;
  const seen = answer.page.results.at(-1);
  return seen !== undefined && fingerprint(seen) === fingerprint(last);
}

/** Whether the next window can begin further on than this one. */
function canProceed({ rows, start, fresh, atEnd }: RosterWindow, position: RosterPosition): boolean {
  return atEnd || start + fresh > position.read || rows.slice(fresh).some(hasName);
}

function checkRestarts(window: RosterWindow, { maxRestarts }: RosterLimits): RosterWindow {
  if (window.restarts <= maxRestarts) return window;
  throw new BatonError(
    Code.Aborted,
    `the roster changed so much while it was read that the walk had to begin again ${maxRestarts} times; start the sync again at a quieter time`,
    { kind: "upstream" },
  );
}

/** Codecov keeps names unique per service. If that ever fails, two members would share an id: better no result. */
function checkDistinct(rows: readonly Member[]): void {
  const seen = new Set<string>();
  for (const { service, username } of rows.filter(hasName)) {
    const key = `${service}/${username}`;
    if (seen.has(key))
      throw unusable(`Codecov lists two members with the user name ${username} on ${service}`);
    seen.add(key);
  }
}

function unusable(what: string): BatonError {
  return new BatonError(Code.FailedPrecondition, `${what}; nothing is left out, the sync stops`, {
    kind: "upstream",
  });
}
