import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { DeleteResourceRequest, ResourceDeleterServiceService } from "#gen/c1/connector/v2/resource.ts";
import {
  BatonError,
  type CallContext,
  Code,
  choice,
  cursor,
  defineConnector,
  flag,
  integer,
  type JsonApi,
  list,
  nested,
  offset,
  PageBag,
  type PageQuery,
  type Pager,
  path,
  type RowPage,
  secret,
  text,
  url,
} from "#package/index.ts";
import {
  connectInMemory,
  type FakeUpstream,
  makerOf,
  startFakeUpstream,
  startTestHost,
} from "#package/testing.ts";
import {
  makeEntitlement,
  makeGrant,
  makeResource,
  makeResourceId,
  makeResourceType,
  Purpose,
  packAnnotation,
} from "#package/wire.ts";

/**
 * The snippets of `docs/writing-a-connector.md` that are not those of `examples/acme`, each in a connector that runs.
 * `guide.test.ts` compares them with the guide.
 */

const User = z.object({ id: z.string(), name: z.string() });
const Member = z.object({ id: z.string(), user: z.string() });
const Project = z.object({ id: z.string(), title: z.string() });
const Me = z.object({ login: z.string() });

let upstream: FakeUpstream;
let deleted: string[] = [];

const byOffset = <Row>(rows: readonly Row[], query: URLSearchParams) => {
  const from = Number(query.get("offset") ?? query.get("cursor") ?? 0);
  return { rows: rows.slice(from, from + 2), next: from + 2 < rows.length ? String(from + 2) : null };
};
const users = ["ada", "grace", "hedy"].map((id) => ({ id, name: id }));
const projects = ["p1", "p2", "p3"].map((id) => ({ id, title: id }));

beforeEach(async () => {
  deleted = [];
  upstream = await startFakeUpstream({
    "GET /me": ({ headers }) => ({ login: headers["x-api-version"] ?? headers["authorization"] ?? "" }),
    "GET /users": ({ query }) => byOffset(users, query),
    "GET /users/:id": ({ params }) => users.find(({ id }) => id === params["id"]),
    "DELETE /users/:id": ({ params }) => void deleted.push(params["id"] ?? ""),
    "POST /users": ({ body }) => ({ id: "new", name: z.object({ name: z.string() }).parse(body).name }),
    "GET /after": ({ query }) => {
      const from = users.findIndex(({ id }) => id === query.get("starting_after")) + 1;
      return { data: users.slice(from, from + 2), has_more: from + 2 < users.length };
    },
    "GET /projects": ({ query }) => byOffset(projects, query),
    "GET /projects/:id/members": ({ params, query }) =>
      byOffset(
        users.map(({ id }) => ({ id: `${params["id"]}-${id}`, user: id })),
        query,
      ),
    "GET /projects/:id/teams": ({ params, query }) =>
      byOffset([{ id: `${params["id"]}-team`, title: "Team" }], query),
    "POST /search": ({ body }) => ({ rows: users, next: null, asked: body }),
  });
});
afterEach(() => upstream.close());

/** A connector with one way of listing users. */
function listingUsers<Row extends { readonly id: string }>(
  listUsers: (acme: JsonApi, page: PageQuery, ctx: CallContext) => Promise<RowPage<Row>>,
) {
  return defineConnector({
    name: "baton-acme",
    displayName: "Acme",
    settings: { baseUrl: url("Address of Acme") },
    open: ({ settings, http }) => http.json(settings.baseUrl),
    validate: async () => {},
    types: (type) => [type.user({ list: listUsers, user: (row) => ({ id: row.id, enabled: true }) })],
  });
}

async function idsOf(connector: ReturnType<typeof listingUsers>): Promise<string[]> {
  await using host = await startTestHost(makerOf(connector, { baseUrl: upstream.url }));
  return (await host.sync()).resources.map(({ id }) => id);
}

test("the first connector", async () => {
  const connector = defineConnector({
    name: "baton-acme",
    displayName: "Acme",
    settings: {
      token: secret("Acme API token"),
      baseUrl: url("Address of Acme", { default: "https://api.acme.example" }),
    },
    open: ({ settings, http }) => http.json(settings.baseUrl, { bearer: settings.token }),
    validate: (acme, ctx) => acme.get(path`/me`, Me, ctx),
    types: (type) => [
      type.user({
        list: (acme, page, ctx) => acme.page(path`/users`, User, page, cursor("next"), ctx),
        user: (row) => ({ id: row.id, name: row.name, enabled: true }),
      }),
    ],
  });
  await using host = await startTestHost(makerOf(connector, { token: "t", baseUrl: upstream.url }));
  expect((await host.sync()).resources).toHaveLength(3);
});

