import { createHash } from "node:crypto";
import { Event, EventType } from "#gen/c1/connector/v2/event_feed.ts";
import { Resource } from "#gen/c1/connector/v2/resource.ts";
import type { PageQuery, RowPage } from "#http/paging.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { Limit } from "#model/contract-limits.ts";
import { makeEntitlement, Purpose } from "#model/entitlement.ts";
import { makeResourceId } from "#model/ids.ts";
import { toTimestamp } from "#model/timestamp.ts";
import type { EventFeed } from "#runtime/connector.ts";
import { type Id, type Instant, toEpoch, toId, toRef } from "./rows.ts";

/** A resource by its type, for example `{ user: "jdoe" }`. */
export type AnyRef = Readonly<Record<string, Id>>;

/** What can have happened. */
interface Happenings {
  /** A resource was created, changed or deleted; hosts read it again. */
  readonly change: { readonly changed: AnyRef };
  /** A user used a resource. */
  readonly usage: { readonly used: AnyRef; readonly by: AnyRef };
  /** A principal was given an entitlement of a resource. */
  readonly grant: { readonly granted: string; readonly on: AnyRef; readonly to: AnyRef };
  /** A principal lost an entitlement of a resource. */
  readonly revoke: { readonly revoked: string; readonly on: AnyRef; readonly from: AnyRef };
}

/** A kind of event. */
export type EventKind = keyof Happenings;

/** Something that happened. */
export type EventFields<Kind extends EventKind> = {
  /** Unique within the feed. */
  readonly id: Id;
  readonly at: Instant;
} & { [K in Kind]: Happenings[K] }[Kind];

/** The requested page of a feed: events at or after `since`, in any order. */
export interface EventPage extends PageQuery {
  readonly since: Date;
}

/**
 * A stream of events that hosts poll. An event is missed if the upstream lists it late, with a time before that of the
 * newest event returned.
 */
export interface EventFeedSpec<Client, Row, Kind extends EventKind> {
  /** The kinds of events that it can have. */
  readonly kinds: readonly [Kind, ...Kind[]];
  list(client: Client, page: EventPage, ctx: CallContext): Promise<RowPage<Row>>;
  /** The event in a row; undefined for a row to leave out. */
  event(row: Row): EventFields<NoInfer<Kind>> | undefined;
}

/** A feed, ready to be listed in `events`. */
export interface DefinedFeed<Client> {
  build(client: () => Promise<Client>): EventFeed;
}

/** Defines an event feed by its id. Hosts that name none read `baton_feed_event`. */
export type DefineFeed<Client> = <Row, const Kind extends EventKind>(
  id: string,
  spec: EventFeedSpec<Client, Row, Kind>,
) => DefinedFeed<Client>;

const TYPES: Readonly<Record<EventKind, EventType>> = {
  change: EventType.EVENT_TYPE_RESOURCE_CHANGE,
  usage: EventType.EVENT_TYPE_USAGE,
  grant: EventType.EVENT_TYPE_CREATE_GRANT,
  revoke: EventType.EVENT_TYPE_CREATE_REVOKE,
};

/** Where a feed begins for a host that does not say. */
const DEFAULT_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * How far a feed was read. A walk goes through the pages of everything since a time; the next one begins at the latest
 * time that it saw, and leaves out what was given then.
 */
interface Cursor {
  /** Epoch milliseconds of the earliest event of this walk. */
  readonly since: number;
  /** Page of this walk. */
  readonly token: string;
  /** Epoch milliseconds of the latest event so far. */
  readonly latest: number;
  /** Events at that time that were given. */
  readonly given: readonly string[];
  /** Events at `since` that earlier walks gave. */
  readonly before: readonly string[];
}

