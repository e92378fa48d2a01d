import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import {
  inTransaction,
  openWorkingDatabase,
  type Row,
  readInteger,
  readOptionalText,
  readText,
} from "#files/database.ts";
import { toFileError } from "#files/file-errors.ts";
import { nameWorkspace, type Workspace } from "#files/workspace.ts";
import { hasHidden } from "#kernel/visible-text.ts";
import type { Compared } from "./compare.ts";
import { joinDeletedAccounts } from "./deleted-accounts.ts";
import type { ChangeCounts, Concern, Counts, Finding, ListName, MemberChange } from "./findings.ts";
import { SIGN_IN_STATES, type SignInState } from "./synced-member.ts";

/** Rows stored together; between two batches the program can be interrupted. */
const BATCH = 1_000;

/** How many others with the same address are named. */
const MAX_NAMED = 3;

/**
 * `seat` and `admin` are null for somebody who has left, `had_seat` and `was_admin` for somebody who has joined.
 * `address` is the e-mail as it is compared. `removing` says that Codecov has begun to delete the account since.
 */
const SCHEMA = `
  CREATE TABLE members (
    id TEXT PRIMARY KEY, username TEXT, name TEXT, email TEXT, service TEXT NOT NULL, address TEXT,
    seat INTEGER, admin INTEGER, had_seat INTEGER, was_admin INTEGER, name_before TEXT, email_before TEXT,
    sign_in TEXT NOT NULL, session_ends TEXT, deleted INTEGER NOT NULL, removing INTEGER NOT NULL,
    hidden INTEGER NOT NULL, shared INTEGER NOT NULL DEFAULT 0, same_as TEXT
  ) WITHOUT ROWID`;

const INSERT = `
  INSERT INTO members (id, username, name, email, service, address, seat, admin, had_seat, was_admin, name_before,
    email_before, sign_in, session_ends, deleted, removing, hidden) VALUES (${Array(17).fill("?").join(", ")})`;

const INDEX_ADDRESSES = "CREATE INDEX members_by_address ON members (address)";

/** Marks members whose e-mail address is that of another one, too. */
const MARK_SHARED = `
  UPDATE members SET shared = 1 WHERE seat IS NOT NULL AND address IN (
    SELECT address FROM members WHERE seat IS NOT NULL AND address IS NOT NULL
    GROUP BY address HAVING count(*) > 1)`;

/**
 * Somebody who left and somebody who joined on the same service with the same address, and nobody else with it
 * in either role: most likely one person under a new user name.
 */
const MARK_RENAMED = `
  WITH movers AS (
    SELECT service, address, min(id) FILTER (WHERE seat IS NULL) AS old, min(id) FILTER (WHERE seat IS NOT NULL) AS new
    FROM members WHERE address IS NOT NULL AND (seat IS NULL) <> (had_seat IS NULL) AND NOT removing
    GROUP BY service, address
    HAVING count(*) FILTER (WHERE seat IS NULL) = 1 AND count(*) FILTER (WHERE had_seat IS NULL) = 1)
  UPDATE members SET same_as = CASE members.id WHEN movers.old THEN movers.new ELSE movers.old END
  FROM movers WHERE members.id IN (movers.old, movers.new)`;

const IS_CONCERN = "seat IS NOT NULL AND (username IS NULL OR deleted OR shared OR hidden)";
const IS_NAME_CHANGED = "(name IS NOT name_before AND NOT removing)";
const IS_EMAIL_CHANGED = "(email IS NOT email_before AND NOT removing)";
const IS_CHANGED = `(removing OR seat IS NOT had_seat OR admin IS NOT was_admin OR ${IS_NAME_CHANGED} OR ${IS_EMAIL_CHANGED})`;
const HAS_STAYED = "seat IS NOT NULL AND had_seat IS NOT NULL";

const LISTS: Readonly<Record<ListName, string>> = {
  everybody: "1 ORDER BY id",
  members: "seat IS NOT NULL ORDER BY id",
  changes: `${IS_CHANGED} ORDER BY seat IS NULL DESC, removing DESC, had_seat IS NULL DESC, id`,
  // Those who share an address stand together.
  concerns: `${IS_CONCERN} ORDER BY shared, iif(shared, address, NULL), id`,
  idleSeats: "seat AND sign_in IN ('never', 'ended') ORDER BY session_ends, id",
  unknownSeats: "seat AND sign_in = 'unknown' ORDER BY id",
  admins: "admin ORDER BY id",
  seatless: "NOT seat ORDER BY id",
};

