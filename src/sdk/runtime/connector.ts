/**
 * What a connector implements. A connector is a value: metadata, a check of its credentials and one syncer
 * per resource type. Everything beyond that is optional; the runtime derives the advertised capabilities
 * from what is there and answers for what is not.
 *
 * Handlers throw {@link BatonError}; anything else is treated as a defect and becomes `Internal`. The runtime
 * adds what failed, checks requests before and pages after, and owns every promise.
 */

import type { ConfigOf, Constraint, FieldSet } from "#config/field.ts";
import type { BatonActionSchema, BatonActionStatus } from "#gen/c1/connector/v2/action.ts";
import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Event, EventFeedMetadata } from "#gen/c1/connector/v2/event_feed.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { Resource, ResourceId, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import type { CallContext } from "#kernel/context.ts";
import type { Secret } from "#kernel/secret.ts";
import type { UpstreamSource } from "#kernel/upstream-source.ts";
import type { EncodedUser } from "#model/user.ts";

/**
 * Which page of a listing is wanted.
 *
 * @example
 * const first: PageRequest = { pageSize: 0, pageToken: "", activeSyncId: "" };
 */
export interface PageRequest {
  /** Rows wanted; 0 leaves the choice to the connector. */
  readonly pageSize: number;
  /** Empty for the first page, otherwise exactly the token of the previous page. */
  readonly pageToken: string;
  /** Id of the sync that asks; empty outside a sync. */
  readonly activeSyncId: string;
  /** The listing is wanted for the whole type at once, as its `TypeScoped…` annotation offers; the resource is a stub. */
  readonly typeScoped?: boolean;
}

/**
 * One page of a listing.
 *
 * @example
 * const last: Page<Entitlement> = { items: [makeEntitlement(member)], nextPageToken: "" };
 */
export interface Page<T> {
  readonly items: T[];
  /** Empty on the last page. Tokens are opaque, self-contained and survive a restart of this process. */
  readonly nextPageToken: string;
  /** Annotations of the response as a whole. */
  readonly annotations?: Any[];
}

/**
 * A result together with annotations.
 *
 * @example
 * const already: Annotated = { annotations: [packAnnotation("GrantAlreadyExists")] };
 */
export interface Annotated {
  readonly annotations?: Any[];
}

/**
 * A row of a listing. Types with many users give them encoded, which takes a fraction of the time.
 *
 * @example
 * const items: ListedResource[] = encodeUsers(rows.map(toUser));
 */
export type ListedResource = Resource | EncodedUser;

/**
 * Lists and, where the optional methods are there, changes the resources of one type.
 *
 * @example
 * const users: ResourceSyncer = {
 *   resourceType: makeResourceType({ id: "user", displayName: "User", traits: [Trait.TRAIT_USER] }),
 *   list: async (_parent, page, ctx) => {
 *     const { rows, next } = await acme.page(path`/users`, User, page, cursor("next"), ctx);
 *     return { items: encodeUsers(rows.map(toUser)), nextPageToken: next };
 *   },
 * };
 */
export interface ResourceSyncer {
  readonly resourceType: ResourceType;

  /** One page of resources below `parent`, or of those without a parent. */
  list(parent: ResourceId | undefined, page: PageRequest, ctx: CallContext): Promise<Page<ListedResource>>;

  /** What can be granted on `resource`. */
  entitlements?(resource: Resource, page: PageRequest, ctx: CallContext): Promise<Page<Entitlement>>;

  /** Entitlements that every resource of this type has; the host instantiates them. */
  staticEntitlements?(page: PageRequest, ctx: CallContext): Promise<Page<Entitlement>>;

  /** Who holds what on `resource`; may also hold grants on other resources. */
  grants?(resource: Resource, page: PageRequest, ctx: CallContext): Promise<Page<Grant>>;

  /** One resource by id, or undefined when it is gone. Having it makes the type syncable one by one. */
  get?(
    id: ResourceId,
    parent: ResourceId | undefined,
    ctx: CallContext,
  ): Promise<(Annotated & { resource: Resource }) | undefined>;

