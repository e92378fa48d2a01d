import { countBits, type IdRange, type IdSet, isInRange } from "./id-set.ts";

/** Consecutive ids `from` … `to - 1`, all of them on the roster. */
export interface IdRun {
  readonly from: number;
  readonly to: number;
}

/**
 * Who is listed in an organization, in the order of the server (owner id, ascending): everybody who lists the
 * organization as their own, and everybody who holds one of its seats.
 *
 * A snapshot: it does not follow later changes of the two sets. Positions start at 0.
 */
export class Roster {
  readonly count: number;
  readonly #range: IdRange;
  readonly #words: Uint32Array;
  readonly #inRange: number;
  readonly #before: readonly number[];
  readonly #after: readonly number[];

  constructor(members: IdSet, seats: IdSet | null) {
    this.#range = members.range;
    this.#words = members.words.map((word, index) => word | (seats?.words[index] ?? 0));
    let inRange = 0;
    for (const word of this.#words) inRange += countBits(word);
    this.#inRange = inRange;

    const others = [...new Set([...members.others, ...(seats?.others ?? [])])].sort((a, b) => a - b);
    this.#before = others.filter((id) => id < this.#range.first);
    this.#after = others.filter((id) => id >= this.#range.first);
    this.count = others.length + inRange;
  }

  /** Whether the person is listed. */
  has(id: number): boolean {
    if (!isInRange(this.#range, id)) return this.#before.includes(id) || this.#after.includes(id);
    return this.#hasBit(id - this.#range.first);
  }

  /** The ids at positions `from` … `to - 1`, as few runs as possible. */
  *runs(from: number, to: number): Generator<IdRun> {
    yield* singles(this.#before.slice(from, to));
    const skipped = this.#before.length;
    yield* this.#runsInRange(clamp(from - skipped, this.#inRange), clamp(to - skipped, this.#inRange));
    const passed = skipped + this.#inRange;
    yield* singles(this.#after.slice(Math.max(0, from - passed), Math.max(0, to - passed)));
  }

  /** The ids at positions `from` … `to - 1`, one by one. */
  *ids(from = 0, to = this.count): Generator<number> {
    for (const run of this.runs(from, to)) {
      for (let id = run.from; id < run.to; id++) yield id;
    }
  }

  /** The id at a position, which must exist. */
  idAt(position: number): number {
    for (const id of this.ids(position, position + 1)) return id;
    throw new RangeError(`the roster has no position ${position}`);
  }

  *#runsInRange(from: number, to: number): Generator<IdRun> {
    let left = to - from;
    if (left <= 0) return;
    const { first, length } = this.#range;
    let bit = this.#bitOfPosition(from);
    while (left > 0 && bit < length) {
      if (!this.#hasBit(bit)) {
        bit++;
        continue;
      }
      const start = bit;
      while (left > 0 && bit < length && this.#hasBit(bit)) {
        bit++;
        left--;
      }
      yield { from: first + start, to: first + bit };
    }
  }

  /** Skips whole words until the word that holds the n-th set bit, then counts its bits. */
  #bitOfPosition(position: number): number {
    if (this.#inRange === this.#range.length) return position;
    let left = position;
    for (const [index, word] of this.#words.entries()) {
      const bits = countBits(word);
      if (left >= bits) {
        left -= bits;
        continue;
      }
      for (let bit = index * 32; ; bit++) {
        if (this.#hasBit(bit) && left-- === 0) return bit;
      }
    }
    return this.#range.length;
  }

  #hasBit(bit: number): boolean {
    return (((this.#words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
  }
}

function* singles(ids: readonly number[]): Generator<IdRun> {
  for (const id of ids) yield { from: id, to: id + 1 };
}

function clamp(position: number, most: number): number {
  return Math.min(Math.max(0, position), most);
}
