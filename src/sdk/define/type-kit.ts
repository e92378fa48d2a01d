import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import type { Resource, ResourceId } from "#gen/c1/connector/v2/resource.ts";
import type { PageQuery, RowPage } from "#http/paging.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type Any, packAnnotation } from "#model/annotations.ts";
import { makeEntitlement, Purpose, slugOf } from "#model/entitlement.ts";
import { makeGrant } from "#model/grant.ts";
import { makeEntitlementId, makeResourceId } from "#model/ids.ts";
import { makeResource, makeResourceType, makeTraitResource, Trait } from "#model/resource.ts";
import { encodeUsers, makeUser } from "#model/user.ts";
import type { Annotated, ListedResource, Page, PageRequest, ResourceSyncer } from "#runtime/connector.ts";
import { failAsListing, isGone } from "./not-found.ts";
import type {
  Assembly,
  Change,
  ChangeResult,
  DefinedType,
  DefineResources,
  EntitlementFields,
  EntitlementSet,
  Holding,
  KnownResource,
  ResourceSpec,
  TypeKit,
  UserSpec,
} from "./resource-types.ts";
import { type ResourceRef, toRef, toResourceOptions, toUserOptions } from "./rows.ts";

/** What kind of resources a type has: their trait, and the annotation that each of them carries. */
const KINDS = {
  group: { trait: Trait.TRAIT_GROUP, annotation: "GroupTrait" },
  role: { trait: Trait.TRAIT_ROLE, annotation: "RoleTrait" },
  app: { trait: Trait.TRAIT_APP, annotation: "AppTrait" },
} as const;

type Kind = keyof typeof KINDS | "resource";

const PURPOSES = {
  assignment: Purpose.PURPOSE_VALUE_ASSIGNMENT,
  permission: Purpose.PURPOSE_VALUE_PERMISSION,
  ownership: Purpose.PURPOSE_VALUE_OWNERSHIP,
} as const;

/** The kit that `types` of a connector is called with. */
export function makeTypeKit<Client>(): TypeKit<Client> {
  const define =
    (kind: Kind): DefineResources<Client> =>
    (id, spec) =>
      defineResources(kind, id, spec);
  return {
    user: <Row, Under extends string>(
      ...[id, spec]: [spec: UserSpec<Client, Row, Under>] | [id: string, spec: UserSpec<Client, Row, Under>]
    ) => {
      if (typeof id !== "string") return defineUsers("user", id);
      if (spec === undefined) throw mistake(id, "has no definition");
      return defineUsers(id, spec);
    },
    group: define("group"),
    role: define("role"),
    app: define("app"),
    resource: define("resource"),
    wire(syncer) {
      const { id } = syncer(neverOpened).resourceType;
      return {
        id,
        under: undefined,
        grantableTo: [],
        entitlements: undefined,
        build: ({ client }) => syncer(client),
      };
    },
  };
}

async function neverOpened(): Promise<never> {
  throw new BatonError(Code.Internal, "a syncer used its client before the first call");
}

function defineUsers<Client, Row, Under extends string>(
  id: string,
  spec: UserSpec<Client, Row, Under>,
): DefinedType<Client> {
  return {
    id,
    under: spec.under,
    grantableTo: [],
    entitlements: [],
    build(assembly) {
      const annotations = childAnnotations(assembly.children);
      const options = (row: Row, parent: ResourceId | undefined) => ({
        ...toUserOptions(id, spec.user(row)),
        ...(parent === undefined ? {} : { parent }),
        annotations,
      });
      return {
        resourceType: makeResourceType({
          id,
          displayName: spec.name ?? toTitle(id),
          description: spec.description ?? "",
          traits: [Trait.TRAIT_USER],
          annotations: [packAnnotation("SkipEntitlementsAndGrants")],
        }),
        list: async (parent, page, ctx) =>
          listRows(assembly, spec, parent, page, ctx, (rows) =>
            encodeUsers(rows.map((row) => options(row, parent))),
          ),
        ...singles(assembly, id, spec, (row, parent) => makeUser(options(row, parent))),
      };
    },
  };
}

