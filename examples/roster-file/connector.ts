import type { ConfigOf, FieldSet } from "#config/field.ts";
import { packAnnotation } from "#model/annotations.ts";
import { makeEntitlement, Purpose } from "#model/entitlement.ts";
import { makeGrant } from "#model/grant.ts";
import { makeResourceId } from "#model/ids.ts";
import {
  makeResourceType,
  makeTraitResource,
  type Resource,
  ResourceStatus,
  Trait,
} from "#model/resource.ts";
import { makeUser } from "#model/user.ts";
import type {
  Connector,
  ConnectorDefinition,
  Page,
  PageRequest,
  ResourceSyncer,
} from "#runtime/connector.ts";
import { type Roster, readRoster } from "./roster.ts";

const PERSON = "person";
const TEAM = "team";
const MEMBER = "member";
const DEFAULT_PAGE_ROWS = 100;

const fields = {
  rosterFile: {
    kind: "string",
    name: "roster-file",
    displayName: "Roster file",
    description: "JSON file with the people and teams to sync",
    isInputFile: true,
    required: true,
  },
} as const satisfies FieldSet;

type Config = ConfigOf<typeof fields>;

/** A connector whose upstream is a JSON file: the smallest one that has users, groups and grants. */
export const rosterFile = {
  name: "baton-roster-file",
  displayName: "Roster file",
  description: "People and teams from a JSON file",
  fields,
  constraints: [],
  exampleConfig: { rosterFile: "roster.json" },
  create: createRosterFile,
} as const satisfies ConnectorDefinition<typeof fields>;

function createRosterFile(config: Config): Connector {
  return {
    metadata: { displayName: "Roster file", description: "People and teams from a JSON file" },
    syncers: [makePersonSyncer(config.rosterFile), makeTeamSyncer(config.rosterFile)],
    async validate(ctx) {
      await readRoster(config.rosterFile, ctx.signal);
      return {};
    },
  };
}

function makePersonSyncer(path: string): ResourceSyncer {
  return {
    resourceType: makeResourceType({
      id: PERSON,
      displayName: "Person",
      traits: [Trait.TRAIT_USER],
      annotations: [packAnnotation("SkipEntitlementsAndGrants")],
    }),
    async list(_parent, page, ctx) {
      const { people } = await readRoster(path, ctx.signal);
      return pageOf(people, (person) => person.login, page, toPerson);
    },
  };
}

function makeTeamSyncer(path: string): ResourceSyncer {
  return {
    resourceType: makeResourceType({ id: TEAM, displayName: "Team", traits: [Trait.TRAIT_GROUP] }),
    async list(_parent, page, ctx) {
      const { teams } = await readRoster(path, ctx.signal);
      return pageOf(teams, (team) => team.name, page, toTeam);
    },
    async entitlements(resource) {
      const purpose = Purpose.PURPOSE_VALUE_ASSIGNMENT;
      const member = makeEntitlement({ resource, slug: MEMBER, purpose, grantableTo: [PERSON] });
      return { items: [member], nextPageToken: "" };
    },
    async grants(resource, page, ctx) {
      const { teams } = await readRoster(path, ctx.signal);
      const team = teams.find(({ name }) => name === resource.id?.resource);
      return pageOf(
        team?.members ?? [],
        (login) => login,
        page,
        (login) => makeGrant({ resource, slug: MEMBER, principal: makeResourceId(PERSON, login) }),
      );
    },
  };
}

function toPerson({ login, name, active }: Roster["people"][number]): Resource {
  const status = active ? ResourceStatus.RESOURCE_STATUS_ENABLED : ResourceStatus.RESOURCE_STATUS_DISABLED;
  return makeUser({
    resourceType: PERSON,
    id: login,
    displayName: name,
    login,
    profile: { login, name },
    status: { status },
  });
}

function toTeam({ name }: Roster["teams"][number]): Resource {
  return makeTraitResource("GroupTrait", { resourceType: TEAM, id: name, displayName: name });
}

/**
 * The rows after the one that the token names, in the order of their keys. A row that others come before or
 * vanish around keeps its place, so nobody is lost when the file changes between two pages.
 */
function pageOf<Row, Item>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  { pageSize, pageToken }: PageRequest,
  convert: (row: Row) => Item,
): Page<Item> {
  const limit = pageSize > 0 ? pageSize : DEFAULT_PAGE_ROWS;
  const rest = rows
    .filter((row) => pageToken === "" || keyOf(row) > pageToken)
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(convert),
    nextPageToken: last === undefined || rest.length <= limit ? "" : keyOf(last),
  };
}