const COUNTS = `
  SELECT count(seat) AS members, count(*) FILTER (WHERE seat) AS seats,
    count(*) FILTER (WHERE admin) AS admins, count(*) FILTER (WHERE admin AND NOT seat) AS adminsWithoutSeat,
    count(*) FILTER (WHERE ${IS_CONCERN}) AS concerns,
    count(*) FILTER (WHERE seat AND sign_in = 'active') AS seatsSignedIn,
    count(*) FILTER (WHERE seat AND sign_in IN ('never', 'ended')) AS seatsIdle,
    count(*) FILTER (WHERE ${IS_CHANGED}) AS changed,
    count(had_seat) AS membersBefore, count(*) FILTER (WHERE had_seat) AS seatsBefore,
    count(*) FILTER (WHERE was_admin) AS adminsBefore,
    count(*) FILTER (WHERE had_seat IS NULL AND NOT removing) AS joined,
    count(*) FILTER (WHERE seat IS NULL) AS "left", count(*) FILTER (WHERE removing) AS being_deleted,
    count(*) FILTER (WHERE seat > had_seat) AS seat_gained, count(*) FILTER (WHERE seat < had_seat) AS seat_lost,
    count(*) FILTER (WHERE admin > was_admin) AS admin_gained, count(*) FILTER (WHERE admin < was_admin) AS admin_lost,
    count(*) FILTER (WHERE ${HAS_STAYED} AND ${IS_NAME_CHANGED}) AS name_changed,
    count(*) FILTER (WHERE ${HAS_STAYED} AND ${IS_EMAIL_CHANGED}) AS email_changed
  FROM members`;

/** What a finding holds of the time before where nothing is compared. */
const UNKNOWN_BEFORE = { hadSeat: null, wasAdmin: null, nameBefore: null, emailBefore: null } as const;

export interface BuildOptions {
  /** Where the database goes; default: `BATON_TMPDIR`, else the system's temporary directory. */
  readonly tempDir?: string | undefined;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The members of a review in a private database on disk, so that memory does not grow with their number. It
 * goes with {@link MemberTable.close}.
 */
export class MemberTable {
  readonly #db: DatabaseSync;
  readonly #workspace: Workspace;
  readonly #isCompared: boolean;

  constructor(db: DatabaseSync, workspace: Workspace, isCompared: boolean) {
    this.#db = db;
    this.#workspace = workspace;
    this.#isCompared = isCompared;
  }

  count(): Counts {
    const row = this.#db.prepare(COUNTS).get() ?? {};
    const number = (column: string) => readInteger(row, column);
    const members = number("members");
    const seats = number("seats");
    const seatsSignedIn = number("seatsSignedIn");
    const seatsIdle = number("seatsIdle");
    return {
      members,
      seats,
      seatless: members - seats,
      admins: number("admins"),
      adminsWithoutSeat: number("adminsWithoutSeat"),
      concerns: number("concerns"),
      seatsSignedIn,
      seatsIdle,
      seatsUnknown: seats - seatsSignedIn - seatsIdle,
      changes: this.#isCompared ? readChangeCounts(number) : null,
    };
  }

  /** The rows of a list in the order to show them. */
  *list(name: ListName): Generator<Finding> {
    const others = this.#db.prepare(
      "SELECT id FROM members WHERE address = ? AND id <> ? AND seat IS NOT NULL ORDER BY id LIMIT ?",
    );
    for (const row of this.#db.prepare(`SELECT * FROM members WHERE ${LISTS[name]}`).iterate()) {
      const isShared = readInteger(row, "shared") === 1;
      const sharing = isShared ? others.all(readText(row, "address"), readText(row, "id"), MAX_NAMED) : [];
      const finding = toFinding(
        row,
        sharing.map((other) => readText(other, "id")),
      );
      yield this.#isCompared ? finding : { ...finding, ...UNKNOWN_BEFORE };
    }
  }

  /** Removes the database. */
  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
    await this.#workspace.remove();
  }
}

/**
 * Stores the members and determines what only all of them together show.
 *
 * @param isCompared whether there is an earlier sync; without one nothing counts as changed
 */
