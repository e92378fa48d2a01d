import { BoundedMap } from "#kernel/bounded-map.ts";

/** Entries that are kept: the present and the previous page of two walks. */
const MAX_ENTRIES = 4;
/** Rows kept longer than this are read anew rather than handed out: they may no longer be true. */
const MAX_AGE_MS = 10 * 60_000;

/** Keeps the few values that the next calls will ask for, by page token. */
export class SliceCache<Value> {
  readonly #entries = new BoundedMap<string, { readonly value: Value; readonly storedAt: number }>(
    MAX_ENTRIES,
  );

  /** @param now monotonic milliseconds. */
  get(token: string, now: number): Value | undefined {
    this.#dropOld(now);
    return this.#entries.get(token)?.value;
  }

  /** As {@link get}, and forgets the value. */
  take(token: string, now: number): Value | undefined {
    const value = this.get(token, now);
    this.#entries.delete(token);
    return value;
  }

  set(token: string, value: Value, now: number): void {
    this.#dropOld(now);
    this.#entries.set(token, { value, storedAt: now });
  }

  clear(): void {
    this.#entries.clear();
  }

  #dropOld(now: number): void {
    for (const [token, { storedAt }] of this.#entries) {
      if (now - storedAt > MAX_AGE_MS) this.#entries.delete(token);
    }
  }
}
