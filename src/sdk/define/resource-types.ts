import type { PageQuery, RowPage } from "#http/paging.ts";
import type { CallContext } from "#kernel/context.ts";
import type { ResourceSyncer } from "#runtime/connector.ts";
import type { Id, RefOf, ResourceFields, ResourceRef, UserFields } from "./rows.ts";

/** The requested page of a listing. Pass it to `acme.page`, and use `parent` for a listing below another. */
export interface ListPage<Under extends string = string> extends PageQuery {
  /** What the listing is below; only for types with `under`. */
  readonly parent: [string] extends [Under] ? undefined : ResourceRef;
}

/**
 * A resource as a host names it.
 *
 * @example
 * const describe = (team: KnownResource) => (team.name === "" ? team.id : team.name);
 */
export interface KnownResource extends ResourceRef {
  /** As it was listed; empty if the host does not say. */
  readonly name: string;
}

/** A resource to be created. */
export interface WantedResource {
  readonly name: string;
  readonly description: string;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly parent: ResourceRef | undefined;
}

/**
 * What can be held on the resources of a type, by a name that never changes.
 *
 * @example
 * const roles = { member: { grantableTo: ["user"] }, owner: { grantableTo: ["user"], purpose: "ownership" } } as const;
 */
export type EntitlementSet = Readonly<Record<string, EntitlementFields>>;

/** One thing that can be held. */
export interface EntitlementFields {
  /** Types of those who can hold it. */
  readonly grantableTo: readonly string[];
  /** Display name, for example `Member`; default its name in the code. Shown after the resource's own name. */
  readonly name?: string;
  readonly description?: string;
  /** Default `assignment`. */
  readonly purpose?: "assignment" | "permission" | "ownership";
}

type Slug<Entitlements> = keyof Entitlements & string;
type Holder<Entitlements extends EntitlementSet> = Entitlements[keyof Entitlements]["grantableTo"][number];

/** Who holds what. */
export interface Holding<Entitlements extends EntitlementSet> {
  readonly entitlement: Slug<Entitlements>;
  /** Who holds it, for example `{ user: row.userId }`. */
  readonly by: RefOf<Holder<Entitlements>>;
  /**
   * If it is held by a group: the group's entitlements whose holders have it through the group, for example
   * `["member"]`.
   */
  readonly expand?: readonly string[];
}

/**
 * What is to be granted or revoked.
 *
 * @example
 * const toBody = ({ entitlement, principal }: Change<EntitlementSet>) => ({ role: entitlement, user: principal.id });
 */
export interface Change<Entitlements extends EntitlementSet> {
  readonly resource: KnownResource;
  readonly entitlement: Slug<Entitlements>;
  readonly principal: KnownResource & { readonly type: Holder<Entitlements> };
}

/**
 * Nothing, or `"already"` if there was nothing left to do.
 *
 * @example
 * grant: (acme, { resource, principal }, ctx): Promise<ChangeResult> =>
 *   acme.put(path`/teams/${resource.id}/members/${principal.id}`, { already: [409] }, ctx)
 */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function without a return is welcome
export type ChangeResult = "already" | undefined | void;

interface CommonSpec<Client, Row, Under extends string> {
  /** Display name of the type; default its id. */
  readonly name?: string;
  readonly description?: string;
  /** Type of the resources that these are listed below, another one; `page.parent` names one of them. */
  readonly under?: Under;
  /** One page of all there are, or of those below `page.parent`. */
  list(client: Client, page: ListPage<Under>, ctx: CallContext): Promise<RowPage<Row>>;
  /** One by its id, undefined if it is gone; with it, hosts can sync resources one by one. */
  get?(
    client: Client,
    wanted: ResourceRef & { readonly parent: ResourceRef | undefined },
    ctx: CallContext,
  ): Promise<Row | undefined>;
  /** Creates one; needs `delete` as well. */
  create?(client: Client, wanted: WantedResource, ctx: CallContext): Promise<Row>;
  delete?(client: Client, resource: ResourceRef, ctx: CallContext): Promise<unknown>;
}