test("settings", () => {
  const connector = defineConnector({
    name: "baton-acme",
    displayName: "Acme",
    settings: {
      token: secret("Acme API token"),
      baseUrl: url("Address of Acme", { default: "https://api.acme.example" }),
      organization: text("Organization", { placeholder: "acme" }),
      region: choice("Region", ["eu", "us"], { default: "eu" }),
      days: integer("Days of the audit log to read", { default: 30, min: 1, max: 365 }),
      guests: flag("Also list guests"),
      teams: list("Teams to list"),
      proxyToken: secret("Token for the proxy", { optional: true }),
    },
    open: ({ settings, http }) => ({
      api: http.json(settings.baseUrl, { bearer: settings.token }),
      organization: settings.organization,
    }),
    validate: ({ api, organization }, ctx) => api.get(path`/organizations/${organization}`, Me, ctx),
    types: () => [],
  });
  expect(Object.keys(connector.exampleConfig)).toContain("proxyTokenFile");
});

test("credentials", async () => {
  const connector = defineConnector({
    name: "baton-acme",
    displayName: "Acme",
    settings: { user: text("User name"), key: secret("API key"), baseUrl: url("Address of Acme") },
    open: ({ settings, http }) => ({
      basic: http.json(settings.baseUrl, { basic: { user: settings.user, password: settings.key } }),
      ownHeader: http.json(settings.baseUrl, { headers: { "X-Api-Key": settings.key } }),
      versioned: http.json(
        settings.baseUrl,
        { bearer: settings.key },
        { headers: { "X-Api-Version": "2026-01-01" } },
      ),
    }),
    validate: async (apis, ctx) => {
      for (const api of Object.values(apis)) await api.get(path`/me`, Me, ctx);
    },
    types: () => [],
  });
  const make = makerOf(connector, { key: "k", user: "jdoe", baseUrl: upstream.url });
  await using connection = await connectInMemory(make);
  await connection.client.validate({}, new AbortController().signal);
  expect(upstream.requests.map(({ headers }) => headers)).toMatchObject([
    { authorization: `Basic ${Buffer.from("jdoe:k").toString("base64")}` },
    { "x-api-key": "k" },
    { authorization: "Bearer k", "x-api-version": "2026-01-01" },
  ]);
});

describe("paging", () => {
  test("of an API with a way of its own", async () => {
    /** `?starting_after=<id of the last row>`, with `has_more` in the response. */
    const startingAfter: Pager = {
      rows: "data",
      ask: ({ pageToken }) => ({ starting_after: pageToken === "" ? undefined : pageToken }),
      next: (_page, { body, fail }) => {
        const parsed = z.object({ data: z.array(User), has_more: z.boolean() }).safeParse(body);
        if (!parsed.success) throw fail("has_more");
        const last = parsed.data.data.at(-1);
        return { token: parsed.data.has_more && last !== undefined ? last.id : "" };
      },
    };
    const connector = listingUsers((acme, page, ctx) =>
      acme.page(path`/after`, User, page, startingAfter, ctx),
    );
    expect(await idsOf(connector)).toEqual(["ada", "grace", "hedy"]);
  });

  test("in two levels", async () => {
    const connector = listingUsers((acme, page, ctx) =>
      nested(page, {
        outer: (projects) => acme.page(path`/projects`, Project, projects, cursor("next"), ctx),
        key: (project) => project.id,
        inner: (id, members) => acme.page(path`/projects/${id}/members`, Member, members, offset(), ctx),
      }),
    );
    expect(await idsOf(connector)).toHaveLength(9);
  });

  test("of several lists, one after the other", async () => {
    const connector = listingUsers(async (acme, page, ctx) => {
      const bag = PageBag.read(page.pageToken, { kind: "users", id: "" });
      const { kind = "users", token = "" } = bag.current ?? {};
      const query = { pageSize: page.pageSize, pageToken: token };
      const from = kind === "users" ? path`/users` : path`/projects/p1/members`;
      const { rows, next } = await acme.page(from, z.object({ id: z.string() }), query, cursor("next"), ctx);
      bag.advance(next);
      if (kind === "users" && next === "") bag.push([{ kind: "guests", id: "" }]);
      return { rows, next: bag.toString() };
    });
    expect(await idsOf(connector)).toEqual(["ada", "grace", "hedy", "p1-ada", "p1-grace", "p1-hedy"]);
  });

  test("of a search by POST, without --provisioning", async () => {
    const connector = listingUsers(async (acme, _page, ctx) => {
      const Found = z.object({ rows: z.array(User) });
      const search = { body: { role: "any" }, schema: Found, reads: true };
      const { rows } = await acme.post(path`/search`, search, ctx);
      return { rows, next: "" };
    });
    expect(await idsOf(connector)).toHaveLength(3);
  });
});

