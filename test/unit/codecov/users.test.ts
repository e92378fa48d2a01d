import { describe, expect, it } from "vitest";
import { Code } from "#kernel/errors.ts";
import { findAnnotation, hasAnnotation } from "#model/annotations.ts";
import { AccountType, type Resource, ResourceStatus } from "#model/resource.ts";
import { htmlErrorPage, rateLimited } from "../../fakes/codecov/faults.ts";
import { failureOf } from "../../fakes/failure.ts";
import { setUp } from "./support.ts";

const ROSTER = "/users/";

function findUser(users: readonly Resource[], id: string): Resource {
  const found = users.find((user) => user.id?.resource === id);
  if (found === undefined) throw new Error(`no user ${id}`);
  return found;
}

function trait(user: Resource) {
  return findAnnotation(user.annotations, "UserTrait");
}

describe("a member", () => {
  it("with a seat is an enabled user with all that Codecov tells", async () => {
    const { listUsers } = await setUp();
    const user = findUser(await listUsers(), "Erin-K");
    expect(user).toMatchObject({
      displayName: "Erin Kay",
      status: { status: ResourceStatus.RESOURCE_STATUS_ENABLED, details: "holds a Codecov seat of Acme" },
      profile: {
        username: "Erin-K",
        name: "Erin Kay",
        email: "Erin.Kay@Acme.example",
        service: "github",
        owner: "Acme",
        is_admin: false,
        activated: true,
      },
    });
    expect(trait(user)).toMatchObject({
      login: "Erin-K",
      emails: [{ address: "Erin.Kay@Acme.example", isPrimary: true }],
      accountType: AccountType.ACCOUNT_TYPE_HUMAN,
      status: { details: "holds a Codecov seat of Acme" },
    });
    expect(trait(user)?.profile).toEqual(user.profile);
  });

  it("without a seat is disabled", async () => {
    const { listUsers } = await setUp();
    expect(findUser(await listUsers(), "judy")).toMatchObject({
      displayName: "judy",
      status: { status: ResourceStatus.RESOURCE_STATUS_DISABLED },
    });
  });

  it("whose account Codecov is deleting is deleted, under an id that says so", async () => {
    const { listUsers } = await setUp();
    const user = findUser(await listUsers(), "~to_be_deleted~deleted_user_1029");
    expect(user.status?.status).toBe(ResourceStatus.RESOURCE_STATUS_DELETED);
  });

  it("that is a GitHub app is a service account, and a malformed e-mail is no e-mail", async () => {
    const { listUsers } = await setUp();
    const user = findUser(await listUsers(), "renovate[bot]");
    expect(trait(user)).toMatchObject({ accountType: AccountType.ACCOUNT_TYPE_SERVICE, emails: [] });
    expect(user.profile?.["email"]).toBe("renovate[bot]@bots.example");
  });

  it("without a user name is told with a derived id, and its profile says so", async () => {
    const { listUsers } = await setUp();
    const unnamed = (await listUsers()).filter(({ profile }) => profile?.["username"] === null);
    expect(unnamed.map(({ displayName }) => displayName)).toEqual(["Former Name", "member without a name"]);
    for (const user of unnamed) {
      expect(user.id?.resource).toMatch(/^~no-username~github~[0-9a-f]{32}$/);
      expect(user.profile?.["id_note"]).toBeTypeOf("string");
      expect(trait(user)?.login).toBe("");
    }
  });

  it("with texts beyond the limits is told with shorter ones", async () => {
    const { simulator, listUsers } = await setUp();
    simulator.change({ op: "set-profile", ownerid: 1009, name: "é".repeat(2_000), email: "x".repeat(5_000) });
    const user = findUser(await listUsers(), "Erin-K");
    expect(Buffer.byteLength(user.displayName)).toBe(1024);
    expect(Buffer.byteLength(String(user.profile?.["email"]))).toBe(1024);
  });

  it("with a user name too long for an id ends the sync instead of sharing one", async () => {
    const { simulator, listUsers } = await setUp();
    simulator.change({ op: "rename", ownerid: 1009, username: "x".repeat(1_025) });
    expect((await failureOf(listUsers())).code).toBe(Code.FailedPrecondition);
  });
});

