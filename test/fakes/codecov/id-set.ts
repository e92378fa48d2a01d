/** A run of consecutive owner ids, `first` … `first + length - 1`. */
export interface IdRange {
  readonly first: number;
  readonly length: number;
}

export const NO_RANGE: IdRange = { first: 0, length: 0 };

/** Whether `id` lies in `range`. */
export function isInRange(range: IdRange, id: number): boolean {
  return id >= range.first && id < range.first + range.length;
}

/** Number of set bits in a 32-bit word. */
export function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * A set of owner ids: one bit for each id of a range, and a plain set for all others.
 * That way the seats of a million generated members take 125 kB, and copying them costs next to nothing.
 */
export class IdSet {
  readonly range: IdRange;
  readonly words: Uint32Array;
  readonly others: Set<number>;

  constructor(range: IdRange = NO_RANGE, ids: Iterable<number> = []) {
    this.range = range;
    this.words = new Uint32Array(Math.ceil(range.length / 32));
    this.others = new Set();
    for (const id of ids) this.add(id);
  }

  has(id: number): boolean {
    if (!isInRange(this.range, id)) return this.others.has(id);
    const bit = id - this.range.first;
    return (((this.words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
  }

  add(id: number): void {
    if (!isInRange(this.range, id)) {
      this.others.add(id);
      return;
    }
    const bit = id - this.range.first;
    this.words[bit >>> 5] = (this.words[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  delete(id: number): void {
    if (!isInRange(this.range, id)) {
      this.others.delete(id);
      return;
    }
    const bit = id - this.range.first;
    this.words[bit >>> 5] = (this.words[bit >>> 5] ?? 0) & ~(1 << (bit & 31));
  }

  /** How many ids are in the set; counts the bits, so ask once per request. */
  size(): number {
    let total = this.others.size;
    for (const word of this.words) total += countBits(word);
    return total;
  }

  clone(): IdSet {
    const copy = new IdSet(this.range, this.others);
    copy.words.set(this.words);
    return copy;
  }
}
