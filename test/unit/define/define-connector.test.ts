import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { loadFields } from "#config/load.ts";
import {
  choice,
  declareSettings,
  flag,
  integer,
  list,
  type SettingSet,
  secret,
  text,
  url,
} from "#define/declare-settings.ts";
import { type ConnectorSpec, defineConnector } from "#define/define-connector.ts";
import type { ChangeResult, EntitlementSet, Holding } from "#define/resource-types.ts";
import { toEpoch } from "#define/rows.ts";
import { EventType } from "#gen/c1/connector/v2/event_feed.ts";
import { Resource } from "#gen/c1/connector/v2/resource.ts";
import { UserTrait_AccountType } from "#gen/c1/connector/v2/traits.ts";
import type { PageQuery, RowPage } from "#http/paging.ts";
import { systemClock } from "#kernel/clock.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { findAnnotation, findAnnotations, hasAnnotation } from "#model/annotations.ts";
import { makeResourceId } from "#model/ids.ts";
import { ResourceStatus } from "#model/resource.ts";
import { EncodedUser } from "#model/user.ts";
import type { Connector, PageRequest, ResourceSyncer } from "#runtime/connector.ts";
import { Registry } from "#runtime/registry.ts";

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger, clock: systemClock };
const FIRST: PageRequest = { pageSize: 0, pageToken: "", activeSyncId: "" };
const SETTINGS = { provisioning: true, httpTimeoutMs: 1_000 };

const Person = z.object({
  id: z.number(),
  email: z.string().nullable(),
  full_name: z.string().nullable(),
  active: z.boolean().optional(),
  joined: z.string().optional(),
});
const people: z.infer<typeof Person>[] = [
  { id: 1, email: "ada@acme.example", full_name: "Ada", active: true, joined: "2024-05-01T00:00:00Z" },
  { id: 2, email: null, full_name: null },
  { id: 3, email: "not an address", full_name: " ", active: false },
];

/** An upstream in memory, two rows a page. */
class Memory {
  readonly changes: string[] = [];
  readonly events = [
    { id: "a", at: 1_000, person: 1 },
    { id: "b", at: 2_000, person: 2 },
    { id: "c", at: 2_000, person: 3 },
  ];
  lists = 0;

  async page<Row>(rows: readonly Row[], { pageToken }: PageQuery): Promise<RowPage<Row>> {
    this.lists += 1;
    const from = Number(pageToken);
    return { rows: rows.slice(from, from + 2), next: from + 2 < rows.length ? String(from + 2) : "" };
  }
}

let memory = new Memory();

