import fc from "fast-check";
import type { MemberPageQuery, RosterResponse } from "#codecov/api/members.ts";
import type { Member } from "#codecov/api/schemas.ts";
import type { RosterSource } from "#codecov/roster/roster-end.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** A member with the key by which Codecov orders the roster and which it tells nobody. */
interface Person {
  readonly key: number;
  readonly username: string | null;
  readonly name: string | null;
  readonly email: string | null;
}

/** Something that happens on the server. Places are shares of the roster, 0 to 1, whatever its length is then. */
export type RosterEvent =
  | { readonly kind: "join"; readonly place: number; readonly count: number }
  | { readonly kind: "leave"; readonly place: number; readonly count: number }
  | { readonly kind: "rename"; readonly place: number }
  /** The member at `place` takes the user name of the one at `from`, who then has none. */
  | { readonly kind: "move-name"; readonly place: number; readonly from: number; readonly whole: boolean }
  | { readonly kind: "lose-names"; readonly place: number; readonly count: number };

/** What happens around one request: before it, and between its counting and its selecting of rows. */
export interface Turn {
  readonly before: readonly RosterEvent[];
  readonly between: readonly RosterEvent[];
}

/** A roster in memory that answers like Codecov and changes with every request. */
export class ChangingRoster implements RosterSource {
  #people: readonly Person[];
  #turns: readonly Turn[];
  readonly #initialKeys: ReadonlySet<number>;
  readonly #left = new Set<number>();
  readonly #robbed = new Set<number>();
  readonly #keys = new WeakMap<Member, number>();
  readonly #largestPage: number;
  #created: number;
  requests = 0;

  /** @param largestPage pages with more rows end in a server error. */
  constructor(
    named: readonly boolean[],
    turns: readonly Turn[] = [],
    largestPage = Number.POSITIVE_INFINITY,
  ) {
    this.#people = named.map((hasName, index) => makePerson(index + 1, hasName ? index : undefined, index));
    this.#initialKeys = new Set(this.#people.map(({ key }) => key));
    this.#turns = turns;
    this.#largestPage = largestPage;
    this.#created = named.length;
  }

  get size(): number {
    return this.#people.length;
  }