function defineResources<Client, Row, Under extends string, Entitlements extends EntitlementSet, GrantRow>(
  kind: Kind,
  id: string,
  spec: ResourceSpec<Client, Row, Under, Entitlements, GrantRow>,
): DefinedType<Client> {
  const offered = Object.entries<EntitlementFields>(spec.entitlements ?? {});
  const has = new Map(offered);
  if ((spec.grants === undefined) !== (spec.held === undefined)) {
    throw mistake(id, "needs both grants and held, or neither");
  }
  const hasGrants = spec.grants !== undefined || spec.grant !== undefined;
  if (has.size === 0 && hasGrants) throw mistake(id, "has no entitlements");
  if (has.has("")) throw mistake(id, "has an entitlement with an empty name");
  return {
    id,
    under: spec.under,
    grantableTo: offered.flatMap(([, { grantableTo }]) => grantableTo),
    entitlements: [...has.keys()],
    build(assembly) {
      const annotations = childAnnotations(assembly.children);
      const toResource = (row: Row, parent: ResourceId | undefined): Resource => {
        const options = {
          ...toResourceOptions(id, spec.resource(row)),
          ...(parent === undefined ? {} : { parent }),
          annotations,
        };
        return kind === "resource"
          ? makeResource(options)
          : makeTraitResource(KINDS[kind].annotation, options);
      };
      return {
        resourceType: makeResourceType({
          id,
          displayName: spec.name ?? toTitle(id),
          description: spec.description ?? "",
          traits: kind === "resource" ? [] : [KINDS[kind].trait],
          annotations: has.size === 0 ? [packAnnotation("SkipEntitlementsAndGrants")] : [],
        }),
        list: async (parent, page, ctx) =>
          listRows(assembly, spec, parent, page, ctx, (rows) => rows.map((row) => toResource(row, parent))),
        ...singles(assembly, id, spec, toResource),
        ...(has.size === 0
          ? {}
          : {
              entitlements: async (resource: Resource) => ({
                items: offered.map(([slug, fields]) => toEntitlement(resource, slug, fields)),
                nextPageToken: "",
              }),
            }),
        ...grantHandlers(assembly, id, spec, has),
        ...(spec.readOnly === undefined ? {} : { explainReadOnly: readOnly(spec.readOnly) }),
      };
    },
  };
}

function readOnly(reason: string) {
  return () => reason;
}

/** There exactly if the type has `under`, as `ListPage` says. */
interface ListParent {
  readonly parent: ResourceRef | undefined;
}

/** One page of a listing. A type below another one is listed below its resources only, and any other one nowhere else. */
async function listRows<Client, Row, Item extends ListedResource>(
  { client }: Assembly<Client>,
  spec: {
    readonly under?: string;
    list(client: Client, page: PageQuery & ListParent, ctx: CallContext): Promise<RowPage<Row>>;
  },
  parent: ResourceId | undefined,
  page: PageRequest,
  ctx: CallContext,
  convert: (rows: readonly Row[]) => Item[],
): Promise<Page<Item>> {
  if (parent?.resourceType !== spec.under) return { items: [], nextPageToken: "" };
  const wanted = { ...page, parent: toKnownRef(parent) };
  try {
    const { rows, next } = await spec.list(await client(), wanted, ctx);
    return { items: convert(rows), nextPageToken: next };
  } catch (error) {
    return failAsListing(error);
  }
}

type Singles = Pick<ResourceSyncer, "get" | "create" | "delete">;

/** The methods for one resource, as far as the type has them. */
function singles<Client, Row>(
  { client }: Assembly<Client>,
  type: string,
  spec: Pick<UserSpec<Client, Row, string>, "get" | "create" | "delete">,
  toResource: (row: Row, parent: ResourceId | undefined) => Resource,
): Singles {
  const { get, create, delete: remove } = spec;
  const methods: { -readonly [Name in keyof Singles]: Singles[Name] } = {};
  if (get !== undefined) {
    methods.get = async (id, parent, ctx) => {
      const wanted = { type, id: id.resource, parent: toKnownRef(parent) };
      const row = await get.call(spec, await client(), wanted, ctx);
      return row === undefined ? undefined : { resource: toResource(row, parent) };
    };
  }
  if (create !== undefined) {
    methods.create = async ({ displayName: name, description, profile, parentResourceId }, ctx) => {
      const wanted = { name, description, profile: profile ?? {}, parent: toKnownRef(parentResourceId) };
      const row = await create.call(spec, await client(), wanted, ctx);
      return { resource: toResource(row, parentResourceId) };
    };
  }
  if (remove !== undefined) {
    methods.delete = async (id, _parent, ctx) => {
      await remove.call(spec, await client(), { type, id: id.resource }, ctx);
      return {};
    };
  }
  return methods;
}

