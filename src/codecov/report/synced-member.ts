import { BatonError, Code } from "#kernel/errors.ts";
import { type Resource, ResourceStatus } from "#model/resource.ts";

/** The resource type of members. */
export const SYNCED_USER_TYPE = "user";

/**
 * What is known of a member's sign-ins to Codecov: a session that is valid, one that has ended, none ever, or
 * nothing at all because the sync did not ask.
 */
export const SIGN_IN_STATES = ["active", "ended", "never", "unknown"] as const;
export type SignInState = (typeof SIGN_IN_STATES)[number];

/** A member as described by the user resource of a sync. */
export interface SyncedMember {
  readonly id: string;
  /** Null if Codecov knows none. */
  readonly username: string | null;
  readonly name: string | null;
  readonly email: string | null;
  /** The git service of the account. */
  readonly service: string;
  /** The organization; null if the file does not say. */
  readonly owner: string | null;
  readonly hasSeat: boolean;
  readonly isAdmin: boolean;
  /** Whether Codecov is deleting the account. */
  readonly isDeleted: boolean;
  readonly signIn: SignInState;
  /** When the last session ends or ended, ISO 8601; null if there is none or it is unknown. */
  readonly sessionEnds: string | null;
}

/**
 * Reads a member from a user resource.
 *
 * @throws BatonError FailedPrecondition if its profile does not say who holds a seat and who is an admin:
 *   a review with holes would be worse than none.
 */
export function readSyncedMember(resource: Resource): SyncedMember {
  const id = resource.id?.resource ?? "";
  const profile = resource.profile ?? {};
  const { activated, is_admin: isAdmin } = profile;
  if (typeof activated !== "boolean" || typeof isAdmin !== "boolean") {
    throw new BatonError(
      Code.FailedPrecondition,
      `the profile of user ${JSON.stringify(id)} does not say whether the user holds a seat and is an admin; the report needs a file written by baton-codecov, so sync with it into a new file`,
      { kind: "configuration" },
    );
  }
  return {
    id,
    username: textOrNull(profile["username"]),
    // Other connectors store the name in one place only.
    name: textOrNull("name" in profile ? profile["name"] : resource.displayName),
    email: textOrNull(profile["email"]),
    service: textOrNull(profile["service"]) ?? "",
    owner: textOrNull(profile["owner"]),
    hasSeat: activated,
    isAdmin,
    isDeleted: resource.status?.status === ResourceStatus.RESOURCE_STATUS_DELETED,
    ...readSignIn(profile["has_active_session"], profile["session_expires_at"]),
  };
}

function readSignIn(isActive: unknown, expires: unknown): Pick<SyncedMember, "signIn" | "sessionEnds"> {
  const sessionEnds = textOrNull(expires);
  if (typeof isActive !== "boolean") return { signIn: "unknown", sessionEnds };
  if (isActive) return { signIn: "active", sessionEnds };
  return { signIn: sessionEnds === null ? "never" : "ended", sessionEnds };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
