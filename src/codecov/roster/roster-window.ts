/** A page of the roster: the rows at the positions `start` … `start + size - 1`. */
export interface PageRange {
  /** Number of the page, from 1. */
  readonly page: number;
  readonly size: number;
  /** Position of its first row, from 0. */
  readonly start: number;
}

/**
 * The page that begins at or before position `from` and reaches furthest beyond it, with at most `maxSize` rows.
 *
 * Codecov cuts its list at multiples of the page size only, so a page that begins in the middle of what was
 * read needs a size of its own: page p of size s begins at (p - 1) · s. Of all sizes above half of `maxSize` the
 * one is taken whose page ends last, which is the one that wastes least in front of `from`.
 */
export function choosePage(from: number, maxSize: number): PageRange {
  let best: PageRange = { page: 1, size: 0, start: 0 };
  for (let size = maxSize; size > maxSize / 2; size -= 1) {
    const pagesBefore = Math.floor(from / size);
    const start = pagesBefore * size;
    if (start + size > best.start + best.size) best = { page: pagesBefore + 1, size, start };
  }
  return best;
}

/** Where rows that were read before occur again. */
export interface Overlap {
  /** Index of the first agreeing row in the new window. */
  readonly begin: number;
  /** Index after the last agreeing row in the new window. */
  readonly end: number;
  /** Index after the same row in the anchor. */
  readonly anchorEnd: number;
}

/** A row as far as overlaps are concerned. */
export interface ComparableRow {
  readonly fingerprint: string;
  /** Whether the row has a user name; rows without one can be each other's twins and prove nothing. */
  readonly named: boolean;
}

/**
 * The run of consecutive rows that the anchor and the window have in common and that holds most rows with a
 * name; it begins and ends with such a row. Undefined if no run holds at least `requiredNames` of them: a
 * single agreeing row could be a name that has moved to somebody else.
 */
export function findOverlap(
  anchor: readonly string[],
  window: readonly ComparableRow[],
  requiredNames: number,
): Overlap | undefined {
  const places = indexPlaces(anchor);
  // For each place in the anchor: the row of the window where a run last ended there, and what that run holds.
  const lastRow = new Int32Array(anchor.length).fill(-2);
  const begins = new Int32Array(anchor.length);
  const names = new Int32Array(anchor.length);
  let bestNames = requiredNames - 1;
  let best: Overlap | undefined;
  for (const [row, { fingerprint, named }] of window.entries()) {
    for (const place of places.get(fingerprint) ?? []) {
      const continues = lastRow[place - 1] === row - 1;
      if (!continues && !named) continue;
      const count = (continues ? (names[place - 1] ?? 0) : 0) + (named ? 1 : 0);
      const begin = continues ? (begins[place - 1] ?? row) : row;
      lastRow[place] = row;
      begins[place] = begin;
      names[place] = count;
      if (!named || count <= bestNames) continue;
      bestNames = count;
      best = { begin, end: row + 1, anchorEnd: place + 1 };
    }
  }
  return best;
}

/** The places of each fingerprint, the last one first: a run is continued before its own place is overwritten. */
function indexPlaces(anchor: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, fingerprint] of [...anchor.entries()].reverse()) {
    const known = places.get(fingerprint);
    if (known === undefined) places.set(fingerprint, [index]);
    else known.push(index);
  }
  return places;
}