  /** Gives `entitlement`, which lies on a resource of this type, to `principal`. */
  grant?(
    principal: Resource,
    entitlement: Entitlement,
    ctx: CallContext,
  ): Promise<Annotated & { grants?: Grant[] }>;

  /** Takes `grant` away. Its id can be unknown to the caller: identify it by entitlement and principal. */
  revoke?(grant: Grant, ctx: CallContext): Promise<Annotated>;

  /**
   * Why an entitlement of this type can be neither granted nor revoked, and where it can be changed instead.
   * For types without {@link grant} that people may still try to change.
   *
   * @param slug of the entitlement
   */
  explainReadOnly?(slug: string): string;

  /** Creates a resource of this type. */
  create?(resource: Resource, ctx: CallContext): Promise<Annotated & { resource: Resource }>;

  /** Deletes a resource of this type. */
  delete?(id: ResourceId, parent: ResourceId | undefined, ctx: CallContext): Promise<Annotated>;
}

/**
 * A stream of events that the host polls. The feeds of `defineConnector` are declared in `events` and need no messages.
 *
 * @example
 * const quiet: EventFeed = {
 *   metadata: { id: "audit", supportedEventTypes: [] },
 *   list: async ({ cursor }) => ({ events: [], cursor, hasMore: false }),
 * };
 */
export interface EventFeed {
  readonly metadata: EventFeedMetadata;
  list(
    request: { readonly cursor: string; readonly startAt: Date | undefined; readonly pageSize: number },
    ctx: CallContext,
  ): Promise<Annotated & { events: Event[]; cursor: string; hasMore: boolean }>;
}

/** JSON object given to and returned by an action. */
export type ActionStruct = { readonly [key: string]: unknown };

/**
 * A named operation outside grants, for example `disable_user`.
 *
 * @example
 * const disableUser: Action = {
 *   schema,
 *   invoke: async ({ user_id }, ctx) => {
 *     await acme.post(path`/users/${String(user_id)}/suspension`, ctx);
 *     return { response: { success: true } };
 *   },
 * };
 */
export interface Action {
  readonly schema: BatonActionSchema;
  /** Runs to its end; a thrown error makes the action FAILED, it is not an error of the call. */
  invoke(args: ActionStruct, ctx: CallContext): Promise<Annotated & { response: ActionStruct }>;
}

/** State of an action invocation as the host polls it. */
export interface ActionState {
  readonly id: string;
  readonly name: string;
  readonly status: BatonActionStatus;
  readonly response: ActionStruct | undefined;
  readonly annotations: Any[];
}

export interface ConnectorMetadata {
  readonly displayName: string;
  readonly description: string;
  readonly helpUrl?: string;
}

/**
 * A running connector. Made by a {@link ConnectorDefinition}; holds its client and caches.
 *
 * @example
 * const connector: Connector = {
 *   metadata: { displayName: "Acme", description: "Users of Acme" },
 *   syncers: [users],
 *   validate: async (ctx) => {
 *     await acme.get(path`/me`, Me, ctx);
 *     return {};
 *   },
 * };
 */
export interface Connector {
  readonly metadata: ConnectorMetadata;
  readonly syncers: readonly ResourceSyncer[];
  readonly eventFeeds?: readonly EventFeed[];
  readonly actions?: readonly Action[];

  /**
   * Loads what the first call is going to need. Called when the process already accepts connections, and while
   * it waits for them; sends nothing. A failure is reported by the first call.
   */
  prepare?(): Promise<void>;

  /** Makes a real, cheap call with the credentials; throws what is wrong with its own code and sentence. */
  validate(ctx: CallContext): Promise<Annotated>;

  /** End of a sync: what was cached for it can go. */
  cleanup?(activeSyncId: string, ctx: CallContext): Promise<void>;

  /** Requests sent upstream since the start; our own host shows the number in its summary. */
  upstreamRequests?(): number;