const acme = defineConnector({
  name: "baton-acme",
  displayName: "Acme",
  settings: {
    token: secret("Acme API token"),
    extra: secret("Second token", { optional: true }),
    baseUrl: url("Address of Acme", { default: "https://api.acme.example/" }),
    organization: text("Organization"),
    region: choice("Region", ["eu", "us"], { default: "eu" }),
    days: integer("Days", { default: 30, min: 1 }),
    guests: flag("Guests"),
    only: list("Teams"),
  },
  identity: ["organization", "region"],
  open: ({ settings, http }) => {
    expectTypeOf(settings.region).toEqualTypeOf<"eu" | "us">();
    expectTypeOf(settings.organization).toEqualTypeOf<string>();
    expectTypeOf(settings.extra).toEqualTypeOf<typeof settings.token | undefined>();
    http.json(settings.baseUrl, { bearer: settings.token });
    memory = new Memory();
    return memory;
  },
  validate: async (client) => {
    expectTypeOf(client).toEqualTypeOf<Memory>();
  },
  types: (type) => [
    type.user({
      list: (client, page) => client.page(people, page),
      get: async (_, { id }) => people.find((row) => String(row.id) === id),
      user: (row) => {
        expectTypeOf(row).toEqualTypeOf<z.infer<typeof Person>>();
        return {
          id: row.id,
          login: row.email,
          name: row.full_name,
          emails: [row.email],
          enabled: row.active,
          createdAt: row.joined,
          profile: row,
        };
      },
    }),
    type.resource("project", {
      list: (client, page) => client.page([{ key: "p/1", title: "One" }], page),
      resource: (row) => ({ id: row.key, name: row.title }),
    }),
    type.group("team", {
      under: "project",
      list: (client, page) => {
        expectTypeOf(page.parent).toEqualTypeOf<{ readonly type: string; readonly id: string }>();
        return client.page([{ key: `${page.parent.id}/t`, title: "T" }], page);
      },
      resource: (row) => ({ id: row.key, name: row.title, profile: { title: row.title } }),
      entitlements: {
        member: { grantableTo: ["user", "team"] },
        owner: { grantableTo: ["user"], name: "Owner", purpose: "ownership" },
      },
      grants: (client, team, page) =>
        client.page(
          [
            { team: team.id, user: 1, of: "" },
            { team: team.id, user: 0, of: "other" },
          ],
          page,
        ),
      held: (row) =>
        row.of === ""
          ? [
              { entitlement: "member", by: { user: row.user } },
              { entitlement: "owner", by: { user: row.user } },
            ]
          : { entitlement: "member", by: { team: row.of }, expand: ["member"] },
      grant: async (client, { resource, entitlement, principal }) => {
        expectTypeOf(entitlement).toEqualTypeOf<"member" | "owner">();
        expectTypeOf(principal.type).toEqualTypeOf<"user" | "team">();
        client.changes.push(`+${resource.id} ${entitlement} ${principal.type}:${principal.id}`);
      },
      revoke: async () => "already",
    }),
  ],
  actions: (action) => [
    action("suspend_user", {
      name: "Suspend",
      description: "Suspends a user",
      kind: "disable-account",
      on: "user",
      takes: { user_id: { required: true }, quietly: { type: "flag" } },
      gives: { suspended: { type: "flag" } },
      run: async (client, args) => {
        expectTypeOf(args).toEqualTypeOf<{
          readonly user_id: string;
          readonly quietly: boolean | undefined;
        }>();
        client.changes.push(`suspend ${args.user_id}`);
        return { suspended: true };
      },
    }),
  ],
  events: (feed) => [
    feed("audit", {
      kinds: ["change", "grant"],
      list: (client, page) =>
        client.page(
          client.events.filter(({ at }) => at >= page.since.getTime()),
          page,
        ),
      event: (row) =>
        row.id === "b"
          ? { id: row.id, at: row.at, granted: "member", on: { team: "t" }, to: { user: row.person } }
          : { id: row.id, at: row.at, changed: { user: row.person } },
    }),
  ],
});

async function create(): Promise<Connector> {
  return await acme.create(acme.exampleConfig, SETTINGS);
}

function syncer(connector: Connector, type: string): ResourceSyncer {
  return new Registry(connector).syncer(type);
}

async function listUsers(): Promise<Resource[]> {
  const users = syncer(await create(), "user");
  const first = await users.list(undefined, FIRST, ctx);
  const second = await users.list(undefined, { ...FIRST, pageToken: first.nextPageToken }, ctx);
  expect(second.nextPageToken).toBe("");
  return [...first.items, ...second.items].map((row) =>
    row instanceof EncodedUser ? Resource.decode(row.encoded) : row,
  );
}

describe("settings", () => {
  test("become flags with the name of the program", () => {
    expect(Object.values(acme.fields).map(({ name }) => name)).toEqual([
      "acme-token",
      "acme-token-file",
      "acme-extra",
      "acme-extra-file",
      "acme-base-url",
      "acme-base-url-allow-http",
      "acme-organization",
      "acme-region",
      "acme-days",
      "acme-guests",
      "acme-only",
    ]);
  });

  test("are checked like all others, and a secret is a value or a file", () => {
    const load = (env: Record<string, string>) =>
      loadFields(acme.fields, acme.constraints, { flags: [], env, file: new Map() });
    const good = { BATON_ACME_TOKEN: "t", BATON_ACME_ORGANIZATION: "o" };
    expect(load(good)).toMatchObject({ organization: "o", region: "eu", days: 30, guests: false, only: [] });
    for (const wrong of [
      { BATON_ACME_ORGANIZATION: "o" },
      { BATON_ACME_TOKEN: "t" },
      { ...good, BATON_ACME_TOKEN_FILE: "/f" },
      { ...good, BATON_ACME_REGION: "mars" },
      { ...good, BATON_ACME_BASE_URL: "ftp://acme.example" },
    ]) {
      expect(() => load(wrong)).toThrow(BatonError);
    }
  });

  test("cannot take the flag of another one", () => {
    const define = (settings: Parameters<typeof defineConnector>[0]["settings"]) => () =>
      defineConnector({
        name: "baton-acme",
        displayName: "Acme",
        settings,
        open: () => 0,
        validate: async () => {},
        types: () => [],
      });
    expect(define({ file: text("File", { flag: "file" }) })).toThrow("--file");
    expect(define({ token: secret("Token"), tokenFile: text("File") })).toThrow("--acme-token-file");
  });
});