export async function buildMemberTable(
  members: Iterable<Compared>,
  isCompared: boolean,
  { tempDir, signal }: BuildOptions,
): Promise<MemberTable> {
  const workspace = await nameWorkspace(tempDir);
  try {
    await workspace.create();
    const db = openWorkingDatabase(workspace.databasePath);
    try {
      db.exec(SCHEMA);
      const insert = db.prepare(INSERT);
      const rest = members[Symbol.iterator]();
      while (inTransaction(db, () => storeBatch(insert, rest, isCompared))) {
        signal?.throwIfAborted();
        await setImmediate();
      }
      inTransaction(db, () => {
        db.exec(INDEX_ADDRESSES);
        joinDeletedAccounts(db, "by what they share");
        db.exec(`${MARK_SHARED}; ${MARK_RENAMED}`);
        joinDeletedAccounts(db, "by what is left");
      });
      return new MemberTable(db, workspace, isCompared);
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    await workspace.remove();
    throw toFileError(error, "compile the report");
  }
}

/**
 * Stores the next members one by one as they are read, since a thousand of them may be larger than the memory.
 *
 * @returns whether there may be more
 */
function storeBatch(insert: StatementSync, members: Iterator<Compared>, isCompared: boolean): boolean {
  for (let count = 0; count < BATCH; count += 1) {
    const next = members.next();
    if (next.done === true) return false;
    storeMember(insert, next.value, isCompared);
  }
  return true;
}

function storeMember(insert: StatementSync, { now, before }: Compared, isCompared: boolean): void {
  const member = now ?? before;
  if (member === undefined) return;
  const earlier = isCompared ? before : now;
  insert.run(
    member.id,
    member.username,
    member.name,
    member.email,
    member.service,
    member.email?.trim().toLowerCase() ?? null,
    toFlag(now?.hasSeat),
    toFlag(now?.isAdmin),
    toFlag(earlier?.hasSeat),
    toFlag(earlier?.isAdmin),
    earlier?.name ?? null,
    earlier?.email ?? null,
    now?.signIn ?? "unknown",
    now?.sessionEnds ?? null,
    toFlag(member.isDeleted),
    toFlag(now?.isDeleted === true && earlier?.isDeleted !== true),
    toFlag([member.id, member.name, member.email].some((text) => text !== null && hasHidden(text))),
  );
}

function toFlag(value: boolean | undefined): number | null {
  return value === undefined ? null : Number(value);
}

function readFlag(row: Row, column: string): boolean | null {
  return row[column] === null ? null : readInteger(row, column) === 1;
}

function readChangeCounts(number: (column: string) => number): ChangeCounts {
  return {
    changed: number("changed"),
    membersBefore: number("membersBefore"),
    seatsBefore: number("seatsBefore"),
    adminsBefore: number("adminsBefore"),
    joined: number("joined"),
    left: number("left"),
    seat_gained: number("seat_gained"),
    seat_lost: number("seat_lost"),
    admin_gained: number("admin_gained"),
    admin_lost: number("admin_lost"),
    name_changed: number("name_changed"),
    email_changed: number("email_changed"),
    being_deleted: number("being_deleted"),
  };
}

function toFinding(row: Row, sharesEmailWith: readonly string[]): Finding {
  const state = {
    hasSeat: readFlag(row, "seat"),
    isAdmin: readFlag(row, "admin"),
    hadSeat: readFlag(row, "had_seat"),
    wasAdmin: readFlag(row, "was_admin"),
    name: readOptionalText(row, "name") ?? null,
    email: readOptionalText(row, "email") ?? null,
    nameBefore: readOptionalText(row, "name_before") ?? null,
    emailBefore: readOptionalText(row, "email_before") ?? null,
  };
  return {
    id: readText(row, "id"),
    username: readOptionalText(row, "username") ?? null,
    service: readText(row, "service"),
    ...state,
    signIn: readSignIn(row),
    sessionEnds: readOptionalText(row, "session_ends") ?? null,
    changes: findChanges(state, readFlag(row, "removing") === true),
    possiblySameAs: readOptionalText(row, "same_as") ?? null,
    concerns: state.hasSeat === null ? [] : findConcerns(row),
    sharesEmailWith,
  };
}

function readSignIn(row: Row): SignInState {
  const text = readText(row, "sign_in");
  return SIGN_IN_STATES.find((signIn) => signIn === text) ?? "unknown";
}

type State = Pick<
  Finding,
  "hasSeat" | "isAdmin" | "hadSeat" | "wasAdmin" | "name" | "nameBefore" | "email" | "emailBefore"
>;

function findChanges(state: State, isRemoving: boolean): MemberChange[] {
  const { hasSeat, isAdmin, hadSeat, wasAdmin } = state;
  if (hasSeat === null) return ["left"];
  const changes: MemberChange[] = isRemoving ? ["being_deleted"] : [];
  if (hadSeat === null) return isRemoving ? changes : ["joined"];
  if (hasSeat !== hadSeat) changes.push(hasSeat ? "seat_gained" : "seat_lost");
  if (isAdmin !== wasAdmin) changes.push(isAdmin ? "admin_gained" : "admin_lost");
  if (isRemoving) return changes;
  if (state.name !== state.nameBefore) changes.push("name_changed");
  if (state.email !== state.emailBefore) changes.push("email_changed");
  return changes;
}

function findConcerns(row: Row): Concern[] {
  const concerns: Concern[] = [];
  if (row["username"] === null) concerns.push("no_username");
  if (readFlag(row, "deleted")) concerns.push("being_deleted");
  if (readFlag(row, "shared")) concerns.push("shared_email");
  if (readFlag(row, "hidden")) concerns.push("hidden_characters");
  return concerns;
}
