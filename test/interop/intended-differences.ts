import type { Difference } from "./support/compare.ts";

/** A way in which our resources are meant to differ from those of the reference connector. */
export interface IntendedDifference {
  /** What is different, and why it should be. */
  readonly reason: string;
  /** `left` is the reference connector's value, `right` ours; both as JSON. */
  matches(difference: Difference): boolean;
}

/** A field is reported twice: at the resource and, for older readers, in its user trait. */
const AT_RESOURCE_OR_TRAIT = "^resource\\.(annotations\\.UserTrait\\.)?";
const PROFILE_OWNER = new RegExp(`${AT_RESOURCE_OR_TRAIT}profile\\.owner$`);
const PROFILE_TEXT = new RegExp(`${AT_RESOURCE_OR_TRAIT}profile\\.(name|email)$`);
const STATUS_DETAILS = new RegExp(`${AT_RESOURCE_OR_TRAIT}status\\.details$`);

const EMPTY = JSON.stringify("");
const isResource = ({ path }: Difference) => path === "(resource)";

export const INTENDED_DIFFERENCES: readonly IntendedDifference[] = [
  {
    reason: "the profile names the organization: several connectors can feed one directory",
    matches: ({ path, left }) => PROFILE_OWNER.test(path) && left === undefined,
  },
  {
    reason: "the status says in words why a member is enabled or disabled",
    matches: ({ path, left }) => STATUS_DETAILS.test(path) && left === undefined,
  },
  {
    reason: "the resource type is described",
    matches: ({ path, left }) => path === "resourceType.description" && left === undefined,
  },
  {
    reason: "a name or e-mail that Codecov does not know is null and not an empty text",
    matches: ({ path, left, right }) => PROFILE_TEXT.test(path) && left === EMPTY && right === "null",
  },
  {
    reason:
      "a member without a login is there, under a derived id; the reference connector has no id and loses the row",
    matches: (difference) =>
      isResource(difference) && difference.left === undefined && difference.id.startsWith('"/no-username/'),
  },
  {
    reason: "an account that Codecov is deleting has an id that no living account can have",
    matches: (difference) =>
      isResource(difference) && /^"(\/to_be_deleted\/)?deleted_user_\d+"$/.test(difference.id),
  },
  {
    reason: "the accounts of robots are service accounts",
    matches: ({ id, path, right }) =>
      path === "resource.annotations.UserTrait.accountType" &&
      id.endsWith('[bot]"') &&
      right === '"ACCOUNT_TYPE_SERVICE"',
  },
  {
    reason: "a display name has no blanks around it",
    matches: ({ path, left, right }) =>
      path === "resource.displayName" &&
      left !== undefined &&
      JSON.stringify(JSON.parse(left).trim()) === right,
  },
  {
    reason: "a text that is no e-mail address stays in the profile and is not given as one",
    matches: ({ id, path, right }) =>
      path.startsWith("resource.annotations.UserTrait.emails.0.") &&
      id === '"renovate[bot]"' &&
      right === undefined,
  },
];