describe("the user type", () => {
  it("asks for no entitlements and lists nothing below a parent", async () => {
    const { connector, ctx } = await setUp();
    const syncer = connector.syncers[0];
    expect(hasAnnotation(syncer?.resourceType.annotations ?? [], "SkipEntitlementsAndGrants")).toBe(true);
    const parent = { resourceType: "org", resource: "acme", batonResource: false };
    const page = await syncer?.list(parent, { pageSize: 0, pageToken: "", activeSyncId: "" }, ctx);
    expect(page).toEqual({ items: [], nextPageToken: "" });
  });
});

describe("a listing", () => {
  it.each([0, 1, 19, 20, 21, 999, 1_000, 1_001])("of %i members has as many users", async (members) => {
    const { listUsers } = await setUp({ generated: { members } });
    const users = await listUsers();
    expect(users).toHaveLength(members);
    expect(new Set(users.map(({ id }) => id?.resource)).size).toBe(members);
  });

  it("logs once how many were out of the ordinary, however many pages it had", async () => {
    const { listUsers, log, simulator } = await setUp();
    simulator.change({ op: "set-profile", ownerid: 1009, name: "x".repeat(2_000) });
    simulator.change({ op: "set-profile", ownerid: 1011, service: "gitlab" });
    await listUsers(7);
    const counts = log
      .filter(({ level }) => level === "warn")
      .map(({ message, fields }) => [message, fields["count"]]);
    expect(counts).toEqual([
      [expect.stringContaining("without a user name"), 2],
      [expect.stringContaining("another git service"), 1],
      [expect.stringContaining("deleting"), 2],
      [expect.stringContaining("too long"), 1],
      [expect.stringContaining("not a well-formed address"), 1],
    ]);
    expect(log.filter(({ message }) => message === "member list read")).toEqual([
      { level: "info", message: "member list read", fields: { rows: 52, seats: 30 } },
    ]);
  });

  it("tells a name apart that occurs on two git services", async () => {
    const { simulator, listUsers } = await setUp();
    simulator.change(
      {
        op: "add-owner",
        ownerid: 5_000,
        service: "gitlab",
        username: "judy",
        name: "Other Judy",
        email: null,
      },
      { op: "join", org: "Acme", ownerid: 5_000 },
    );
    const users = await listUsers();
    expect(findUser(users, "judy").profile?.["service"]).toBe("github");
    expect(findUser(users, "~gitlab~judy").displayName).toBe("Other Judy");
  });

  it("does without `next`, whose scheme and host may be wrong, and sends the token nowhere else", async () => {
    const { simulator, listUsers } = await setUp({ generated: { members: 12_000 } });
    simulator.faults.add({
      path: ROSTER,
      fault: {
        kind: "edit",
        path: ["next"],
        value: "http://elsewhere.invalid/api/v2/github/acme/users/?page=2",
      },
    });
    expect(new Set((await listUsers()).map(({ id }) => id?.resource)).size).toBe(12_000);
  });

  it("loses nobody when the roster changes after every answer", async () => {
    const { simulator, listUsers } = await setUp({ generated: { members: 21_000 } });
    for (let skip = 0; skip < 3; skip += 1) {
      const leavers = Array.from({ length: 40 }, (_, index) => 1_002 + skip * 40 + index);
      simulator.faults.add({
        path: ROSTER,
        skip,
        fault: {
          kind: "change",
          when: "after",
          changes: leavers.map((ownerid) => ({ op: "leave", org: "acme", ownerid })),
        },
      });
    }
    const ids = new Set((await listUsers()).map(({ id }) => id?.resource));
    expect(ids.size).toBe(21_000);
  });

  it("gets smaller pages from a server that fails on large ones", async () => {
    const { simulator, listUsers } = await setUp({ generated: { members: 3_000 } });
    simulator.faults.add({ pageSizeOver: 1_000, times: null, fault: htmlErrorPage(504) });
    expect(new Set((await listUsers()).map(({ id }) => id?.resource)).size).toBe(3_000);
  });
});

