import { setImmediate as nextTurn } from "node:timers/promises";
import type { Any } from "#gen/google/protobuf/any.ts";
import { type BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { contractViolation, StartOverError, type SyncSession } from "./session.ts";
import type { SyncAction } from "./sync-token.ts";

/** What every paged response has. */
interface ListResponse {
  readonly nextPageToken: string;
  readonly annotations: readonly Any[];
}

export interface Listing<Response extends ListResponse> {
  /** Names the listing in messages, for example `listing resources of type user`. */
  readonly what: string;
  fetch(pageToken: string, signal: AbortSignal): Promise<Response>;
  /** Stores a page; must not wait. Actions it puts on the stack come before the rest of this listing. */
  store(response: Response): void;
}

/**
 * Reads a listing from the position of `action` to its end. While a page is stored, the connector already
 * prepares the next one; more than that is never asked for. Rows and position go forward together.
 */
export async function readListing<Response extends ListResponse>(
  session: SyncSession,
  action: SyncAction,
  listing: Listing<Response>,
): Promise<void> {
  let position = action;
  let page = 1;
  // Tokens that go round in a circle would go on for ever. Compared with one that is replaced at every power of two, as
  // in Brent's algorithm, they show themselves without all of them being kept.
  let earlier = position.pageToken;
  let replaceAt = 2;
  let pending = fetchPage(session, listing, position.pageToken, page);
  for (;;) {
    const response = await pending;
    const { nextPageToken } = response;
    if (nextPageToken !== "") {
      if (nextPageToken === position.pageToken) {
        throw contractViolation(
          `${listing.what} returned the page token of its own request, so it would never end`,
        );
      }
      if (nextPageToken === earlier) {
        throw contractViolation(
          `${listing.what} returned the same page token a second time, so it would never end`,
        );
      }
      page += 1;
      if (page === replaceAt) {
        earlier = nextPageToken;
        replaceAt *= 2;
      }
      pending = fetchPage(session, listing, nextPageToken, page);
      // Storing occupies this thread, and a request leaves only between two turns of the event loop.
      await nextTurn();
    }
    session.store.transaction(() => listing.store(response));
    if (nextPageToken === "") {
      session.state.finish(position);
      session.checkpointIfDue();
      return;
    }
    position = session.state.advance(position, nextPageToken);
    session.checkpointIfDue();
  }
}

function fetchPage<Response>(
  session: SyncSession,
  listing: { readonly what: string; fetch(pageToken: string, signal: AbortSignal): Promise<Response> },
  pageToken: string,
  page: number,
): Promise<Response> {
  const fetching = session
    .call(listing.what, (signal) => listing.fetch(pageToken, signal), { page })
    .catch((error: unknown) => {
      session.ctx.signal.throwIfAborted();
      throw explainListError(listing.what, toBatonError(error));
    });
  // If storing the page before this one fails, nobody waits for this one any more.
  fetching.catch(() => undefined);
  return fetching;
}

/**
 * A listing that does not exist would leave a gap that nobody notices. The Go host of baton-sdk v0.25.0 takes
 * it for a warning and finishes without the rows; here the sync fails and says so.
 */
function explainListError(what: string, error: BatonError): BatonError {
  if (error.code !== Code.NotFound) return error;
  return new StartOverError(
    Code.NotFound,
    `${what}: ${error.message}; finishing without these rows would leave a gap, so the sync was discarded and the next one starts over`,
    { cause: error },
  );
}

/**
 * Runs `work` on all actions, `workers` at a time. After a failure the others are stopped and waited for, so
 * that nothing is written once this has thrown.
 */
export async function runConcurrently(
  actions: readonly SyncAction[],
  workers: number,
  abort: (reason: unknown) => void,
  work: (action: SyncAction) => Promise<void>,
): Promise<void> {
  const queue = [...actions];
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (let action = queue.shift(); action !== undefined && failure === undefined; action = queue.shift()) {
      try {
        await work(action);
      } catch (error) {
        failure ??= { error };
        abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, queue.length) }, worker));
  if (failure !== undefined) throw failure.error;
}