describe("users", () => {
  test("have what is known of them, and nothing where nothing is known", async () => {
    const [ada, nameless, third] = await listUsers();
    expect(ada).toMatchObject({
      id: { resourceType: "user", resource: "1" },
      displayName: "Ada",
      status: { status: ResourceStatus.RESOURCE_STATUS_ENABLED },
      createdAt: { seconds: 1714521600n },
      profile: people[0],
    });
    expect(findAnnotation(ada?.annotations ?? [], "UserTrait")).toMatchObject({
      login: "ada@acme.example",
      emails: [{ address: "ada@acme.example", isPrimary: true }],
      accountType: UserTrait_AccountType.ACCOUNT_TYPE_HUMAN,
    });
    expect(nameless?.displayName).toBe("2");
    expect(nameless?.status?.status).toBe(ResourceStatus.RESOURCE_STATUS_UNSPECIFIED);
    for (const user of [nameless, third]) {
      expect(findAnnotation(user?.annotations ?? [], "UserTrait")?.emails).toEqual([]);
    }
    expect(third?.displayName).toBe("not an address");
    expect(third?.status?.status).toBe(ResourceStatus.RESOURCE_STATUS_DISABLED);
  });

  test("can be read one by one, also when they are gone", async () => {
    const users = syncer(await create(), "user");
    const found = await users.get?.(makeResourceId("user", "1"), undefined, ctx);
    expect(found?.resource).toEqual((await listUsers())[0]);
    expect(await users.get?.(makeResourceId("user", "9"), undefined, ctx)).toBeUndefined();
  });

  test.each([2 ** 53, 1.5, Number.NaN])("with the number %d for an id are refused", async (id) => {
    await expect(listOne({ id, enabled: true })).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });

  test("with a time that is none are refused", async () => {
    const row = { id: "1", enabled: true, createdAt: "yesterday" };
    await expect(listOne(row)).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });

  async function listOne(row: { id: string | number; enabled: boolean; createdAt?: string }) {
    const definition = makeSmall(async () => ({ rows: [row], next: "" }));
    const connector = await definition.create({}, SETTINGS);
    return await syncer(connector, "user").list(undefined, FIRST, ctx);
  }
});

function makeSmall(
  listPage: () => Promise<RowPage<{ id: string | number; enabled: boolean; createdAt?: string }>>,
) {
  return defineConnector({
    name: "baton-small",
    displayName: "Small",
    settings: {},
    open: () => 0,
    validate: async () => {},
    types: (type) => [type.user({ list: listPage, user: (row) => row })],
  });
}

describe("resources", () => {
  test("below others are listed there and nowhere else, and the others say so", async () => {
    const connector = await create();
    const { items: projects } = await syncer(connector, "project").list(undefined, FIRST, ctx);
    const [project] = projects;
    const annotations = project instanceof EncodedUser ? [] : (project?.annotations ?? []);
    expect(findAnnotations(annotations, "ChildResourceType")).toMatchObject([{ resourceTypeId: "team" }]);
    const team = syncer(connector, "team");
    expect(await team.list(undefined, FIRST, ctx)).toEqual({ items: [], nextPageToken: "" });
    const parent = makeResourceId("project", "p/1");
    const { items } = await team.list(parent, FIRST, ctx);
    expect(items).toMatchObject([{ id: { resource: "p/1/t" }, parentResourceId: parent, displayName: "T" }]);
    expect(hasAnnotation(items[0]?.annotations ?? [], "GroupTrait")).toBe(true);
    const lists = memory.lists;
    expect((await syncer(connector, "user").list(parent, FIRST, ctx)).items).toEqual([]);
    expect(memory.lists).toBe(lists);
  });

  test("never end a listing with NotFound", async () => {
    const small = await makeSmall(async () => {
      throw new BatonError(Code.NotFound, "no such route");
    }).create({}, SETTINGS);
    await expect(syncer(small, "user").list(undefined, FIRST, ctx)).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: "no such route",
    });
  });
});

