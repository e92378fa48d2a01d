import { ActionType, BatonActionSchema } from "#gen/c1/connector/v2/action.ts";
import { type Entitlement, Entitlement_PurposeValue } from "#gen/c1/connector/v2/entitlement.ts";
import { Event, EventType } from "#gen/c1/connector/v2/event_feed.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import {
  Resource,
  type ResourceId,
  ResourceType,
  ResourceType_Trait,
} from "#gen/c1/connector/v2/resource.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import { makeEntitlement } from "#model/entitlement.ts";
import { makeGrant } from "#model/grant.ts";
import { toTimestamp } from "#model/timestamp.ts";
import type {
  Action,
  ActionStruct,
  Connector,
  EventFeed,
  Page,
  PageRequest,
  ResourceSyncer,
} from "#runtime/connector.ts";

/**
 * A whole imaginary company in memory: people, teams with projects below them, and roles. It implements
 * every optional capability once, so that the runtime can be driven without any real upstream.
 */
export class ToyConnector implements Connector {
  readonly metadata = {
    displayName: "Toy",
    description: "An imaginary company.",
    helpUrl: "https://toys.example/help",
  };
  readonly people = new Map<string, Resource>();
  readonly teams = new Map<string, Resource>();
  /** `team/person` */
  readonly members = new Set<string>();
  readonly cleanedUp: string[] = [];
  closed = false;
  requests = 0;

  syncers: readonly ResourceSyncer[];
  eventFeeds: readonly EventFeed[];
  actions: readonly Action[];

  constructor(peopleCount = 5) {
    for (let index = 0; index < peopleCount; index += 1) this.addPerson(`person-${index}`);
    for (const name of ["red", "blue"]) this.teams.set(name, makeTeam(name));
    this.members.add("red/person-0").add("red/person-1");
    this.syncers = [new PersonSyncer(this), new TeamSyncer(this), new ProjectSyncer(), new RoleSyncer(this)];
    this.eventFeeds = [new JoinFeed()];
    this.actions = [makeAction("greet", "person"), makeAction("wait_for_cancel")];
  }

  async validate() {
    this.requests += 1;
    return { annotations: [packAnnotation("RequestId", { requestId: "toy" })] };
  }

  async cleanup(activeSyncId: string) {
    this.cleanedUp.push(activeSyncId);
  }

  upstreamRequests(): number {
    return this.requests;
  }

  async close() {
    this.closed = true;
  }

  addPerson(name: string): void {
    this.people.set(name, makePerson(name));
  }
}

const PAGE_ROWS = 2;

/** A page that starts at the index in the token. */
function pageOf<T>(rows: readonly T[], { pageToken }: PageRequest): Page<T> {
  const start = pageToken === "" ? 0 : Number(pageToken);
  const end = start + PAGE_ROWS;
  return { items: rows.slice(start, end), nextPageToken: end < rows.length ? String(end) : "" };
}

export function makePerson(name: string): Resource {
  return Resource.fromPartial({
    id: { resourceType: "person", resource: name },
    displayName: name,
    annotations: [packAnnotation("UserTrait", { login: name })],
  });
}

function makeTeam(name: string): Resource {
  return Resource.fromPartial({
    id: { resourceType: "team", resource: name },
    displayName: name,
    annotations: [
      packAnnotation("GroupTrait"),
      packAnnotation("ChildResourceType", { resourceTypeId: "project" }),
    ],
  });
}

class PersonSyncer implements ResourceSyncer {
  readonly resourceType = ResourceType.fromPartial({
    id: "person",
    displayName: "Person",
    traits: [ResourceType_Trait.TRAIT_USER],
    annotations: [
      packAnnotation("SkipEntitlementsAndGrants"),
      packAnnotation("CapabilityPermissions", { permissions: [{ permission: "read:people" }] }),
    ],
  });
  readonly #company: ToyConnector;

  constructor(company: ToyConnector) {
    this.#company = company;
  }

