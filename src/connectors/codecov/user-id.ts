import type { Service } from "./owner.ts";
import { digestMember, hasName, type RosterRow } from "./roster-row.ts";

/** Begins every id that is not simply a user name; a user name that begins with it gets a second one in front. */
const MARK = "/";

/** Begins the ids of members without a user name. No git service is called like that. */
const NO_USERNAME = `${MARK}no-username/`;

/** Hex digits of a derived id: 128 bits, so that two different members never meet. */
const DIGEST_CHARS = 32;

/**
 * The id of a member's user resource; two different rows of a roster never share one.
 *
 * - `jdoe`: the user name as Codecov stores it, for a member on the organization's own git service.
 * - `/gitlab/jdoe`: with the service in front, for a member on another one (names are unique per service).
 * - `/no-username/github/<digest>`: for a member without a user name, from service, name and e-mail; further
 *   members that agree in all of these get `/2`, `/3`, … in roster order. Changes with name and e-mail, and
 *   when the member gets a user name.
 */
export function userIdOf({ member, ordinal }: RosterRow, service: Service): string {
  if (!hasName(member)) {
    const digest = digestMember(member).toString("hex").slice(0, DIGEST_CHARS);
    return `${NO_USERNAME}${member.service}/${digest}${ordinal > 1 ? `/${ordinal}` : ""}`;
  }
  if (member.service !== service) return `${MARK}${member.service}/${member.username}`;
  return member.username.startsWith(MARK) ? MARK + member.username : member.username;
}

/** Whether the id stands for a member without a user name, and so says nothing to look the member up by. */
export function isDerivedId(id: string): boolean {
  return id.startsWith(NO_USERNAME);
}
