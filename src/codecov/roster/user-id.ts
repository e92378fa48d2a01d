import type { Service } from "#codecov/api/owner.ts";
import { digestMember, hasName, type RosterRow } from "./roster-row.ts";

/**
 * Begins every id that is not simply a user name, and separates its parts. It needs no escaping in a URL, and no git
 * service allows it in a name.
 */
const MARK = "~";

/** Begins the ids of members without a user name. No git service is called like that. */
const NO_USERNAME = `${MARK}no-username${MARK}`;

/** Hex digits of a derived id: 128 bits, so that two different members never meet. */
const DIGEST_CHARS = 32;

/**
 * The id of a member's user resource; two different rows of a roster never share one, and none begins with a slash,
 * which the router of the vendor's explorer takes away.
 *
 * - `jdoe`: the user name as Codecov stores it, for a member on the organization's own git service. A name that
 *   begins with `~` or `/`, as no git service allows, gets a `~` in front.
 * - `~gitlab~jdoe`: with the service in front, for a member on another one (names are unique per service).
 * - `~no-username~github~<digest>`: for a member without a user name, from service, name and e-mail; further
 *   members that agree in all of these get `~2`, `~3`, … in roster order. Changes with name and e-mail, and
 *   when the member gets a user name.
 */
export function userIdOf({ member, ordinal }: RosterRow, service: Service): string {
  if (!hasName(member)) {
    const digest = digestMember(member).toString("hex").slice(0, DIGEST_CHARS);
    return `${NO_USERNAME}${member.service}${MARK}${digest}${ordinal > 1 ? `${MARK}${ordinal}` : ""}`;
  }
  if (member.service !== service) return `${MARK}${member.service}${MARK}${member.username}`;
  return /^[~/]/.test(member.username) ? MARK + member.username : member.username;
}

/** The user name in an id; undefined for a member without one, whose id says nothing to look the member up by. */
export function userNameIn(id: string): string | undefined {
  if (id.startsWith(NO_USERNAME)) return undefined;
  // The names of services consist of letters, digits and underscores, see `memberSchema`.
  return /^~(?:[a-z0-9_]+~)?(.*)$/su.exec(id)?.[1] ?? id;
}