  async list(_parent: ResourceId | undefined, page: PageRequest): Promise<Page<Resource>> {
    this.#company.requests += 1;
    return pageOf([...this.#company.people.values()], page);
  }

  async get(id: ResourceId) {
    const resource = this.#company.people.get(id.resource);
    return resource === undefined ? undefined : { resource };
  }

  async create(resource: Resource) {
    this.#company.addPerson(resource.displayName);
    return { resource: makePerson(resource.displayName) };
  }

  async delete(id: ResourceId) {
    const gone = !this.#company.people.delete(id.resource);
    return gone ? { annotations: [packAnnotation("ResourceDoesNotExist")] } : {};
  }
}

class TeamSyncer implements ResourceSyncer {
  readonly resourceType = ResourceType.fromPartial({
    id: "team",
    displayName: "Team",
    traits: [ResourceType_Trait.TRAIT_GROUP],
  });
  readonly #company: ToyConnector;

  constructor(company: ToyConnector) {
    this.#company = company;
  }

  async list(_parent: ResourceId | undefined, page: PageRequest): Promise<Page<Resource>> {
    return pageOf([...this.#company.teams.values()], page);
  }

  async staticEntitlements(): Promise<Page<Entitlement>> {
    const team = makeTeam("any");
    return { items: [memberOf(team)], nextPageToken: "" };
  }

  async entitlements(resource: Resource, page: PageRequest): Promise<Page<Entitlement>> {
    return pageOf([memberOf(resource), ownerOf(resource), memberOf(resource)], page);
  }

  async grants(resource: Resource, page: PageRequest): Promise<Page<Grant>> {
    const team = resource.id?.resource ?? "";
    const members = [...this.#company.members].filter((member) => member.startsWith(`${team}/`));
    return pageOf(
      members.map((member) =>
        makeGrant({ resource, slug: "member", principal: personId(member.slice(team.length + 1)) }),
      ),
      page,
    );
  }

  async grant(principal: Resource, entitlement: Entitlement) {
    const team = entitlement.resource?.id?.resource ?? "";
    const person = principal.id?.resource ?? "";
    if (person === "person-4") {
      throw new BatonError(Code.FailedPrecondition, "the company said no", {
        errorInfo: {
          reason: "grant_cancelled",
          domain: "github.com/conductorone/baton-sdk",
          metadata: { reason: "no seats left" },
        },
      });
    }
    if (this.#company.members.has(`${team}/${person}`)) {
      return { annotations: [packAnnotation("GrantAlreadyExists")] };
    }
    this.#company.members.add(`${team}/${person}`);
    const resource = entitlement.resource ?? makeTeam(team);
    return { grants: [makeGrant({ resource, slug: "member", principal: personId(person) })] };
  }

  async revoke(grant: Grant) {
    const team = grant.entitlement?.resource?.id?.resource ?? "";
    const gone = !this.#company.members.delete(`${team}/${grant.principal?.id?.resource ?? ""}`);
    return gone ? { annotations: [packAnnotation("GrantAlreadyRevoked")] } : {};
  }
}

class ProjectSyncer implements ResourceSyncer {
  readonly resourceType = ResourceType.fromPartial({ id: "project", displayName: "Project" });

  async list(parent: ResourceId | undefined): Promise<Page<Resource>> {
    if (parent === undefined) return { items: [], nextPageToken: "" };
    const id = { resourceType: "project", resource: `${parent.resource}-project` };
    return {
      items: [Resource.fromPartial({ id, parentResourceId: parent, displayName: id.resource })],
      nextPageToken: "",
    };
  }
}

class RoleSyncer implements ResourceSyncer {
  readonly resourceType = ResourceType.fromPartial({
    id: "role",
    displayName: "Role",
    traits: [ResourceType_Trait.TRAIT_ROLE],
    annotations: [packAnnotation("TypeScopedGrants"), packAnnotation("OptInRequired")],
  });
  readonly #company: ToyConnector;

  constructor(company: ToyConnector) {
    this.#company = company;
  }

  async list(): Promise<Page<Resource>> {
    return { items: [makeRole("boss")], nextPageToken: "" };
  }

  async grants(_resource: Resource, page: PageRequest): Promise<Page<Grant>> {
    if (page.typeScoped !== true) throw new BatonError(Code.Internal, "the listing should be type-scoped");
    const [first = ""] = this.#company.people.keys();
    return {
      items: [makeGrant({ resource: makeRole("boss"), slug: "assigned", principal: personId(first) })],
      nextPageToken: "",
    };
  }
}

function makeRole(name: string): Resource {
  return Resource.fromPartial({
    id: { resourceType: "role", resource: name },
    displayName: name,
    annotations: [packAnnotation("RoleTrait")],
  });
}

function memberOf(resource: Resource): Entitlement {
  const purpose = Entitlement_PurposeValue.PURPOSE_VALUE_ASSIGNMENT;
  return makeEntitlement({ resource, slug: "member", purpose, grantableTo: ["person"] });
}

function ownerOf(resource: Resource): Entitlement {
  const purpose = Entitlement_PurposeValue.PURPOSE_VALUE_OWNERSHIP;
  return makeEntitlement({ resource, slug: "owner", purpose, grantableTo: ["person"] });
}

function personId(name: string): ResourceId {
  return { resourceType: "person", resource: name, batonResource: false };
}

/** Two events; the cursor is the number of those already read. */
class JoinFeed implements EventFeed {
  readonly metadata = { id: "joins", supportedEventTypes: [EventType.EVENT_TYPE_USAGE] };

  async list({ cursor, startAt }: { cursor: string; startAt: Date | undefined; pageSize: number }) {
    const seen = Number(cursor);
    const occurredAt = toTimestamp(startAt?.getTime() ?? 0);
    return {
      events: [Event.fromPartial({ id: `join-${seen}`, occurredAt })],
      cursor: String(seen + 1),
      hasMore: seen + 1 < 2,
    };
  }
}

function makeAction(name: string, resourceTypeId = ""): Action {
  return {
    schema: BatonActionSchema.fromPartial({
      name,
      displayName: name,
      resourceTypeId,
      actionType: [ActionType.ACTION_TYPE_DYNAMIC],
    }),
    invoke: async (args: ActionStruct, ctx: CallContext) => {
      if (name === "wait_for_cancel") await ctx.clock.sleep(3_600_000, ctx.signal);
      if (typeof args["whom"] !== "string") throw new BatonError(Code.InvalidArgument, "whom to greet?");
      return { response: { greeting: `hello ${args["whom"]}` } };
    },
  };
}