  /** Where it reads, and as whom, as far as that is known by now; our own host records it with a sync. */
  upstreamSource?(): UpstreamSource | undefined;

  /** Frees connections. Called once, when the process ends. */
  close?(): Promise<void>;
}

/**
 * What of the program's own settings a connector may need to know.
 *
 * @example
 * const settings: ConnectorSettings = { provisioning: false, httpTimeoutMs: 10_000 };
 * const connector = await definition.create(definition.exampleConfig, settings);
 */
export interface ConnectorSettings {
  /** Whether any operation that changes something upstream is allowed; the runtime lets no other one through. */
  readonly provisioning: boolean;
  /** Upper bound in milliseconds for one HTTP exchange. */
  readonly httpTimeoutMs: number;
  /** Keeps a secret that the connector loads by itself, such as a renewed token, out of every output. */
  readonly registerSecret?: (secret: Secret) => void;
  /**
   * Takes known secrets out of a text. Every output does that anyway; a connector that shortens what others say
   * has to do it first, as half a secret is not recognised.
   */
  readonly redact?: (text: string) => string;
}

/**
 * A connector before it has its settings: what a program needs to know to offer it on the command line.
 * The runtime, the host and the command line know connectors only through this.
 *
 * @example
 * const definition: ConnectorDefinition<typeof fields> = {
 *   name: "baton-acme",
 *   displayName: "Acme",
 *   description: "Users of Acme",
 *   fields,
 *   constraints: [],
 *   exampleConfig: { owner: "acme" },
 *   create: ({ owner }, { httpTimeoutMs }) => new AcmeConnector(owner, httpTimeoutMs),
 * };
 */
export interface ConnectorDefinition<Fields extends FieldSet = FieldSet> {
  /** Name of the program, for example `baton-acme`. */
  readonly name: string;
  /** Display name of the upstream system. */
  readonly displayName: string;
  /** One line for the head of the help text. */
  readonly description: string;
  readonly helpUrl?: string;
  readonly iconUrl?: string;
  readonly fields: Fields;
  /** Relations between the fields, by flag name. */
  readonly constraints: readonly Constraint[];
  /** Valid settings to derive the capabilities with when there are none; no call is ever made with them. */
  readonly exampleConfig: ConfigOf<Fields>;
  /** Whether the connector itself needs the client secret of C1, which our own host keeps to itself otherwise. */
  readonly needsClientSecret?: boolean;
  /**
   * Keys of the text fields that together say what is read, such as an organization. Every line of the log and every
   * trace names them.
   */
  readonly identity?: readonly (keyof Fields & string)[];
  /** What the summary of a sync counts, in the order to show it; without it, rows by kind. */
  readonly summary?: readonly SummaryCount[];
  /** Command lines for the help, besides syncing. */
  readonly examples?: readonly Example[];
  /** Notes for those who make a change from the command line. */
  readonly changeNotes?: ChangeNotes;

  /**
   * Makes the connector. It may load its code only now, since help and hosts do without it, but does no other I/O:
   * what can fail belongs into `validate`.
   */
  create(config: ConfigOf<Fields>, settings: ConnectorSettings): Connector | Promise<Connector>;
}

/** A command line and its purpose. */
export interface Example {
  /** The words after the program's name, each as one argument. */
  readonly args: readonly string[];
  /** A few words, for example `give jdoe a seat`. */
  readonly purpose: string;
}

/** Notes that are shown after a change, a sentence each without a period. */
export interface ChangeNotes {
  readonly revoke?: string;
  /** By the name of the action. */
  readonly actions?: Readonly<Record<string, string>>;
}

/** A line of the summary: how many of the stored resources are of a type and, if wanted, have a flag. */
export interface SummaryCount {
  /** Plural noun, for example `seats`. */
  readonly label: string;
  readonly resourceType: string;
  /** Key of a profile entry, of ASCII characters; only resources where it is `true` count. */
  readonly profileFlag?: string;
}