test("types below others, created and deleted", async () => {
  const connector = defineConnector({
    name: "baton-acme",
    displayName: "Acme",
    settings: { baseUrl: url("Address of Acme") },
    open: ({ settings, http }) => http.json(settings.baseUrl),
    validate: async () => {},
    types: (type) => [
      type.resource("project", {
        list: (acme, page, ctx) => acme.page(path`/projects`, Project, page, cursor("next"), ctx),
        resource: (row) => ({ id: row.id, name: row.title }),
      }),
      type.group("team", {
        under: "project",
        list: (acme, page, ctx) =>
          acme.page(path`/projects/${page.parent.id}/teams`, Project, page, cursor("next"), ctx),
        resource: (row) => ({ id: row.id, name: row.title }),
        entitlements: { owner: { grantableTo: ["user"], purpose: "ownership" } },
        readOnly: "owners are set in the project's file; change it there",
      }),
      type.user({
        list: (acme, page, ctx) => acme.page(path`/users`, User, page, cursor("next"), ctx),
        user: (row) => ({ id: row.id, name: row.name, enabled: true }),
        create: (acme, { name }, ctx) => acme.post(path`/users`, { body: { name }, schema: User }, ctx),
        delete: (acme, { id }, ctx) => acme.delete(path`/users/${id}`, { already: [404] }, ctx),
      }),
    ],
  });
  const make = makerOf(connector, { baseUrl: upstream.url }, { provisioning: true });
  await using host = await startTestHost(make, { provisioning: true });
  const { resources } = await host.sync();
  expect(resources.filter(({ type }) => type === "team")).toHaveLength(3);
  const { deleteResourceV2 } = ResourceDeleterServiceService;
  const remove = host.connection.calls.unary(deleteResourceV2);
  const request = DeleteResourceRequest.fromPartial({ resourceId: makeResourceId("user", "a/b") });
  await remove(request, new AbortController().signal);
  expect(deleted).toEqual(["a/b"]);
});

test("errors of one's own", () => {
  const refuse = (organization: string) => {
    throw new BatonError(
      Code.InvalidArgument,
      `the organization ${organization} is a personal account; give the name of an organization`,
      { kind: "configuration" },
    );
  };
  expect(() => refuse("jdoe")).toThrow(expect.objectContaining({ code: Code.InvalidArgument }));
});

test("one level below", async () => {
  const connector = defineConnector({
    name: "baton-acme",
    displayName: "Acme",
    settings: { baseUrl: url("Address of Acme") },
    open: ({ settings, http }) => http.json(settings.baseUrl),
    validate: async () => {},
    types: (type) => [
      type.user({
        list: (acme, page, ctx) => acme.page(path`/users`, User, page, cursor("next"), ctx),
        user: (row) => ({ id: row.id, name: row.name, enabled: true }),
      }),
      type.wire((client) => ({
        resourceType: makeResourceType({ id: "project", displayName: "Project" }),
        async list(_parent, page, ctx) {
          const acme = await client();
          const { rows, next } = await acme.page(path`/projects`, Project, page, cursor("next"), ctx);
          const items = rows.map(({ id, title }) =>
            makeResource({ resourceType: "project", id, displayName: title }),
          );
          return { items, nextPageToken: next };
        },
        async entitlements(resource) {
          const purpose = Purpose.PURPOSE_VALUE_PERMISSION;
          const annotations = [packAnnotation("EntitlementImmutable")];
          const read = { resource, slug: "read", purpose, grantableTo: ["user"], annotations };
          return { items: [makeEntitlement(read)], nextPageToken: "" };
        },
        async grants(resource, page, ctx) {
          const acme = await client();
          const members = path`/projects/${resource.id?.resource ?? ""}/members`;
          const { rows, next } = await acme.page(members, Member, page, cursor("next"), ctx);
          const items = rows.map(({ user }) =>
            makeGrant({ resource, slug: "read", principal: makeResourceId("user", user) }),
          );
          return { items, nextPageToken: next };
        },
      })),
    ],
  });
  await using host = await startTestHost(makerOf(connector, { baseUrl: upstream.url }));
  expect((await host.sync()).grants).toHaveLength(9);
});
