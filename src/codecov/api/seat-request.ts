import type { HttpRequest, HttpResponse } from "#http/http-client.ts";
import { type RequestName, statusLine } from "#http/http-error.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { memberPath } from "./members.ts";
import { readDetail } from "./refusal.ts";
import type { Requests } from "./request.ts";
import { type Member, memberSchema } from "./schemas.ts";

/** Failures of a change after which it may have been made or may still be. */
const LEAVES_OPEN: ReadonlySet<number> = new Set([Code.Unavailable, Code.DeadlineExceeded]);

/** What asking for a change of a seat can come to. Nothing but `refused` says that nothing has changed. */
export type SeatResponse =
  /** The member as it stands after the change, if nobody else has changed the organization meanwhile. */
  | { readonly kind: "member"; readonly member: Member }
  /** Nobody of that name is on the roster, or not any more. */
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly reason: string }
  /** No response, or none that shows what happened; `what` says in a few words what came instead. */
  | { readonly kind: "unknown"; readonly error: BatonError; readonly what: string };

/**
 * `PATCH /{service}/{owner}/users/{address}/`: gives or takes the member's seat. Sent once; only a response
 * that it was not looked at (429) leads to a repetition.
 *
 * @throws BatonError for a response that rules out that anything has changed, such as a refused token.
 */
export async function setActivated(
  requests: Requests,
  address: string,
  activated: boolean,
): Promise<SeatResponse> {
  const request: HttpRequest = {
    method: "PATCH",
    path: requests.target.apiPath + memberPath(requests, address),
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ activated }),
  };
  try {
    return await requests.send(request, { attempts: 1 }, (response, endpoint) =>
      readSeatResponse(requests, response, endpoint),
    );
  } catch (thrown) {
    if (thrown instanceof BatonError && LEAVES_OPEN.has(thrown.code))
      return { kind: "unknown", error: thrown, what: `no response (${thrown.message})` };
    throw thrown;
  }
}

function readSeatResponse(requests: Requests, response: HttpResponse, endpoint: RequestName): SeatResponse {
  if (response.status === 200) return readChangedMember(requests, response, endpoint);
  const error = requests.statusError(endpoint, response);
  const said = readDetail(response);
  if (response.status === 404 && said !== undefined) return { kind: "gone" };
  if (response.status === 400 && said !== undefined) return { kind: "refused", reason: said };
  // Even an announced pause is no reason to repeat a change that may have been made.
  if (response.status >= 500) return { kind: "unknown", error, what: statusLine(response.status) };
  throw error;
}

/** A success with an unreadable body: the change was probably made, but to whom is unknown, so it is read back. */
function readChangedMember(requests: Requests, response: HttpResponse, endpoint: RequestName): SeatResponse {
  try {
    return { kind: "member", member: requests.decode(response, memberSchema, endpoint) };
  } catch (thrown) {
    if (thrown instanceof BatonError)
      return { kind: "unknown", error: thrown, what: `an unreadable success (${thrown.message})` };
    throw thrown;
  }
}