describe("grants", () => {
  const resource = Resource.fromPartial({ id: makeResourceId("team", "t"), displayName: "T" });

  test("say who holds what, and through which group", async () => {
    const connector = await create();
    const team = syncer(connector, "team");
    expect((await team.entitlements?.(resource, FIRST, ctx))?.items).toMatchObject([
      { id: "team:t:member", displayName: "T member", grantableTo: [{ id: "user" }, { id: "team" }] },
      { id: "team:t:owner", displayName: "T Owner" },
    ]);
    const page = await team.grants?.(resource, FIRST, ctx);
    expect(page?.items.map(({ id }) => id)).toEqual([
      "team:t:member:user:1",
      "team:t:owner:user:1",
      "team:t:member:team:other",
    ]);
    const expandable = findAnnotation(page?.items[2]?.annotations ?? [], "GrantExpandable");
    expect(expandable?.entitlementIds).toEqual(["team:other:member"]);
  });

  test("are given and taken by entitlement and principal", async () => {
    const team = syncer(await create(), "team");
    const [member, owner] = (await team.entitlements?.(resource, FIRST, ctx))?.items ?? [];
    if (member === undefined || owner === undefined) throw new Error("there are no entitlements");
    const principal = Resource.fromPartial({ id: makeResourceId("user", "7") });
    expect(await team.grant?.(principal, member, ctx)).toEqual({});
    expect(memory.changes).toEqual(["+t member user:7"]);
    const [held] = (await team.grants?.(resource, FIRST, ctx))?.items ?? [];
    if (held === undefined) throw new Error("there are no grants");
    const revoked = await team.revoke?.(held, ctx);
    expect(hasAnnotation(revoked?.annotations ?? [], "GrantAlreadyRevoked")).toBe(true);
    const wrong = Resource.fromPartial({ id: makeResourceId("team", "x") });
    await expect(team.grant?.(wrong, owner, ctx)).rejects.toMatchObject({ code: Code.InvalidArgument });
    await expect(team.grant?.(principal, { ...member, id: "team:t:boss" }, ctx)).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
  });

  test.each([
    ["is there still", async () => ({ id: "t" }), Code.FailedPrecondition],
    ["is gone", async () => undefined, Code.NotFound],
    [
      "is not found",
      async () => {
        throw new BatonError(Code.NotFound, "gone");
      },
      Code.NotFound,
    ],
    ["cannot be asked for", undefined, Code.FailedPrecondition],
  ])("of a resource that %s end with a code of their own when they are not found", async (_, get, code) => {
    const definition = defineConnector({
      name: "baton-small",
      displayName: "Small",
      settings: {},
      open: () => 0,
      validate: async () => {},
      types: (type) => [
        type.user({ list: async () => ({ rows: [], next: "" }), user: () => ({ id: 1, enabled: true }) }),
        type.role("role", {
          list: async () => ({ rows: [{ id: "t" }], next: "" }),
          ...(get === undefined ? {} : { get }),
          resource: ({ id }) => ({ id, name: id }),
          entitlements: { member: { grantableTo: ["user"] } },
          grants: async (): Promise<RowPage<string>> => {
            throw new BatonError(Code.NotFound, "no such role");
          },
          held: (user) => ({ entitlement: "member", by: { user } }),
        }),
      ],
    });
    const role = syncer(await definition.create({}, SETTINGS), "role");
    await expect(role.grants?.(resource, FIRST, ctx)).rejects.toMatchObject({
      code,
      message: "no such role",
    });
  });
});

