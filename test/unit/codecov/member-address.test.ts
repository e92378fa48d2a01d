import { describe, expect, it } from "vitest";
import { CodecovCall } from "#codecov/api/api.ts";
import type { InternalMember, Member } from "#codecov/api/schemas.ts";
import { userIdOf } from "#codecov/roster/user-id.ts";
import {
  findAddress,
  isAddressable,
  isSameRow,
  movedAway,
  type ResolvedMember,
  readSeat,
  resolveMember,
} from "#codecov/seats/member-address.ts";
import type { HttpRequest } from "#http/http-client.ts";
import { systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { failureOf } from "../../fakes/failure.ts";
import { member as numbered } from "./fake-roster.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger, clock: systemClock };

function member(username: string | null, texts: Partial<Member> = {}): Member {
  return { ...numbered(1), username, name: "Bob Jones", email: "bob@acme.example", ...texts };
}

function internal(ownerid: number, { username, name, email }: Member): InternalMember {
  return { ownerid, username, name, email };
}

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

/** What tests set of a Codecov that answers from memory. */
interface Answers {
  readonly roster: readonly Member[];
  /** Who is found at an address, or what comes of looking. Nobody is found at any other. */
  readonly addresses: Readonly<Record<string, Member | Error>>;
  /** The internal list; undefined if it is refused. */
  readonly internal: readonly InternalMember[] | undefined;
  /** Whether the internal list has more than one page. */
  readonly hasMoreInternal: boolean;
  /** What a search of the roster for this text answers instead of the members it fits. */
  readonly searches: Readonly<Record<string, Answer>>;
}

const page = (results: readonly unknown[], next: string | null = null) => ({
  status: 200,
  value: { count: results.length, next, results },
});

const notFound = (detail: string): Answer => ({ status: 404, value: { detail } });

function answerTo(path: string, answers: Answers): Answer {
  const url = new URL(path, "https://codecov.example");
  const search = url.searchParams.get("search") ?? "";
  if (url.pathname === "/internal/github/acme/users/") {
    if (answers.internal === undefined) return { status: 403, value: { detail: "no" } };
    return page(answers.internal, answers.hasMoreInternal ? "more" : null);
  }
  if (url.pathname === "/api/v2/github/acme/users/") {
    const special = answers.searches[search];
    if (special !== undefined) return special;
    const fitting = answers.roster.filter(({ username, name, email }) =>
      [username, name, email].join(" ").toLowerCase().includes(search.toLowerCase()),
    );
    return page(fitting);
  }
  const address = decodeURIComponent(
    /^\/api\/v2\/github\/acme\/users\/(.*)\/$/.exec(url.pathname)?.[1] ?? "",
  );
  const there = answers.addresses[address];
  if (there instanceof Error) throw there;
  if (there === undefined) return notFound("No User matches the given query.");
  return { status: 200, value: there };
}

/** Codecov in memory, and the paths it is asked for below `/acme/`. */
function fake(answers: Partial<Answers>): { readonly codecov: CodecovCall; readonly asked: string[] } {
  const asked: string[] = [];
  const all = {
    roster: [],
    addresses: {},
    internal: undefined,
    hasMoreInternal: false,
    searches: {},
    ...answers,
  };
  const codecov = new CodecovCall(
    { origin: "https://codecov.example", apiPath: "/api/v2", service: "github", owner: "acme" },
    {
      now: () => 0,
      send: async ({ method, path }: HttpRequest, _, read) => {
        asked.push(path.replace("/api/v2/github/acme/", "").replace("/github/acme/", "/"));
        const { status, value } = answerTo(path, all);
        const body = Buffer.from(JSON.stringify(value));
        const endpoint = { upstream: "Codecov", name: `${method} ${path}` };
        return read({ status, headers: {}, body, redact: (text) => text }, endpoint);
      },
    },
  );
  return { codecov, asked };
}

const broken = new BatonError(Code.Unavailable, "500");
const busy = new BatonError(Code.Unavailable, "429", { rateLimit: { remaining: 0 } });
const refused = new BatonError(Code.Unauthenticated, "401");
const fault = new TypeError("no function");

describe("a user name", () => {
  it.each(["bob", "Bob-2", "a[bot]", "x_1", "1a", "a1"])("%s can be used in an address", (username) => {
    expect(isAddressable(username)).toBe(true);
  });

  it.each([
    "",
    "102",
    "1_02",
    "-1",
    "[]",
    "１０２",
    "é",
    "bob.json",
    ".bob",
    "bob/",
    "/bob",
    "b b",
    "bob?",
    "~bob",
  ])("%j cannot be used in an address", (username) => {
    expect(isAddressable(username)).toBe(false);
  });
});

describe("the member with an id", () => {
  const bob = member("bob");

  it("is found at its address with one request", async () => {
    const { codecov, asked } = fake({ addresses: { bob } });
    const row = { member: bob, ordinal: 0 };
    expect(await resolveMember("bob", codecov, ctx)).toEqual({ userId: "bob", row, address: "bob" });
    expect(asked).toEqual(["users/bob/"]);
  });

  it("is looked for in the roster alone if the id is no address", async () => {
    const dotted = member("bob.json");
    const { codecov, asked } = fake({ roster: [bob, dotted], addresses: { bob } });
    const resolved = await resolveMember("bob.json", codecov, ctx);
    expect(resolved).toEqual({ userId: "bob.json", row: { member: dotted, ordinal: 0 } });
    expect(asked).toEqual(["users/?page=1&page_size=1000&search=bob.json"]);
  });

  it.each([
    ["nobody is", undefined],
    ["somebody of another service is", member("bob", { service: "gitlab" })],
    ["the server fails", broken],
  ])("is looked for in the roster if %s at its address", async (_, there) => {
    const { codecov } = fake({ roster: [bob], addresses: there === undefined ? {} : { bob: there } });
    expect(await resolveMember("bob", codecov, ctx)).toEqual({
      userId: "bob",
      row: { member: bob, ordinal: 0 },
    });
  });

  it("may be on no roster", async () => {
    const { codecov } = fake({ roster: [member("bobby")] });
    expect(await resolveMember("bob", codecov, ctx)).toBeUndefined();
  });

  it("is not changed if the name is now written in another case", async () => {
    const { codecov } = fake({ addresses: { bob: member("Bob") } });
    expect((await failureOf(resolveMember("bob", codecov, ctx))).code).toBe(Code.FailedPrecondition);
  });

  it.each([
    ["asks for a pause", busy],
    ["refuses the token", refused],
    ["was never asked, as this program fails", fault],
  ])("is not looked for any further if Codecov %s", async (_, error) => {
    const { codecov, asked } = fake({ roster: [bob], addresses: { bob: error } });
    await expect(resolveMember("bob", codecov, ctx)).rejects.toBe(error);
    expect(asked).toHaveLength(1);
  });
});

function resolved(row: Member, address?: string): ResolvedMember {
  const ordinal = row.username === null ? 1 : 0;
  const userId = userIdOf({ member: row, ordinal }, "github");
  return { userId, row: { member: row, ordinal }, ...(address === undefined ? {} : { address }) };
}

describe("the address for a change", () => {
  const carol = member("carol", { service: "gitlab" });

  it("is the one where the member was found, without another request", async () => {
    const { codecov, asked } = fake({});
    expect(await findAddress(resolved(member("bob"), "bob"), true, codecov)).toEqual({
      kind: "address",
      address: "bob",
    });
    expect(asked).toEqual([]);
  });

  it("is the user name if that leads to the member", async () => {
    const { codecov, asked } = fake({ addresses: { carol } });
    expect(await findAddress(resolved(carol), true, codecov)).toEqual({ kind: "address", address: "carol" });
    expect(asked).toEqual(["users/carol/"]);
  });

  it.each([
    ["there is none", member(null), {}, "no user name"],
    ["it cannot be addressed", member("bob.json"), { "bob.json": member("bob.json") }, "cannot address"],
    ["it leads nowhere", carol, {}, "does not identify"],
    ["it leads to somebody else", carol, { carol: member("carol") }, "does not identify"],
    ["it leads to a server error", carol, { carol: broken }, "does not identify"],
  ])("is not the user name if %s", async (_, row, addresses, problem) => {
    const { codecov, asked } = fake({ addresses, internal: [internal(7, row)] });
    expect(await findAddress(resolved(row), false, codecov)).toEqual({
      kind: "none",
      problem: expect.stringContaining(problem),
    });
    expect(asked.filter((path) => path.includes("internal"))).toEqual([]);
    const allowed = fake({ addresses: { ...addresses, 7: row }, internal: [internal(7, row)] });
    expect(await findAddress(resolved(row), true, allowed.codecov)).toEqual({
      kind: "address",
      address: "7",
    });
  });
});

describe("the internal id", () => {
  const bob = member("bob.json");
  const find = async (answers: Partial<Answers>, row = bob) => {
    const { codecov, asked } = fake({ addresses: { 7: row }, internal: [internal(7, row)], ...answers });
    return { found: await findAddress(resolved(row), true, codecov), asked };
  };
  const isFound = { kind: "address", address: "7" };

  it.each([
    ["user name", member("bob.json"), "bob.json"],
    ["e-mail", member(null), "bob@acme.example"],
    ["name", member(null, { email: "" }), "Jones"],
    ["nothing at all", member(null, { email: null, name: null }), ""],
  ])("is looked for with the %s", async (_, row, search) => {
    const { found, asked } = await find({}, row);
    expect(found).toEqual(isFound);
    expect(asked[0]).toBe(`/internal/users/?page_size=5000&search=${encodeURIComponent(search)}`);
    expect(asked.slice(1)).toEqual(["users/?page=1&page_size=1000&search=7", "users/7/"]);
  });

  it("is that of the row that agrees in all texts", async () => {
    const others = [{ username: "bob" }, { name: "Bob" }, { email: "other@acme.example" }];
    const rows = others.map((texts, index) => internal(index + 8, { ...bob, ...texts }));
    expect((await find({ internal: [...rows, internal(7, bob)] })).found).toEqual(isFound);
  });

  it("is that of a row that has none where the roster has an empty text", async () => {
    const empty = member("", { name: "", email: "" });
    const none = member(null, { name: null, email: null });
    expect((await find({ internal: [internal(7, none)] }, empty)).found).toEqual(isFound);
    expect((await find({ internal: [internal(7, empty)] }, none)).found).toEqual(isFound);
  });

  it("may be part of what others are called", async () => {
    const roster = [member("77"), member("7a"), member("bob7")];
    expect((await find({ roster })).found).toEqual(isFound);
  });

  it("is looked for among others even if nobody at all is found with it", async () => {
    expect((await find({ searches: { 7: notFound("Invalid page.") } })).found).toEqual(isFound);
  });

  it.each<[string, Partial<Answers>, string]>([
    ["the list is refused", { internal: undefined }, "cannot be read"],
    ["the list does not have the member", { internal: [internal(7, member("bob"))] }, "does not have"],
    ["the list has the member twice", { internal: [internal(7, bob), internal(8, bob)] }, "told apart"],
    ["the list goes on", { hasMoreInternal: true }, "too many similar"],
    ["another member is called so", { roster: [member("x7"), member("7")] }, "as user name"],
    ["more members match it than one page holds", { searches: { 7: page([], "more") } }, "too many members"],
    ["it leads nowhere", { addresses: {} }, "does not identify"],
    ["it leads to another member", { addresses: { 7: member("carol") } }, "does not identify"],
  ])("is not used if %s", async (_, answers, problem) => {
    expect((await find(answers)).found).toEqual({
      kind: "none",
      problem: expect.stringContaining(problem),
    });
  });

  it("is not looked for any further without access to the roster", async () => {
    const error = await failureOf(find({ searches: { 7: notFound("Not found.") } }));
    expect([error.code, error.kind]).toEqual([Code.FailedPrecondition, "configuration"]);
  });
});

describe("whether a member holds a seat", () => {
  const bob = member("bob", { activated: false });
  const read = async (answers: Partial<Answers>) =>
    readSeat(resolved(bob), "bob", fake(answers).codecov, ctx);

  it.each([true, false])("is %s as the member's address says, whatever it was before", async (activated) => {
    expect(await read({ addresses: { bob: { ...bob, activated } } })).toBe(activated);
  });

  it.each([true, false])("is %s as the roster says if nobody is at the address", async (activated) => {
    expect(await read({ roster: [{ ...bob, activated }] })).toBe(activated);
  });

  it("is not known of one who is on the roster no more", async () => {
    expect(await read({ roster: [member("bobby")] })).toBeUndefined();
  });

  it("is not told of another account that has come to the address", async () => {
    const error = await failureOf(read({ addresses: { bob: { ...bob, name: "Carol" } }, roster: [bob] }));
    expect([error.code, error.kind]).toEqual([Code.Aborted, "upstream"]);
  });
});

describe("an account that came to the address of another", () => {
  it.each([
    [member("bob", { name: "Carol" }), "(bob, Carol)"],
    [member(null, { name: "Carol" }), "(Carol)"],
    [member("bob", { name: null }), "(bob)"],
    [member(null, { name: "" }), "(a member without a name)"],
  ])("is named in the error", (now, named) => {
    expect(movedAway("bob", now).message).toContain(named);
  });
});

describe("two rows", () => {
  it("are the same account if seat and admin flag alone differ", () => {
    expect(isSameRow(member("bob"), member("bob", { activated: false, is_admin: true }))).toBe(true);
  });

  it.each([{ username: "carol" }, { name: "Carol" }, { email: null }, { service: "gitlab" }])(
    "are two accounts if they differ in %o",
    (texts) => {
      expect(isSameRow(member("bob"), member("bob", texts))).toBe(false);
    },
  );
});
