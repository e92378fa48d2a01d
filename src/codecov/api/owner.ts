import { BatonError, Code } from "#kernel/errors.ts";

/** The git services by the names Codecov uses in its responses. */
export const SERVICES = [
  "github",
  "gitlab",
  "bitbucket",
  "github_enterprise",
  "gitlab_enterprise",
  "bitbucket_server",
] as const;
export type Service = (typeof SERVICES)[number];

/** The short names that Codecov accepts in URLs as well. */
const ALIASES: ReadonlyMap<string, Service> = new Map([
  ["gh", "github"],
  ["gl", "gitlab"],
  ["bb", "bitbucket"],
  ["ghe", "github_enterprise"],
  ["gle", "gitlab_enterprise"],
  ["bbs", "bitbucket_server"],
]);

/** The long, lower-case name of a service given in any case or by its short name; other text only lower-cased. */
export function normalizeService(text: string): string {
  const name = text.toLowerCase();
  return ALIASES.get(name) ?? name;
}

/** What no owner slug can be, whatever the service; undefined if nothing is wrong. */
export function checkOwner(text: string): string | undefined {
  if (text !== text.trim()) {
    return "must not begin or end with spaces, which Codecov takes for part of the name";
  }
  if (text.includes("://")) return "is a URL; give only the organization's name, for example acme";
  if (/\p{Cc}/u.test(text)) return "must not contain control characters";
  if (/[?#\\]/.test(text)) return "must not contain ?, # or \\";
  if (text.split(/[/:]/).some((part) => part === "")) {
    return "must not be empty, nor begin or end with / or :, nor contain two of them in a row";
  }
  if (text.split(/[/:]/).some((part) => part === "." || part === ".."))
    return "must not contain . or .. as a name";
  return undefined;
}

/**
 * The owner slug as Codecov stores it: the levels of a GitLab subgroup are joined with `:`. People know such
 * a group as `group/sub`, which Codecov's router never matches.
 *
 * @throws BatonError InvalidArgument for a slash with a service that has no subgroups.
 */
export function resolveOwner(service: Service, text: string): string {
  const problem = checkOwner(text);
  if (problem !== undefined)
    throw new BatonError(Code.InvalidArgument, `--codecov-owner ${problem}`, { kind: "configuration" });
  if (!text.includes("/")) return text;
  if (service === "gitlab" || service === "gitlab_enterprise") return text.replaceAll("/", ":");
  throw new BatonError(
    Code.InvalidArgument,
    `--codecov-owner "${text}" contains a slash, but only GitLab has subgroups; give the name of the ${service} organization alone`,
    { kind: "configuration" },
  );
}

/**
 * One text for all spellings of an organization that mean the same: Codecov ignores case, and a GitLab subgroup can
 * be given with `/` or `:`.
 */
export function rosterKey(service: Service, owner: string): string {
  return `${service}/${owner.toLowerCase().replaceAll("/", ":")}`;
}

/** One path segment of the API. A colon may stay as it is, which reads better in messages and logs. */
export function pathSegment(text: string): string {
  return encodeURIComponent(text).replaceAll("%3A", ":");
}