test("actions take what they declare and give what they say", async () => {
  const [action] = (await create()).actions ?? [];
  expect(action?.schema).toMatchObject({ name: "suspend_user", resourceTypeId: "user" });
  const result = await action?.invoke({ user_id: "1", other: "x" }, ctx);
  expect(result).toEqual({ response: { suspended: true } });
  expect(memory.changes).toEqual(["suspend 1"]);
});

describe("events", () => {
  test("are given once each, over pages and polls", async () => {
    const [feed] = (await create()).eventFeeds ?? [];
    if (feed === undefined) throw new Error("there is no feed");
    expect(feed.metadata.supportedEventTypes).toEqual([
      EventType.EVENT_TYPE_RESOURCE_CHANGE,
      EventType.EVENT_TYPE_CREATE_GRANT,
    ]);
    const seen: string[] = [];
    let cursor = "";
    const poll = async () => {
      for (;;) {
        const page = await feed.list({ cursor, startAt: new Date(0), pageSize: 0 }, ctx);
        seen.push(...page.events.map((event) => `${event.id} ${event.event?.$case}`));
        cursor = page.cursor;
        if (!page.hasMore) return;
      }
    };
    await poll();
    const all = ["a resourceChangeEvent", "b createGrantEvent", "c resourceChangeEvent"];
    expect(seen).toEqual(all);
    await poll();
    expect(seen).toEqual(all);
    memory.events.push({ id: "d", at: 2_000, person: 1 }, { id: "e", at: 3_000, person: 1 });
    await poll();
    await poll();
    expect(seen).toEqual([...all, "d resourceChangeEvent", "e resourceChangeEvent"]);
  });

  test("refuse the cursor of another feed", async () => {
    const [feed] = (await create()).eventFeeds ?? [];
    for (const cursor of ["x", "{}", "[1]", '[1,"",2,[3],[]]']) {
      await expect(feed?.list({ cursor, startAt: undefined, pageSize: 0 }, ctx)).rejects.toMatchObject({
        code: Code.InvalidArgument,
      });
    }
  });
});

test("a connector opens its client at the first call and not before", async () => {
  let opened = 0;
  let closed = 0;
  const definition = defineConnector({
    name: "baton-small",
    displayName: "Small",
    settings: { baseUrl: url("Address") },
    open: ({ settings, http }) => {
      opened += 1;
      return http.json({ ...settings.baseUrl, text: "http://elsewhere.example" });
    },
    validate: async (api) => {
      expect(api.address).toBe("http://127.0.0.1");
    },
    types: () => [],
    close: async () => {
      closed += 1;
    },
  });
  const connector = await definition.create(definition.exampleConfig, SETTINGS);
  expect(opened).toBe(0);
  const refused = expect.objectContaining({ code: Code.InvalidArgument });
  await expect(connector.validate(ctx)).rejects.toThrow(refused);
  await expect(connector.validate(ctx)).rejects.toThrow("--small-base-url");
  await connector.close?.();
  expect(closed).toBe(0);
});

test("types that can never be listed are a mistake at once", () => {
  const define = (...pairs: readonly (readonly [id: string, under: string | undefined])[]) => {
    const list = async () => ({ rows: [{ id: "1" }], next: "" });
    const types: ConnectorSpec<Record<string, never>, number>["types"] = (type) =>
      pairs.map(([id, under]) =>
        type.resource(id, {
          ...(under === undefined ? {} : { under }),
          list,
          resource: (row) => ({ ...row, name: "" }),
        }),
      );
    return () =>
      defineConnector({
        name: "x",
        displayName: "X",
        settings: {},
        open: () => 0,
        validate: async () => {},
        types,
      });
  };
  expect(define(["project", undefined], ["team", "project"], ["squad", "team"])).not.toThrow();
  const mistake = expect.objectContaining({ code: Code.Internal });
  expect(define(["team", "team"])).toThrow(mistake);
  expect(define(["squad", "team"], ["team", "project"], ["project", "team"])).toThrow(mistake);
  expect(define(["squad", "team"], ["team", "project"], ["project", "team"])).toThrow('"team"');
});

