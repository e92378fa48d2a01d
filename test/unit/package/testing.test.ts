import { AssertionError } from "node:assert";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { makeResource, makeResourceType } from "#model/resource.ts";
import {
  checkFaults,
  conformanceChecks,
  type FakeUpstream,
  type MakeConnector,
  reply,
  startFakeUpstream,
  startTestHost,
  testConformance,
} from "#package/testing.ts";
import type { Connector, ResourceSyncer } from "#runtime/connector.ts";
import { makePerson, ToyConnector } from "../../fakes/toy-connector.ts";

/** A toy of which one method of the syncer of a type is another one. */
function brokenToy(type: string, part: Partial<ResourceSyncer>): MakeConnector {
  return () => {
    const toy = new ToyConnector();
    const syncer = toy.syncers.find(({ resourceType }) => resourceType.id === type);
    if (syncer !== undefined) Object.assign(syncer, part);
    return toy;
  };
}

function endPage<T>(...items: T[]) {
  return { items, nextPageToken: "" };
}

describe("the conformance suite", () => {
  let runs = 0;
  const changing = brokenToy("person", {
    list: async () => {
      runs += 1;
      return endPage(makePerson(`person-${runs}`));
    },
  });
  const broken: readonly [check: string, what: string, make: MakeConnector][] = [
    [
      "accepts its credentials and describes itself",
      "credentials that are refused",
      () =>
        Object.assign(new ToyConnector(), {
          validate: () => Promise.reject(new BatonError(Code.Unauthenticated, "no")),
        }),
    ],
    [
      "lists every resource once, in pages that a new process can continue",
      "a row that comes twice",
      brokenToy("person", { list: async () => endPage(makePerson("a"), makePerson("a")) }),
    ],
    ["gives the same response twice", "rows that change without reason", changing],
    [
      "lists the same rows in tiny pages",
      "a page size that is taken for a limit",
      brokenToy("person", {
        list: async (_parent, { pageSize }) =>
          endPage(...["a", "b", "c"].map(makePerson).slice(0, pageSize || 3)),
      }),
    ],
    [
      "forms entitlement ids from resource and slug, on the resource it was asked for",
      "an entitlement of another team",
      () => {
        const toy = new ToyConnector();
        const team = toy.syncers.find(({ resourceType }) => resourceType.id === "team");
        const list = team?.entitlements?.bind(team);
        const [red] = toy.teams.values();
        if (team && list && red)
          Object.assign(team, { entitlements: (_: never, page: never, ctx: never) => list(red, page, ctx) });
        return toy;
      },
    ],
    [
      "grants nothing to or on a resource that it does not list",
      "a member who is not listed",
      () => {
        const toy = new ToyConnector();
        toy.members.add("blue/nobody");
        return toy;
      },
    ],
    ["is stored alike by two syncs", "rows that change without reason", changing],
  ];

  test("covers each check with a connector that fails it", () => {
    expect(broken.map(([check]) => check)).toEqual(conformanceChecks.map(({ name }) => name));
  });

  test.each(broken)('"%s" fails for %s', async (name, _what, make) => {
    const check = conformanceChecks.find((one) => one.name === name);
    const failure = await check?.run(make).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(failure instanceof BatonError ? BatonError : AssertionError);
  });

  test("makes a test of every check in whatever framework there is", () => {
    const names: string[] = [];
    testConformance((name) => names.push(name), brokenToy("person", {}));
    expect(names).toEqual(conformanceChecks.map(({ name }) => name));
  });
});

describe("a host in memory", () => {
  test("syncs into rows that are easy to look at", async () => {
    await using host = await startTestHost(() => new ToyConnector(2));
    const { resourceTypes, resources, entitlements, grants } = await host.sync();
    expect(resourceTypes.map(({ id }) => id)).toEqual(["person", "project", "role", "team"]);
    expect(resources).toContainEqual({
      type: "person",
      id: "person-0",
      name: "person-0",
      description: "",
      parent: undefined,
      profile: {},
      enabled: undefined,
      login: "person-0",
      emails: [],
    });
    expect(resources.find(({ type }) => type === "project")?.parent).toEqual({ type: "team", id: "blue" });
    expect(entitlements.find(({ id }) => id === "team:red:member")?.grantableTo).toEqual(["person"]);
    expect(grants.map(({ entitlement, principal }) => [entitlement, principal.id])).toEqual([
      ["role:boss:assigned", "person-0"],
      ["team:red:member", "person-0"],
      ["team:red:member", "person-1"],
    ]);
  });

  test("gives and takes what a sync has found, and tells when it was so before", async () => {
    await using host = await startTestHost(() => new ToyConnector(), { provisioning: true });
    await host.sync();
    const person = { type: "person", id: "person-2" };
    expect(await host.grant("team:blue:member", person)).toEqual({ wasSo: false });
    expect(await host.grant("team:blue:member", person)).toEqual({ wasSo: true });
    const { grants } = await host.sync();
    const grant = grants.find(({ entitlement }) => entitlement === "team:blue:member");
    expect(await host.revoke(grant?.id ?? "")).toEqual({ wasSo: false });
    expect(await host.revoke(grant?.id ?? "")).toEqual({ wasSo: true });
  });

  test("lets no change through unless told", async () => {
    await using host = await startTestHost(() => new ToyConnector());
    await host.sync();
    const change = host.grant("team:blue:member", { type: "person", id: "person-2" });
    await expect(change).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });

  test("runs actions and reads event feeds", async () => {
    await using host = await startTestHost(() => new ToyConnector(), { provisioning: true });
    expect(await host.invoke("greet", { whom: "Ann" }, "person")).toEqual({ greeting: "hello Ann" });
    const { events, cursor } = await host.events("joins");
    expect([events.map(({ id }) => id), cursor]).toEqual([["join-0", "join-1"], "2"]);
  });
});

