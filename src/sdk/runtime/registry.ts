import type { ResourceType } from "#gen/c1/connector/v2/resource.ts";
import { ResourceType_Trait } from "#gen/c1/connector/v2/resource.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type AnnotationName, hasAnnotation } from "#model/annotations.ts";
import { Limit } from "#model/contract-limits.ts";
import { compareUtf8, utf8Length } from "#model/utf8.ts";
import type { Action, Connector, EventFeed, ResourceSyncer } from "./connector.ts";

/**
 * What a connector offers, by id. Making one checks the connector as a whole, so that a contradiction stops
 * the program at its start and not in the middle of a sync.
 */
export class Registry {
  readonly connector: Connector;
  /** Sorted by id. */
  readonly resourceTypes: readonly ResourceType[];
  readonly #syncers: ReadonlyMap<string, ResourceSyncer>;
  readonly #feeds: ReadonlyMap<string, EventFeed>;
  readonly #actions: ReadonlyMap<string, Action>;

  /** Throws `Unknown` with the first contradiction that it finds. */
  constructor(connector: Connector) {
    this.connector = connector;
    this.#syncers = indexById("resource type", connector.syncers, (syncer) => syncer.resourceType.id);
    this.#feeds = indexById("event feed", connector.eventFeeds ?? [], (feed) => feed.metadata.id);
    this.#actions = indexById("action", connector.actions ?? [], (action) => action.schema.name);
    for (const syncer of connector.syncers) checkSyncer(syncer);
    for (const feed of connector.eventFeeds ?? []) checkFeed(feed);
    this.resourceTypes = connector.syncers
      .map((syncer) => syncer.resourceType)
      .toSorted((a, b) => compareUtf8(a.id, b.id));
  }

  findSyncer(resourceTypeId: string): ResourceSyncer | undefined {
    return this.#syncers.get(resourceTypeId);
  }

  /** Throws `NotFound` for a type that the connector does not have. */
  syncer(resourceTypeId: string): ResourceSyncer {
    const syncer = this.findSyncer(resourceTypeId);
    if (syncer !== undefined) return syncer;
    throw new BatonError(Code.NotFound, `this connector has no resource type "${resourceTypeId}"`);
  }

  /** Throws `NotFound` for a feed that the connector does not have. */
  feed(feedId: string): EventFeed {
    const feed = this.#feeds.get(feedId);
    if (feed !== undefined) return feed;
    throw new BatonError(Code.NotFound, `this connector has no event feed "${feedId}"`);
  }

  /**
   * Throws `NotFound` for an action that the connector does not have, or not for this resource type; an
   * empty type leaves it open.
   */
  action(name: string, resourceTypeId = ""): Action {
    const action = this.#actions.get(name);
    if (action === undefined) throw new BatonError(Code.NotFound, `this connector has no action "${name}"`);
    if (resourceTypeId !== "" && action.schema.resourceTypeId !== resourceTypeId) {
      throw new BatonError(Code.NotFound, `resource type "${resourceTypeId}" has no action "${name}"`);
    }
    return action;
  }

  /** All actions, or those of one resource type. */
  actions(resourceTypeId = ""): Action[] {
    const all = [...this.#actions.values()];
    return resourceTypeId === "" ? all : all.filter(({ schema }) => schema.resourceTypeId === resourceTypeId);
  }

  get eventFeeds(): readonly EventFeed[] {
    return [...this.#feeds.values()];
  }
}

function indexById<T>(what: string, items: readonly T[], idOf: (item: T) => string): Map<string, T> {
  const index = new Map<string, T>();
  for (const item of items) {
    const id = idOf(item);
    if (id === "" || utf8Length(id) > Limit.id) {
      throw contradiction(`${what} "${id}": an id needs 1 to ${Limit.id} bytes`);
    }
    if (index.has(id)) throw contradiction(`${what} "${id}" is registered twice`);
    index.set(id, item);
  }
  return index;
}

function checkSyncer(syncer: ResourceSyncer): void {
  const { id, traits, annotations } = syncer.resourceType;
  const has = (name: AnnotationName) => hasAnnotation(annotations, name);
  const fail = (problem: string) => contradiction(`resource type "${id}" ${problem}`);

  if (new Set(traits).size !== traits.length) throw fail("names a trait twice");
  if (traits.some((trait) => trait === ResourceType_Trait.TRAIT_UNSPECIFIED || trait < 0)) {
    throw fail("names a trait that does not exist");
  }
  const skipsEntitlements = has("SkipEntitlementsAndGrants") || has("SkipEntitlements");
  if (skipsEntitlements && syncer.entitlements !== undefined) {
    throw fail("lists entitlements that its annotations tell the host to skip");
  }
  if (has("SkipEntitlementsAndGrants") && syncer.grants !== undefined) {
    throw fail("lists grants that its annotations tell the host to skip");
  }
  if (has("TypeScopedEntitlements") && syncer.entitlements === undefined) {
    throw fail("offers type-scoped entitlements but lists none");
  }
  if (has("TypeScopedGrants") && syncer.grants === undefined) {
    throw fail("offers type-scoped grants but lists none");
  }
  if ((syncer.grant === undefined) !== (syncer.revoke === undefined)) {
    throw fail("supports only one of grant and revoke");
  }
  if (syncer.create !== undefined && syncer.delete === undefined) {
    throw fail("can create resources but not delete them");
  }
}

function checkFeed({ metadata }: EventFeed): void {
  const types = metadata.supportedEventTypes;
  if (new Set(types).size === types.length && types.every((type) => type > 0)) return;
  throw contradiction(`event feed "${metadata.id}" names an event type twice or one that does not exist`);
}

function contradiction(problem: string): BatonError {
  return new BatonError(Code.Unknown, `the connector is inconsistent: ${problem}`, { kind: "internal" });
}