describe("what `held` gives without declaring it is a mistake, and not a grant that hosts leave out", () => {
  const refused = { code: Code.Internal };
  const team = Resource.fromPartial({ id: makeResourceId("team", "t"), displayName: "T" });
  const held = async (holding: Holding<EntitlementSet>) => {
    const definition = defineConnector({
      name: "x",
      displayName: "X",
      settings: {},
      open: () => 0,
      validate: async () => {},
      types: (type) => [
        type.user({ list: async () => ({ rows: [], next: "" }), user: (row) => row }),
        type.group<{ id: string }, { id: string }, EntitlementSet>("team", {
          list: async () => ({ rows: [], next: "" }),
          resource: (row) => ({ id: row.id, name: "" }),
          entitlements: { member: { grantableTo: ["user", "team"] }, owner: { grantableTo: ["user"] } },
          grants: async () => ({ rows: [{ id: "1" }], next: "" }),
          held: () => holding,
        }),
      ],
    });
    const connector = await definition.create({}, SETTINGS);
    return syncer(connector, "team").grants?.(team, FIRST, ctx);
  };

  test.each<Holding<EntitlementSet>>([
    { entitlement: "membr", by: { user: "1" } },
    { entitlement: "owner", by: { team: "2" } },
    { entitlement: "member", by: { robot: "1" } },
    { entitlement: "member", by: { team: "2" }, expand: ["membr"] },
    { entitlement: "member", by: { user: "2" }, expand: ["member"] },
  ])("%j", async (holding) => {
    await expect(held(holding)).rejects.toMatchObject(refused);
  });

  test("what is declared is given", async () => {
    const page = await held({ entitlement: "member", by: { team: "2" }, expand: ["member", "owner"] });
    expect(page?.items).toMatchObject([{ id: "team:t:member:team:2" }]);
  });
});

test("grants never end with NotFound, wherever it is thrown", async () => {
  const resource = Resource.fromPartial({ id: makeResourceId("team", "t"), displayName: "T" });
  const absent = () => {
    throw new BatonError(Code.NotFound, "no such route");
  };
  const page = async () => ({ rows: [{ id: "1" }], next: "" });
  for (const [grants, held] of [
    [absent, () => []],
    [page, absent],
  ] as const) {
    const definition = defineConnector({
      name: "x",
      displayName: "X",
      settings: {},
      open: () => 0,
      validate: async () => {},
      types: (type) => [
        type.group("team", {
          list: page,
          resource: (row) => ({ id: row.id, name: "" }),
          entitlements: { member: { grantableTo: ["team"] } },
          grants,
          held,
        }),
      ],
    });
    const listing = syncer(await definition.create({}, SETTINGS), "team").grants?.(resource, FIRST, ctx);
    await expect(listing).rejects.toMatchObject({ code: Code.FailedPrecondition });
  }
});

test("names that no shell or file can hold, or that are taken, are a mistake at once", () => {
  const define =
    (settings: SettingSet, name = "baton-x") =>
    () =>
      declareSettings(name, settings);
  const mistake = expect.objectContaining({ code: Code.Internal });
  expect(define({ token: secret("Token"), baseUrl2: url("Address") })).not.toThrow();
  expect(define({ token: secret("Token"), tokenFile: text("File", { flag: "other" }) })).toThrow(mistake);
  for (const flagName of ["--token", "a b", "", "Token"]) {
    expect(define({ token: text("Token", { flag: flagName }) }), flagName).toThrow(mistake);
  }
  expect(define({ APIKey: text("Key") })).toThrow(mistake);
  for (const name of ["", "Baton X", "../x"]) expect(define({}, name), name).toThrow(mistake);
});

test.each([
  ["2026-07-01T08:00:00Z", "2026-07-01T08:00:00.000Z"],
  ["2026-07-01T08:00:00.25+02:00", "2026-07-01T06:00:00.250Z"],
  ["2026-07-01T08:00:00.000-0430", "2026-07-01T12:30:00.000Z"],
  ["2026-07-01", "2026-07-01T00:00:00.000Z"],
  ["2026-07-01T08:00:00", undefined],
  ["2026-07-01 08:00:00", undefined],
  ["07/01/2026", undefined],
  ["2026-02-30T08:00:00Z", undefined],
  ["room 2", undefined],
])("%s is the same time on every machine, or none", (given, expected) => {
  const read = () => toEpoch("user 1: createdAt", given);
  if (expected === undefined) {
    expect(read).toThrow(expect.objectContaining({ code: Code.FailedPrecondition, kind: "upstream" }));
  } else expect(read()).toBe(Date.parse(expected));
});

