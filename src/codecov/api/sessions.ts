import { statusLine } from "#http/http-error.ts";
import { pathSegment } from "./owner.ts";
import { readDetail } from "./refusal.ts";
import type { Requests } from "./request.ts";
import { type SessionPage, sessionPageSchema } from "./schemas.ts";

/** Answers to a question for sessions that say: not with this token. A 401 among them is the git service's. */
const SESSION_REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 500]);

/** What asking for sign-in sessions can come to, apart from errors. */
export type SessionResponse =
  | { readonly kind: "page"; readonly page: SessionPage }
  /** The token's owner may not see them, or the git service could not be asked whether. */
  | { readonly kind: "refused"; readonly reason: string };

/**
 * `GET /{service}/{owner}/user-sessions/`: when the sign-ins of members end, in no order at all, so only a page
 * that holds everything is of use. Who may see them is up to the git service, whose refusals of any kind come
 * through.
 */
export async function readSessions(requests: Requests, pageSize: number): Promise<SessionResponse> {
  const { service, owner } = requests.target;
  const path = `/${service}/${pathSegment(owner)}/user-sessions/?page_size=${pageSize}`;
  return requests.get(path, { attempts: 2 }, (response, endpoint) => {
    if (!SESSION_REFUSALS.has(response.status)) {
      return { kind: "page", page: requests.decode(response, sessionPageSchema, endpoint) };
    }
    const said = readDetail(response);
    return {
      kind: "refused",
      reason: `${statusLine(response.status)}${said === undefined ? "" : `: ${said}`}`,
    };
  });
}
