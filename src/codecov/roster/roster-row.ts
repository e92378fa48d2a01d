import { hash } from "node:crypto";
import type { Member } from "#codecov/api/schemas.ts";

/** A row of the roster as it is handed out. */
export interface RosterRow {
  readonly member: Member;
  /**
   * 0 for a member with a user name. For one without: 1 for the first of those that agree in service, name and
   * e-mail, 2 for the second in roster order, and so on.
   */
  readonly ordinal: number;
}

/** Bytes of a fingerprint; eight consecutive ones that agree by chance are out of the question. */
export const FINGERPRINT_BYTES = 8;

/** Whether Codecov knows a user name for the member; it forgets one when another account takes it. */
export function hasName(member: Member): member is Member & { readonly username: string } {
  return member.username !== null && member.username !== "";
}

/**
 * SHA-256 over all that tells members apart. Seat and admin flag are left out: they change while a roster is
 * read and are not part of who somebody is. An empty text counts as none.
 */
export function digestMember({ service, username, name, email }: Member): Buffer {
  return hash("sha256", JSON.stringify([service, username || null, name || null, email || null]), "buffer");
}

/** A short form of {@link digestMember} for comparing rows, as base64url. */
export function fingerprint(member: Member): string {
  return digestMember(member).subarray(0, FINGERPRINT_BYTES).toString("base64url");
}