/** Refuses unknown fields: a mistyped optional one would be silently left out. */
export type Only<Fields, Given> = Given & {
  readonly [Name in Exclude<keyof Given, keyof Fields>]: "there is no such field";
};

/** A type of users: what others are granted to. */
export interface UserSpec<Client, Row, Under extends string, Given extends UserFields = UserFields>
  extends CommonSpec<Client, Row, Under> {
  /** What is known of a user. */
  user(row: Row): Only<UserFields, Given>;
}

/** A type of resources that something can be held on. */
export interface ResourceSpec<
  Client,
  Row,
  Under extends string,
  Entitlements extends EntitlementSet,
  GrantRow,
  Given extends ResourceFields = ResourceFields,
> extends CommonSpec<Client, Row, Under> {
  /** What is known of a resource. */
  resource(row: Row): Only<ResourceFields, Given>;
  /** What can be held on each of them. */
  readonly entitlements?: Entitlements;
  /** One page of who holds what on a resource. */
  grants?(
    client: Client,
    resource: KnownResource,
    page: PageQuery,
    ctx: CallContext,
  ): Promise<RowPage<GrantRow>>;
  /** The grants in a row of `grants`; an empty list if there are none. */
  held?(row: GrantRow): Holding<NoInfer<Entitlements>> | readonly Holding<NoInfer<Entitlements>>[];
  /** Grants. Can be called twice for the same grant. Needs `revoke` as well. */
  grant?(client: Client, change: Change<NoInfer<Entitlements>>, ctx: CallContext): Promise<ChangeResult>;
  /** Revokes. Can be called twice for the same grant. */
  revoke?(client: Client, change: Change<NoInfer<Entitlements>>, ctx: CallContext): Promise<ChangeResult>;
  /** Why nothing can be granted here, and where it can be changed instead; for types without `grant`. */
  readonly readOnly?: string;
}

/** What a type needs when the connector is put together. */
export interface Assembly<Client> {
  /** The client, opened at the first call. */
  readonly client: () => Promise<Client>;
  /** Types that are listed below this one. */
  readonly children: readonly string[];
  /** Entitlements of a type; undefined if it is made by hand, and so unknown. */
  readonly entitlementsOf: (type: string) => readonly string[] | undefined;
}

/** A resource type, ready to be listed in `types`. */
export interface DefinedType<Client> {
  readonly id: string;
  readonly under: string | undefined;
  /** Types that its entitlements can be granted to. */
  readonly grantableTo: readonly string[];
  /** Its entitlements; undefined for a type made by hand, which lists them only when it runs. */
  readonly entitlements: readonly string[] | undefined;
  build(assembly: Assembly<Client>): ResourceSyncer;
}

/** Defines resources of one kind, see {@link TypeKit}. */
export type DefineResources<Client> = <
  Row,
  GrantRow = never,
  const Entitlements extends EntitlementSet = EntitlementSet,
  const Under extends string = string,
  Given extends ResourceFields = ResourceFields,
>(
  id: string,
  spec: ResourceSpec<Client, Row, Under, Entitlements, GrantRow, Given>,
) => DefinedType<Client>;

/** What resource types are defined with. Client and rows are inferred from `open` and `list`. */
export interface TypeKit<Client> {
  /** Users, as the type `user`, or with another id before the rest. */
  user<Row, Given extends UserFields, const Under extends string = string>(
    spec: UserSpec<Client, Row, Under, Given>,
  ): DefinedType<Client>;
  user<Row, Given extends UserFields, const Under extends string = string>(
    id: string,
    spec: UserSpec<Client, Row, Under, Given>,
  ): DefinedType<Client>;
  /** Groups and teams. */
  readonly group: DefineResources<Client>;
  /** Roles. */
  readonly role: DefineResources<Client>;
  /** Applications. */
  readonly app: DefineResources<Client>;
  /** Anything else that something can be held on: projects, repositories, licenses. */
  readonly resource: DefineResources<Client>;
  /**
   * One level below: a syncer of the connector contract, made by hand. If other types are `under` it, its resources must
   * say so themselves, with the annotation `ChildResourceType`.
   */
  wire(syncer: (client: () => Promise<Client>) => ResourceSyncer): DefinedType<Client>;
}

export type { Id };
