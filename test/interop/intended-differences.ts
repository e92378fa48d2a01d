import { type Difference, WHOLE_ROW } from "./support/compare.ts";

/** A way in which what our connector says is meant to differ from what the reference connector says. */
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

/** The accounts that Codecov is deleting, as either connector calls them. */
const DELETED_ACCOUNT = /(^user\/|:user:)(~to_be_deleted~)?deleted_user_\d+$/;

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
    reason: "resource types and entitlements are described for those who review them",
    matches: ({ listing, path, left }) =>
      path === (listing === "resources" ? "resourceType.description" : "description") && left === undefined,
  },
  {
    reason: "a name or e-mail that Codecov does not know is null and not an empty text",
    matches: ({ path, left, right }) => PROFILE_TEXT.test(path) && left === EMPTY && right === "null",
  },
  {
    reason:
      "a member without a login is there under a derived id, with all grants; the reference connector has no id and leaves the member out",
    matches: ({ id, path, left }) =>
      path === WHOLE_ROW && left === undefined && /(^user\/|:user:)~no-username~/.test(id),
  },
  {
    reason: "an account that Codecov is deleting has an id that no living account can have",
    matches: ({ id, path }) => path === WHOLE_ROW && DELETED_ACCOUNT.test(id),
  },
  {
    reason: "the accounts of robots are service accounts",
    matches: ({ id, path, right }) =>
      path === "resource.annotations.UserTrait.accountType" &&
      id.endsWith("[bot]") &&
      right === '"ACCOUNT_TYPE_SERVICE"',
  },
  {
    reason: "a display name has no blanks around it",
    matches: ({ id, path, left, right }) =>
      id.startsWith("user/") &&
      path === "resource.displayName" &&
      left !== undefined &&
      JSON.stringify(JSON.parse(left).trim()) === right,
  },
  {
    reason: "a text that is no e-mail address stays in the profile and is not given as one",
    matches: ({ id, path, right }) =>
      path.startsWith("resource.annotations.UserTrait.emails.0.") &&
      id === "user/renovate[bot]" &&
      right === undefined,
  },
  {
    reason: "the organization has the name and the profile that Codecov shows",
    matches: ({ id, path }) =>
      id.startsWith("org/") && /^resource\.(displayName|description|profile\.\w+)$/.test(path),
  },
  {
    reason: "the seats are named after the organization",
    matches: ({ id, path }) =>
      id.startsWith("license/") &&
      /^resource\.(displayName|annotations\.LicenseProfileTrait\.licenseName)$/.test(path),
  },
  {
    reason: "entitlements are named after the organization",
    matches: ({ listing, path }) => listing === "entitlements" && path === "displayName",
  },
  {
    reason: "what Codecov cannot change is marked immutable",
    matches: ({ listing, path, left }) =>
      listing === "entitlements" && path.startsWith("annotations.EntitlementImmutable") && left === undefined,
  },
];
