import { EventServiceService as Service } from "#gen/c1/connector/v2/event_feed.ts";
import { fromTimestamp } from "#model/timestamp.ts";
import { withPrefix } from "../call-errors.ts";
import type { Registry } from "../registry.ts";
import { type Endpoint, unary } from "../unary.ts";

/** The feed that a request without a feed id means. */
const DEFAULT_FEED = "baton_feed_event";

/** Event feeds, which the host polls with a cursor. */
export function eventEndpoints(registry: Registry): Endpoint[] {
  return [
    unary(Service.listEventFeeds, async () => ({
      list: registry.eventFeeds.map(({ metadata }) => metadata),
      annotations: [],
    })),

    unary(Service.listEvents, async ({ cursor, startAt, pageSize, eventFeedId }, ctx) => {
      const feed = registry.feed(eventFeedId === "" ? DEFAULT_FEED : eventFeedId);
      const from = startAt === undefined ? undefined : new Date(fromTimestamp(startAt));
      const page = await withPrefix("error: listing events failed", () =>
        feed.list({ cursor, startAt: from, pageSize }, ctx),
      );
      const { events, hasMore, annotations } = page;
      return { events, cursor: page.cursor, hasMore, annotations: annotations ?? [] };
    }),
  ];
}
