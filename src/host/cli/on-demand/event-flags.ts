import { usageError } from "#config/arguments.ts";
import type { SdkConfig } from "../load-settings.ts";
import { type OnDemandTask, printJson } from "./on-demand-task.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Whether `--event-feed`, which takes a text, says yes. */
export function isEventFeedWanted({ eventFeed }: SdkConfig): boolean {
  if (eventFeed === undefined || /^(0|f|false)$/i.test(eventFeed)) return false;
  if (/^(1|t|true)$/i.test(eventFeed)) return true;
  throw usageError("--event-feed: value must be true or false; the name of a feed goes into --event-feed-id");
}

/**
 * `--event-feed`: prints the events of a feed, one JSON object a line. The cursor at which a later reading
 * continues is in the log.
 */
export function makeEventFeedTask(sdk: SdkConfig): OnDemandTask {
  const startAt = parseStart(sdk.eventFeedStartAt);
  const { eventFeedId: feedId = "", eventFeedCursor: cursor = "" } = sdk;
  return async (connector, ctx) => {
    const [client, { Event }, { runEventTask }, { JsonPrinter }] = await Promise.all([
      connector.features(),
      import("#gen/c1/connector/v2/event_feed.ts"),
      import("#tasks/read-events.ts"),
      import("../protojson.ts"),
    ]);
    const printer = new JsonPrinter();
    let events = 0;
    const last = await runEventTask(
      client,
      { feedId, startAt, cursor },
      async (event) => {
        events += 1;
        await printJson(printer.toJson("c1.connector.v2.Event", Event.encode(event).finish()), ctx.signal);
      },
      ctx,
    );
    ctx.report({ message: "events read", fields: { events, cursor: last } });
  };
}

function parseStart(text: string | undefined): Date {
  if (text === undefined) return new Date(Date.now() - DAY_MS);
  const date = new Date(text);
  if (RFC_3339.test(text) && !Number.isNaN(date.getTime())) return date;
  throw usageError(`--event-feed-start-at must be a time like 2026-01-31T08:00:00Z, not "${text}"`);
}