test("types that name others which are not there are a mistake at once", () => {
  const define = (other: string, under: string) => () =>
    defineConnector({
      name: "baton-small",
      displayName: "Small",
      settings: {},
      open: () => 0,
      validate: async () => {},
      types: (type) => [
        type.group("team", {
          under,
          list: async () => ({ rows: [{ id: "1" }], next: "" }),
          resource: ({ id }) => ({ id, name: id }),
          entitlements: { member: { grantableTo: [other] } },
        }),
      ],
    });
  expect(define("usr", "team")).toThrow('"usr"');
  expect(define("team", "projekt")).toThrow('"projekt"');
});

test("what is mistyped does not compile", () => {
  const define = () =>
    defineConnector({
      name: "baton-acme",
      displayName: "Acme",
      settings: { token: secret("Token") },
      // @ts-expect-error a setting that is no plain text
      identity: ["token"],
      // @ts-expect-error a setting that is not there
      open: ({ settings }) => settings.tokn,
      validate: async () => {},
      types: (type) => [
        type.user({
          list: (_client, page) => new Memory().page(people, page),
          user: (row) => ({
            // @ts-expect-error a column that is not there
            id: row.uid,
            enabled: true,
          }),
        }),
        type.user({
          list: (_client, page) => new Memory().page(people, page),
          // @ts-expect-error enabled is missing
          user: (row) => ({ id: row.id }),
        }),
        type.user({
          list: (_client, page) => new Memory().page(people, page),
          user: (row) => ({
            id: row.id,
            enabled: row.active,
            // @ts-expect-error a field that is not there
            mail: row.email,
          }),
        }),
        type.group("team", {
          list: (_client, page) => {
            // @ts-expect-error a type without `under` has no parent
            expect(page.parent.id).toBe("");
            return new Memory().page(people, page);
          },
          resource: (row) => ({ id: row.id, name: row.full_name }),
          entitlements: { member: { grantableTo: ["user"] } },
          grants: (_client, _team, page) => new Memory().page(people, page),
          // @ts-expect-error an entitlement that is not there
          held: (row) => ({ entitlement: "membr", by: { user: row.id } }),
        }),
        type.group("team", {
          list: (_client, page) => new Memory().page(people, page),
          resource: (row) => ({ id: row.id, name: row.full_name }),
          entitlements: { member: { grantableTo: ["user"] } },
          grants: (_client, _team, page) => new Memory().page(people, page),
          // @ts-expect-error a type that the entitlement cannot be granted to
          held: (row) => ({ entitlement: "member", by: { usr: row.id } }),
          // @ts-expect-error a result that is none
          grant: async (_client) => "exists",
          revoke: async (_client, { entitlement }): Promise<ChangeResult> => {
            // @ts-expect-error an entitlement that is not there
            if (entitlement === "owner") throw new Error();
          },
        }),
      ],
      actions: (action) => [
        action("suspend_user", {
          name: "Suspend",
          description: "Suspends a user",
          takes: { user_id: { required: true } },
          gives: { done: { type: "flag" } },
          // @ts-expect-error an argument that is not there
          run: async (_client, { user }) => ({ done: user === "" }),
        }),
        action("other", {
          name: "Other",
          description: "Other",
          gives: { done: { type: "flag" } },
          // @ts-expect-error a result of another type
          run: async () => ({ done: "yes" }),
        }),
      ],
      events: (feed) => [
        feed("audit", {
          kinds: ["change"],
          list: (_client, page) => new Memory().page(people, page),
          // @ts-expect-error a kind of event that is not declared
          event: (row) => ({ id: row.id, at: 0, used: { team: "1" }, by: { user: "1" } }),
        }),
      ],
    });
  expect(define).toBeTypeOf("function");
});