describe("what Codecov answers to a listing", () => {
  const answer = (status: number, text: string, contentType = "application/json") =>
    ({ kind: "answer", status, text, headers: { "content-type": contentType } }) as const;

  it("is never NotFound for the host, whatever the status", async () => {
    const { simulator, listUsers } = await setUp();
    const bodies = [
      '{"detail":"No Owner matches the given query."}',
      '{"error":"Page Not Found (404)"}',
      "<html></html>",
      "",
    ];
    for (let status = 300; status < 600; status += 1) {
      for (const body of status === 404 ? bodies : ['{"detail":"no"}']) {
        simulator.faults.clear();
        simulator.faults.add({ path: ROSTER, times: null, fault: answer(status, body) });
        const error = await failureOf(listUsers());
        expect(error.code, String(status)).not.toBe(Code.NotFound);
        if (status === 404) expect(error.code).toBe(Code.FailedPrecondition);
      }
    }
  });

  it.each([
    [
      "HTML",
      answer(200, "<!doctype html><title>Sign in</title>", "text/html"),
      Code.FailedPrecondition,
      'titled "Sign in"',
    ],
    [
      "another shape",
      answer(200, '{"count":1,"next":null,"results":[{"username":"x"}]}'),
      Code.FailedPrecondition,
      "results.0.service",
    ],
    ["a bare list", answer(200, "[]"), Code.FailedPrecondition, "unexpected shape"],
    ["an empty body", answer(200, ""), Code.Unavailable, "empty body"],
    ["cut JSON", { kind: "truncate", share: 0.5, declare: "part" }, Code.Unavailable, "invalid JSON"],
    [
      "a cut body",
      { kind: "truncate", share: 0.5, declare: "whole" },
      Code.Unavailable,
      "before the response was complete",
    ],
    ["an error", answer(500, '{"error": "Server Error (500)"}'), Code.Unavailable, "Server Error (500)"],
    [
      "a redirect",
      { kind: "answer", status: 302, headers: { location: "https://login.example/" } },
      Code.FailedPrecondition,
      "login.example",
    ],
  ] as const)("is an error that names the endpoint if it is %s", async (_, fault, code, text) => {
    const { simulator, listUsers } = await setUp();
    simulator.faults.add({ path: ROSTER, times: null, fault });
    const error = await failureOf(listUsers());
    expect(error.code).toBe(code);
    expect(error.message).toContain("/api/v2/github/Acme/users/");
    expect(error.message).toContain(text);
  });

  it("is asked for again when a fault passes", async () => {
    const { simulator, listUsers, clock } = await setUp();
    simulator.faults.add(
      { path: ROSTER, fault: htmlErrorPage(503) },
      { path: ROSTER, fault: rateLimited(7) },
      { path: ROSTER, fault: { kind: "reset", at: "headers" } },
    );
    expect(await listUsers()).toHaveLength(52);
    expect(clock.sleeps.some((ms) => ms >= 6_000)).toBe(true);
  });

  it("may be a long pause: the host gets its end, and Codecov no request until then", async () => {
    const { simulator, listUsers, clock } = await setUp();
    simulator.faults.add({ path: ROSTER, fault: rateLimited(120) });
    const first = await failureOf(listUsers());
    expect(first.code).toBe(Code.Unavailable);
    expect(first.rateLimit?.resetAt).toBeGreaterThan(clock.now() + 100_000);
    const requests = simulator.requests.length;
    expect((await failureOf(listUsers())).rateLimit).toEqual(first.rateLimit);
    expect(simulator.requests).toHaveLength(requests);
    clock.advance(121_000);
    expect(await listUsers()).toHaveLength(52);
  });

  it("can be that the token's owner left in the middle: an error, not a short list", async () => {
    const { simulator, listUsers } = await setUp({ generated: { members: 11_000 } });
    const changes = [{ op: "leave", org: "acme", ownerid: 1_001 } as const];
    simulator.faults.add({ path: ROSTER, fault: { kind: "change", when: "after", changes } });
    expect((await failureOf(listUsers())).code).toBe(Code.FailedPrecondition);
  });
});

describe("the token", () => {
  it("is in no error and no log line", async () => {
    const { simulator, listUsers, log, connector, ctx } = await setUp();
    const token = simulator.tokens["admin-token"] ?? "?";
    simulator.faults.add({ path: ROSTER, fault: { kind: "answer", status: 500 }, times: null });
    const errors = [await failureOf(listUsers()), await failureOf(connector.validate(ctx))];
    expect(JSON.stringify([log, errors.map(({ message, stack }) => [message, stack])])).not.toContain(token);
    expect(simulator.requests.length).toBeGreaterThan(0);
  });
});
