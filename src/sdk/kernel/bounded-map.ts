/** A map that keeps the newest entries: setting one more than it holds drops the one that was set longest ago. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #limit: number;

  /** @param limit entries that are kept, at least 1 */
  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  /** The entry is the newest one from now on, also if there was one for the key. */
  override set(key: Key, value: Value): this {
    this.delete(key);
    super.set(key, value);
    for (const oldest of this.keys()) {
      if (this.size <= this.#limit) break;
      this.delete(oldest);
    }
    return this;
  }
}
