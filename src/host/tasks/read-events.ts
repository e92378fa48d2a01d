import type { Event, EventFeedMetadata } from "#gen/c1/connector/v2/event_feed.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { FeatureClient } from "#launch/feature-client.ts";
import { toTimestamp } from "#model/timestamp.ts";

export interface EventTaskOptions {
  /** Empty for the connector's default feed. */
  readonly feedId: string;
  /** Nothing older than this is of interest. */
  readonly startAt: Date;
  /** Where an earlier reading stopped; empty at first. */
  readonly cursor: string;
}

/** Events asked for at a time, as the Go host does. */
const PAGE_SIZE = 100;

/**
 * Hands every event that is there now to `onEvent`, in the connector's order, which is awaited.
 *
 * @returns the cursor at which a later reading continues
 * @throws BatonError what the connector answers, also when the feed does not exist.
 */
export async function runEventTask(
  client: Pick<FeatureClient, "listEvents">,
  { feedId, startAt, cursor: start }: EventTaskOptions,
  onEvent: (event: Event) => void | Promise<void>,
  ctx: CallContext,
): Promise<string> {
  let cursor = start;
  for (;;) {
    const request = {
      cursor,
      startAt: toTimestamp(startAt.getTime()),
      pageSize: PAGE_SIZE,
      annotations: [],
      eventFeedId: feedId,
    };
    const answer = await client.listEvents(request, ctx.signal);
    for (const event of answer.events) await onEvent(event);
    if (!answer.hasMore) return answer.cursor;
    if (answer.cursor === cursor) {
      throw new BatonError(
        Code.Internal,
        "the event feed reports more events, but its cursor does not advance; this is a bug in the connector",
      );
    }
    cursor = answer.cursor;
  }
}

/** What feeds there are. */
export async function listEventFeeds(
  client: Pick<FeatureClient, "listEventFeeds">,
  ctx: CallContext,
): Promise<EventFeedMetadata[]> {
  return (await client.listEventFeeds({ annotations: [] }, ctx.signal)).list;
}
