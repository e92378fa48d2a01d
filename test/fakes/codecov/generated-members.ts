import type { IdRange } from "./id-set.ts";
import type { IdRun } from "./roster.ts";
import type { Flags, Owner } from "./state.ts";

const CHUNK_ROWS = 512;
const FIRST_OWNER_ID = 1001;
const NAME_DIGITS = 7;
const NAME_PATTERN = new RegExp(`^member-(\\d{${NAME_DIGITS}})$`, "i");

export interface GeneratedMembersOptions {
  /** How many people; up to 9,999,999. */
  readonly count: number;
  /** Long name of the git service. */
  readonly service: string;
}

interface Chunk {
  readonly bytes: Buffer;
  /** Where each row starts, and after the last one where it ends. */
  readonly offsets: Uint32Array;
}

/**
 * The people of a generated organization: a formula of their number i = 1 … count, no objects.
 *
 * Their rows are rendered in chunks when first asked for and kept as bytes until something changes, so that
 * a page is a copy of memory. Somebody whose profile was changed is an ordinary owner from then on; see
 * {@link GeneratedMembers.override}.
 */
export class GeneratedMembers {
  readonly range: IdRange;
  readonly #service: string;
  readonly #overrides = new Map<number, Owner>();
  readonly #chunks = new Map<number, Chunk>();

  constructor(options: GeneratedMembersOptions) {
    this.range = { first: FIRST_OWNER_ID, length: options.count };
    this.#service = options.service;
  }

  /** The person with an owner id of the range. */
  get(ownerid: number): Owner {
    return this.#overrides.get(ownerid) ?? this.#generate(ownerid);
  }

  /** The person whom the formula gives this login, in any case; undefined also if it was renamed. */
  findByUsername(username: string): number | undefined {
    const match = NAME_PATTERN.exec(username);
    const ownerid = this.range.first + Number(match?.[1] ?? 0) - 1;
    if (match === null || ownerid < this.range.first) return undefined;
    if (ownerid >= this.range.first + this.range.length || this.#overrides.has(ownerid)) return undefined;
    return ownerid;
  }

  /** Replaces what the formula says of one person. */
  override(owner: Owner): void {
    this.#overrides.set(owner.ownerid, owner);
    this.forgetRows();
  }

  /** Drops the rendered rows; to be called when a seat or an admin flag has changed. */
  forgetRows(): void {
    this.#chunks.clear();
  }

  /** The rows of a run of ids as JSON, each followed by a comma. */
  *renderRows(run: IdRun, flagsOf: (ownerid: number) => Flags): Generator<Buffer> {
    let index = run.from - this.range.first;
    const end = run.to - this.range.first;
    while (index < end) {
      const number = Math.floor(index / CHUNK_ROWS);
      const start = number * CHUNK_ROWS;
      const stop = Math.min(end, start + CHUNK_ROWS);
      const { bytes, offsets } = this.#chunk(number, flagsOf);
      yield bytes.subarray(offsets[index - start], offsets[stop - start]);
      index = stop;
    }
  }

  /** Renders all rows now. */
  prerender(flagsOf: (ownerid: number) => Flags): void {
    const { first, length } = this.range;
    const rows = this.renderRows({ from: first, to: first + length }, flagsOf);
    while (rows.next().done !== true);
  }

  #chunk(number: number, flagsOf: (ownerid: number) => Flags): Chunk {
    const known = this.#chunks.get(number);
    if (known !== undefined) return known;

    const from = this.range.first + number * CHUNK_ROWS;
    const to = Math.min(from + CHUNK_ROWS, this.range.first + this.range.length);
    const offsets = new Uint32Array(to - from + 1);
    let text = "";
    let length = 0;
    for (let ownerid = from; ownerid < to; ownerid++) {
      const row = `${this.#renderRow(ownerid, flagsOf(ownerid))},`;
      length += this.#overrides.has(ownerid) ? Buffer.byteLength(row) : row.length;
      offsets[ownerid - from + 1] = length;
      text += row;
    }
    const chunk = { bytes: Buffer.from(text, "utf8"), offsets };
    this.#chunks.set(number, chunk);
    return chunk;
  }

  /** Like {@link renderUserRow}, without the objects: this is where a large page spends its time. */
  #renderRow(ownerid: number, { activated, isAdmin }: Flags): string {
    const override = this.#overrides.get(ownerid);
    if (override !== undefined) return renderUserRow(override, { activated, isAdmin });
    const i = ownerid - this.range.first + 1;
    const username = usernameOf(i);
    const name = hasName(i) ? `"Member ${i}"` : "null";
    const email = hasEmail(i) ? `"${username}@example.com"` : "null";
    return `{"service":"${this.#service}","username":"${username}","name":${name},"activated":${activated},"is_admin":${isAdmin},"email":${email}}`;
  }

  #generate(ownerid: number): Owner {
    const i = ownerid - this.range.first + 1;
    const username = usernameOf(i);
    return {
      ownerid,
      service: this.#service,
      username,
      name: hasName(i) ? `Member ${i}` : null,
      email: hasEmail(i) ? `${username}@example.com` : null,
      sessions: i % 3 === 0 ? ["2099-01-01T00:00:00Z"] : i % 5 === 0 ? ["2020-01-01T00:00:00Z"] : [],
    };
  }
}

/** The seat and admin flags that the formula gives the i-th person at the start. */
export function generatedFlags(i: number): Flags {
  return { activated: i % 3 !== 2, isAdmin: i % 1000 === 1 };
}

/** One row of the user list as JSON, without blanks, keys in the order of the server. */
export function renderUserRow(owner: Owner, { activated, isAdmin }: Flags): string {
  const { service, username, name, email } = owner;
  return JSON.stringify({ service, username, name, activated, is_admin: isAdmin, email });
}

function usernameOf(i: number): string {
  return `member-${String(i).padStart(NAME_DIGITS, "0")}`;
}

function hasName(i: number): boolean {
  return i % 101 !== 0;
}

function hasEmail(i: number): boolean {
  return i % 53 !== 0;
}