  /** Keys of the members who were on the roster from the beginning until now. */
  get steadyKeys(): number[] {
    return [...this.#initialKeys].filter((key) => !this.#left.has(key));
  }

  /** The row of a member who is still there, as it is now. */
  rowOf(key: number): Member {
    const person = this.#people.find((present) => present.key === key);
    if (person === undefined) throw new Error(`nobody has the key ${key}`);
    return this.#show(person);
  }

  /** Whether somebody else has taken this member's user name: then there is one id for both. */
  wasRobbed(key: number): boolean {
    return this.#robbed.has(key);
  }

  keyOf(member: Member): number {
    const key = this.#keys.get(member);
    if (key === undefined) throw new Error("a row that this roster has not given");
    return key;
  }

  async roster({ page, pageSize }: MemberPageQuery): Promise<RosterResponse> {
    const turn = this.#turns[this.requests];
    this.requests += 1;
    this.apply(turn?.before ?? []);
    const count = this.#people.length;
    const pages = Math.max(1, Math.ceil(count / pageSize));
    const number = page === "last" ? pages : page;
    if (number > pages) return { kind: "beyond-end" };
    if (pageSize > this.#largestPage) throw new BatonError(Code.Unavailable, "502", { lessMayHelp: true });
    this.apply(turn?.between ?? []);
    const begin = (number - 1) * pageSize;
    const results = this.#people
      .slice(begin, Math.min(begin + pageSize, count))
      .map((person) => this.#show(person));
    return { kind: "page", page: { count, next: number < pages ? "http://wrong.example/" : null, results } };
  }

  apply(events: readonly RosterEvent[]): void {
    for (const event of events) this.#apply(event);
  }

  #apply(event: RosterEvent): void {
    const at = this.#indexOf(event.place);
    const person = this.#people[at];
    if (event.kind === "join") this.#join(at, event.count);
    if (person === undefined) return;
    switch (event.kind) {
      case "join":
        return;
      case "leave":
        for (const { key } of this.#people.slice(at, at + event.count)) this.#left.add(key);
        this.#people = this.#people.filter(({ key }) => !this.#left.has(key));
        return;
      case "rename":
        this.#replace({ ...person, username: `renamed${this.requests}-${person.key}` });
        return;
      case "lose-names":
        for (const { key, name, email } of this.#people.slice(at, at + event.count)) {
          this.#replace({ key, username: null, name, email });
        }
        return;
      case "move-name": {
        const victim = this.#people[this.#indexOf(event.from)];
        if (victim === undefined || victim.key === person.key || victim.username === null) return;
        this.#robbed.add(victim.key);
        this.#replace({ ...victim, username: null });
        this.#replace(
          event.whole ? { ...victim, key: person.key } : { ...person, username: victim.username },
        );
        return;
      }
      default:
        event satisfies never;
    }
  }

  /** Newcomers get keys between those of their neighbours: people who had an account long before. */
  #join(at: number, count: number): void {
    const low = this.#people[at - 1]?.key ?? 0;
    const high = this.#people[at]?.key ?? low + count + 1;
    const joiners = Array.from({ length: count }, (_, index) => {
      this.#created += 1;
      return makePerson(low + ((high - low) * (index + 1)) / (count + 1), this.#created, this.#created);
    });
    this.#people = this.#people.toSpliced(at, 0, ...joiners);
  }

  #replace(person: Person): void {
    this.#people = this.#people.map((present) => (present.key === person.key ? person : present));
  }

  #indexOf(place: number): number {
    return Math.floor(place * this.#people.length);
  }

  #show({ key, username, name, email }: Person): Member {
    const member: Member = { service: "github", username, name, email, activated: true, is_admin: false };
    this.#keys.set(member, key);
    return member;
  }
}

/** A third of the members without a user name say nothing of themselves at all and so are each other's twins. */
function makePerson(key: number, nameNumber: number | undefined, number: number): Person {
  if (nameNumber !== undefined) {
    return { key, username: `u${nameNumber}`, name: `Name ${number % 7}`, email: `u${number}@acme.example` };
  }
  return number % 3 === 0
    ? { key, username: null, name: null, email: null }
    : { key, username: null, name: `Name ${number % 2}`, email: null };
}

const place = fc.double({ min: 0, max: 0.999999, noNaN: true });

const event: fc.Arbitrary<RosterEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("join"), place, count: fc.nat(8) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("leave"), place, count: fc.nat(8) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rename"), place }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("move-name"), place, from: place, whole: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose-names"), place, count: fc.nat(12) }) },
);

const events = fc.array(event, { maxLength: 3 });
const turn = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Turn>({ before: [], between: [] }) },
  { weight: 3, arbitrary: fc.record({ before: events, between: fc.constant([]) }) },
  { weight: 1, arbitrary: fc.record({ before: events, between: events }) },
);

/** Members in runs with and without a user name. */
const names = fc
  .array(fc.record({ named: fc.nat(30), unnamed: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(15)) }), {
    maxLength: 6,
  })
  .map((runs) =>
    runs.flatMap(({ named, unnamed }) => [
      ...Array.from({ length: named }, () => true),
      ...Array.from({ length: unnamed }, () => false),
    ]),
  );

/** A roster, what happens to it, and how the host reads it. */
export const scenario = fc.record({
  names,
  turns: fc.array(turn, { maxLength: 40 }),
  /** Rows per host page. */
  pageRows: fc.integer({ min: 1, max: 15 }),
  /** Whether the process is a new one for each page. */
  restarts: fc.array(fc.boolean(), { maxLength: 40 }),
  largestPage: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 15, 30),
});
export type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;
