import type { SignInState } from "./synced-member.ts";

/**
 * What became of a member since the sync that is compared with. A member who joined or left has no other change. For one
 * whose account Codecov is deleting, the name and the e-mail that Codecov puts in place of the old ones are not changes
 * of their own.
 */
export type MemberChange =
  | "joined"
  | "left"
  | "being_deleted"
  | "seat_gained"
  | "seat_lost"
  | "admin_gained"
  | "admin_lost"
  | "name_changed"
  | "email_changed";

/** Why a person should look at a member. */
export type Concern = "no_username" | "being_deleted" | "shared_email" | "hidden_characters";

/** A member with everything that was found about it. */
export interface Finding {
  /** The id of the user resource. */
  readonly id: string;
  /** Null if Codecov knows none. */
  readonly username: string | null;
  readonly name: string | null;
  readonly email: string | null;
  /** The git service of the account. */
  readonly service: string;
  /** Null for somebody who has left. */
  readonly hasSeat: boolean | null;
  readonly isAdmin: boolean | null;
  /** As of the sync that is compared with; null for somebody who has joined since, and if nothing is compared. */
  readonly hadSeat: boolean | null;
  readonly wasAdmin: boolean | null;
  /** Likewise; also null if Codecov knew none. */
  readonly nameBefore: string | null;
  readonly emailBefore: string | null;
  /** Unknown for somebody who has left. */
  readonly signIn: SignInState;
  /** When the last session ends or ended, ISO 8601. */
  readonly sessionEnds: string | null;
  readonly changes: readonly MemberChange[];
  /**
   * For somebody who joined or left: the id under which the same person perhaps left or joined. For an account that
   * Codecov has begun to delete: the id that it most likely had before, which is then not listed as left.
   */
  readonly possiblySameAs: string | null;
  readonly concerns: readonly Concern[];
  /** Ids of others with the same e-mail address, the first few. */
  readonly sharesEmailWith: readonly string[];
}

/** The lists that a review consists of; `members` is the whole population, `everybody` also has those who have left. */
export type ListName =
  | "everybody"
  | "members"
  | "changes"
  | "concerns"
  | "idleSeats"
  | "unknownSeats"
  | "admins"
  | "seatless";

/** How many members the review counts. Null where the file does not show it. */
export interface Counts {
  readonly members: number;
  readonly seats: number;
  readonly seatless: number;
  readonly admins: number;
  readonly adminsWithoutSeat: number;
  readonly concerns: number;
  /** Seat holders by what is known of their sign-ins. */
  readonly seatsSignedIn: number;
  readonly seatsIdle: number;
  readonly seatsUnknown: number;
  /** Null if there is no sync to compare with. */
  readonly changes: ChangeCounts | null;
}

export interface ChangeCounts extends Readonly<Record<MemberChange, number>> {
  readonly membersBefore: number;
  readonly seatsBefore: number;
  readonly adminsBefore: number;
  /** Rows with at least one change. */
  readonly changed: number;
}

/** Whether the sync requested sign-in sessions, and Codecov returned them for anyone at all. */
export function knowsSignIns({ seats, seatsUnknown }: Counts): boolean {
  return seatsUnknown < seats;
}