describe("a fake upstream", () => {
  let upstream: FakeUpstream;
  const members = new Set<string>();

  beforeEach(async () => {
    members.clear();
    upstream = await startFakeUpstream(
      {
        "GET /users": ({ query }) => ({ users: ["ann", "bob"].slice(Number(query.get("from") ?? 0)) }),
        "PUT /teams/:team/members/:user": ({ params, body }) => {
          members.add(`${params["team"]} ${params["user"]} ${JSON.stringify(body)}`);
        },
        "GET /teams/:team": () => reply(418, "no team", { "x-kind": "teapot" }),
      },
      { token: "right" },
    );
  });
  afterEach(() => upstream.close());

  const ask = (path: string, options: RequestInit = {}) =>
    fetch(`${upstream.url}${path}`, { headers: { authorization: "Bearer right" }, ...options });

  test("answers by its routes, with parts of the path decoded", async () => {
    expect(await (await ask("/users?from=1")).json()).toEqual({ users: ["bob"] });
    const put = await ask("/teams/a%2Fb/members/x%20y", { method: "PUT", body: '{"role":"owner"}' });
    expect([put.status, [...members]]).toEqual([204, ['a/b x y {"role":"owner"}']]);
    const teapot = await ask("/teams/red");
    expect([teapot.status, teapot.headers.get("x-kind"), await teapot.text()]).toEqual([
      418,
      "teapot",
      "no team",
    ]);
    expect((await ask("/nowhere")).status).toBe(404);
    expect((await ask("/users", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
    expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /users",
      "PUT /teams/a%2Fb/members/x%20y",
      "GET /teams/red",
      "GET /nowhere",
      "GET /users",
    ]);
  });

  test("fails as planned, and then no more", async () => {
    upstream.fail(429, { headers: { "retry-after": "7" }, route: "GET /users", after: 1, times: 2 });
    const statuses: number[] = [];
    for (const path of ["/users", "/nowhere", "/users", "/users", "/users"])
      statuses.push((await ask(path)).status);
    expect(statuses).toEqual([200, 404, 429, 429, 200]);
    upstream.fail("reset");
    await expect(ask("/users")).rejects.toThrow();
    upstream.fail("truncated");
    await expect(ask("/users").then((response) => response.text())).rejects.toThrow();
    upstream.fail("html");
    expect(await (await ask("/users")).text()).toContain("<html>");
    upstream.fail("empty-object");
    expect(await (await ask("/users")).json()).toEqual({});
    expect((await ask("/users")).status).toBe(200);
  });

  test("that fails shows whether a connector loses rows without a word", async () => {
    await checkFaults(() => listUsers(upstream.url, "strict"), upstream);
    const careless = checkFaults(() => listUsers(upstream.url, "careless"), upstream);
    await expect(careless).rejects.toThrow(/request 1 \(GET \/users\) met the fault 500/);
  });
});

/** Lists the users of the fake upstream; carelessly, what is no list of users counts as an empty one. */
function listUsers(url: string, manner: "strict" | "careless"): Connector {
  const fetchUsers = async (): Promise<string[]> => {
    const response = await fetch(`${url}/users`, { headers: { authorization: "Bearer right" } });
    const { users } = (await response.json()) as { users?: string[] };
    if (!response.ok || users === undefined) throw new Error("no list of users");
    return users;
  };
  return {
    metadata: { displayName: "Users", description: "" },
    syncers: [
      {
        resourceType: makeResourceType({ id: "user", displayName: "User" }),
        list: async () => {
          const users = await fetchUsers().catch((cause: unknown) => {
            if (manner === "careless") return [];
            throw new BatonError(Code.FailedPrecondition, "the users cannot be listed", { cause });
          });
          return endPage(...users.map((id) => makeResource({ resourceType: "user", id, displayName: id })));
        },
      },
    ],
    validate: async () => ({}),
  };
}