/** What `events` of a connector is called with. */
export function makeFeedKit<Client>(): DefineFeed<Client> {
  return (id, spec) => ({
    build: (client) => ({
      metadata: { id, supportedEventTypes: spec.kinds.map((kind) => TYPES[kind]) },
      async list({ cursor, startAt, pageSize }, ctx) {
        const start = startAt?.getTime() ?? ctx.clock.now() - DEFAULT_AGE_MS;
        const read =
          cursor === "" ? { since: start, token: "", latest: start, given: [], before: [] } : parse(cursor);
        const page = { pageSize, pageToken: read.token, since: new Date(read.since) };
        const { rows, next } = await spec.list(await client(), page, ctx);
        const events: Event[] = [];
        let { latest, given } = read;
        for (const row of rows) {
          const fields = spec.event(row);
          if (fields === undefined) continue;
          const at = toEpoch(`event ${fields.id}: at`, fields.at) ?? 0;
          const key = hash(fields.id);
          if (at < read.since || (at === read.since && read.before.includes(key))) continue;
          if (at > latest) [latest, given] = [at, []];
          if (at === latest) given = [...given, key];
          events.push(toEvent(fields, at));
        }
        const hasMore = next !== "";
        const before = latest === read.since ? [...read.before, ...given] : given;
        const reached = hasMore
          ? { ...read, token: next, latest, given }
          : { since: latest, token: "", latest, given: [], before };
        return { events, cursor: write(reached), hasMore };
      },
    }),
  });
}

function toEvent(fields: EventFields<EventKind>, at: number): Event {
  return Event.fromPartial({
    id: toId("event", fields.id),
    occurredAt: toTimestamp(at),
    event: toHappening(fields),
  });
}

function toHappening(fields: EventFields<EventKind>): NonNullable<Event["event"]> {
  if ("changed" in fields) {
    const value = { resourceId: toResource(fields.changed).id, parentResourceId: undefined };
    return { $case: "resourceChangeEvent", value };
  }
  if ("used" in fields) {
    const value = { targetResource: toResource(fields.used), actorResource: toResource(fields.by) };
    return { $case: "usageEvent", value };
  }
  if ("granted" in fields) {
    const entitlement = toEntitlement(fields.granted, fields.on);
    return {
      $case: "createGrantEvent",
      value: { entitlement, principal: toResource(fields.to), annotations: [] },
    };
  }
  const entitlement = toEntitlement(fields.revoked, fields.on);
  return {
    $case: "createRevokeEvent",
    value: { entitlement, principal: toResource(fields.from), annotations: [] },
  };
}

function toEntitlement(slug: string, on: AnyRef) {
  const purpose = Purpose.PURPOSE_VALUE_UNSPECIFIED;
  return makeEntitlement({ resource: toResource(on), slug, purpose, grantableTo: [] });
}

function toResource(ref: AnyRef): Resource {
  const { type, id } = toRef(ref);
  return Resource.fromPartial({ id: makeResourceId(type, id) });
}

/** Short, as a cursor has little room. */
function hash(id: Id): string {
  return createHash("sha256").update(String(id)).digest("base64url").slice(0, 10);
}

function write({ since, token, latest, given, before }: Cursor): string {
  const text = JSON.stringify([since, token, latest, given, before]);
  if (text.length <= Limit.eventCursor) return text;
  // If not everything that was returned fits, some of it is returned again, which hosts tolerate.
  const short = JSON.stringify([since, token, latest, [], []]);
  if (short.length <= Limit.eventCursor) return short;
  throw new BatonError(
    Code.Internal,
    `a page token of ${token.length} characters is too long for an event feed`,
  );
}

function parse(text: string): Cursor {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw foreign();
  }
  if (!Array.isArray(value)) throw foreign();
  const [since, token, latest, given, before]: unknown[] = value;
  if (typeof since !== "number" || typeof token !== "string" || typeof latest !== "number") throw foreign();
  return { since, token, latest, given: toTexts(given), before: toTexts(before) };
}

function toTexts(value: unknown): string[] {
  if (!Array.isArray(value) || value.some((text) => typeof text !== "string")) throw foreign();
  return value.map(String);
}

function foreign(): BatonError {
  return new BatonError(Code.InvalidArgument, "the cursor does not belong to this event feed");
}
