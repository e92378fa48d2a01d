import * as z from "zod";

/**
 * The responses of Codecov's API v2 as observed on Codecov 26.7.6. Keys that are not named here are ignored, so
 * that a newer server does no harm; a missing or differently typed key is an error.
 */

/** One row of the roster. There is no id: neither the account's own nor that of the git service. */
export const memberSchema = z.object({
  /** Long name of the member's git service, or `to_be_deleted` for an account that is being deleted. */
  service: z.string().regex(/^[a-z0-9_]+$/),
  /** Null once another account has taken the name. */
  username: z.string().nullable(),
  name: z.string().nullable(),
  /** As the git service gave it: may be empty or no address at all, and is not unique. */
  email: z.string().nullable(),
  /** Whether the member holds a seat of this organization. */
  activated: z.boolean(),
  is_admin: z.boolean(),
});
export type Member = z.infer<typeof memberSchema>;

/** The envelope of every list paged by number. `next` only says that there is more: its scheme and host can be wrong. */
export function pageSchema<Row extends z.ZodType>(row: Row) {
  return z.object({
    count: z.int().nonnegative(),
    next: z.string().nullable(),
    results: z.array(row),
  });
}

export const rosterPageSchema = pageSchema(memberSchema);
export type RosterPage = z.infer<typeof rosterPageSchema>;

/** An organization or a person; nothing shows which. */
export const ownerSchema = z.object({
  service: z.string().min(1),
  username: z.string().nullable(),
  name: z.string().nullable(),
});
export type Owner = z.infer<typeof ownerSchema>;

export const ownerPageSchema = pageSchema(ownerSchema);
export type OwnerPage = z.infer<typeof ownerPageSchema>;

/** One member's sign-ins to Codecov. Nothing but the user name says whose. */
export const sessionSchema = z.object({
  username: z.string().nullable(),
  /** Whether a sign-in is still valid. */
  has_active_session: z.boolean(),
  /** When the last sign-in ends or has ended; null for somebody who never signed in. */
  expiry_date: z.string().nullable(),
});
export type MemberSession = z.infer<typeof sessionSchema>;

export const sessionPageSchema = pageSchema(sessionSchema);
export type SessionPage = z.infer<typeof sessionPageSchema>;

/** A row of the member list behind Codecov's own pages, which is undocumented; it does not name the service. */
export const internalMemberSchema = z.object({
  /** The account's own number, which never changes. */
  ownerid: z.int().positive(),
  username: z.string().nullable(),
  name: z.string().nullable(),
  email: z.string().nullable(),
});
export type InternalMember = z.infer<typeof internalMemberSchema>;

export const internalPageSchema = pageSchema(internalMemberSchema);
export type InternalPage = z.infer<typeof internalPageSchema>;

/** The one error text that decides something: a page number beyond the end of a list. */
export const errorSchema = z.object({ detail: z.string() });