/** Listing, giving and taking grants, as far as the type can. */
function grantHandlers<Client, Row, Under extends string, Entitlements extends EntitlementSet, GrantRow>(
  { client, entitlementsOf }: Assembly<Client>,
  type: string,
  spec: ResourceSpec<Client, Row, Under, Entitlements, GrantRow>,
  has: ReadonlyMap<string, EntitlementFields>,
): Pick<ResourceSyncer, "grants" | "grant" | "revoke"> {
  const grants = spec.grants?.bind(spec);
  const held = spec.held?.bind(spec);
  const grant = spec.grant?.bind(spec);
  const revoke = spec.revoke?.bind(spec);
  const handlers: { -readonly [Name in "grants" | "grant" | "revoke"]?: ResourceSyncer[Name] } = {};
  if (grants !== undefined && held !== undefined) {
    handlers.grants = async (resource, page, ctx) => {
      const open = await client();
      const known = toKnown(resource);
      const wanted = { ...known, parent: toKnownRef(resource.parentResourceId) };
      // In a function of its own, as `grants` can throw before it gives a promise.
      const read = async () => grants(open, known, page, ctx);
      const { rows, next } = await read().catch(async (error: unknown) => {
        // It may have been deleted since it was listed; then its grants are gone as well.
        if (await isGone(error, spec.get && (async () => spec.get?.(open, wanted, ctx)))) throw error;
        return failAsListing(error);
      });
      try {
        const holdings = rows.flatMap((row) => [held(row)].flat());
        return {
          items: holdings.map((holding) => toGrant(resource, checkHeld(holding))),
          nextPageToken: next,
        };
      } catch (error) {
        return failAsListing(error);
      }
    };
  }
  /** What `held` gives that was not declared would be stored, and hosts would leave it out without a word. */
  const checkHeld = <Given extends Holding<EntitlementSet>>(holding: Given): Given => {
    const { entitlement, by, expand = [] } = holding;
    const holder = toRef({ ...by });
    const fields = has.get(entitlement);
    if (fields === undefined) throw mistake(type, `has no entitlement "${entitlement}", which held gives`);
    if (!fields.grantableTo.includes(holder.type)) {
      throw mistake(type, `cannot have a ${holder.type} that holds "${entitlement}", which held gives`);
    }
    const known = entitlementsOf(holder.type);
    const wrong = known && expand.find((slug) => !known.includes(slug));
    if (wrong === undefined) return holding;
    throw mistake(holder.type, `has no entitlement "${wrong}", which held of "${type}" expands`);
  };
  /** Identified by entitlement and principal, as the id of a grant can be unknown to the host. */
  const change = (
    entitlement: Entitlement | undefined,
    principal: Resource | undefined,
  ): Change<Entitlements> => {
    const resource = toKnown(entitlement?.resource);
    const slug =
      entitlement === undefined
        ? ""
        : slugOf(entitlement, { resourceType: resource.type, resource: resource.id });
    const holder = toKnown(principal);
    const fields = has.get(slug);
    if (fields === undefined) throw refused(`${type} "${resource.id}" has no entitlement "${slug}"`);
    if (!fields.grantableTo.includes(holder.type)) {
      throw refused(`${slug} of ${type} "${resource.id}" cannot be held by a ${holder.type}`);
    }
    return { resource, entitlement: slug, principal: holder };
  };
  if (grant !== undefined) {
    handlers.grant = async (principal, entitlement, ctx) => {
      const result = await grant(await client(), change(entitlement, principal), ctx);
      return annotate(result, "GrantAlreadyExists");
    };
  }
  if (revoke !== undefined) {
    handlers.revoke = async ({ entitlement, principal }, ctx) => {
      const result = await revoke(await client(), change(entitlement, principal), ctx);
      return annotate(result, "GrantAlreadyRevoked");
    };
  }
  return handlers;
}

function annotate(result: ChangeResult, name: "GrantAlreadyExists" | "GrantAlreadyRevoked"): Annotated {
  return result === "already" ? { annotations: [packAnnotation(name)] } : {};
}

function toEntitlement(resource: Resource, slug: string, fields: EntitlementFields): Entitlement {
  const name = fields.name ?? slug;
  return makeEntitlement({
    resource,
    slug,
    displayName: resource.displayName === "" ? name : `${resource.displayName} ${name}`,
    description: fields.description ?? "",
    purpose: PURPOSES[fields.purpose ?? "assignment"],
    grantableTo: fields.grantableTo,
  });
}

function toGrant(
  resource: Resource,
  {
    entitlement,
    by,
    expand = [],
    ...rest
  }: { readonly entitlement: string; readonly by: object; readonly expand?: readonly string[] },
): Grant {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw mistake(resource.id?.resourceType ?? "", `has no field "${unknown}" in held`);
  const { type, id } = toRef({ ...by });
  const principal = makeResourceId(type, id);
  const annotations: Any[] = [];
  if (expand.length > 0) {
    const entitlementIds = expand.map((slug) => makeEntitlementId(principal, slug));
    annotations.push(packAnnotation("GrantExpandable", { entitlementIds }));
  }
  return makeGrant({ resource, slug: entitlement, principal, annotations });
}

function toKnown(resource: Resource | undefined): KnownResource {
  const ref = toKnownRef(resource?.id);
  if (ref === undefined) throw refused("the request names no resource");
  return { ...ref, name: resource?.displayName ?? "" };
}

function toKnownRef(id: ResourceId | undefined): ResourceRef | undefined {
  return id === undefined ? undefined : { type: id.resourceType, id: id.resource };
}

function childAnnotations(children: readonly string[]): Any[] {
  return children.map((resourceTypeId) => packAnnotation("ChildResourceType", { resourceTypeId }));
}

/** `cost_center` becomes `Cost center`. */
function toTitle(id: string): string {
  const words = id.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function refused(problem: string): BatonError {
  return new BatonError(Code.InvalidArgument, problem);
}

function mistake(id: string, problem: string): BatonError {
  return new BatonError(Code.Internal, `the resource type "${id}" ${problem}`);
}
