import type { SignIn } from "./member.ts";

/** What became of a member since the sync before. A member who joined or left has no other change. */
export type Change = "joined" | "left" | "seat_gained" | "seat_lost" | "admin_gained" | "admin_lost";

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
  /** As of the sync before; null for somebody who has joined since, and if nothing is compared. */
  readonly hadSeat: boolean | null;
  readonly wasAdmin: boolean | null;
  /** Unknown for somebody who has left. */
  readonly signIn: SignIn;
  /** When the last session ends or ended, ISO 8601. */
  readonly sessionEnds: string | null;
  readonly changes: readonly Change[];
  /** For somebody who joined or left: the id under which the same person perhaps left or joined. */
  readonly possiblySameAs: string | null;
  readonly concerns: readonly Concern[];
  /** Ids of others with the same e-mail address, the first few. */
  readonly sharesEmailWith: readonly string[];
}

/** The lists that a review consists of; `everybody` includes those who have left. */
export type ListName = "everybody" | "changes" | "concerns" | "idleSeats" | "admins" | "seatless";

/** How many members the review counts. Null where the file cannot tell. */
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

export interface ChangeCounts extends Readonly<Record<Change, number>> {
  readonly membersBefore: number;
  readonly seatsBefore: number;
  readonly adminsBefore: number;
  /** Members with at least one change. */
  readonly changed: number;
}

/** Whether the sync asked for sign-in sessions, and Codecov told them for anybody at all. */
export function knowsSignIns({ seats, seatsUnknown }: Counts): boolean {
  return seatsUnknown < seats;
}
