import { describe, expect, it } from "vitest";
import { findAnnotation } from "#model/annotations.ts";
import { makeResourceId } from "#model/ids.ts";
import type { Resource } from "#model/resource.ts";
import { fromTimestamp } from "#model/timestamp.ts";
import { rateLimited } from "../../fakes/codecov/faults.ts";
import { failureOf } from "../../fakes/failure.ts";
import { type Setup, setUp } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

async function usersById({ listUsers }: Setup): Promise<Map<string, Resource>> {
  return new Map((await listUsers(20)).map((user) => [user.id?.resource ?? "", user]));
}

function sessionRequests({ simulator }: Setup): number {
  return simulator.requests.filter(({ path }) => path.includes("user-sessions")).length;
}

function lastLogin(user: Resource | undefined): number | undefined {
  const stamp = findAnnotation(user?.annotations ?? [], "UserTrait")?.lastLogin;
  return stamp === undefined ? undefined : fromTimestamp(stamp);
}

const warnings = ({ log }: Setup) =>
  log.filter(({ level, message }) => level === "warn" && message.startsWith("sign-in sessions"));

describe("sign-in sessions", () => {
  it("are not asked for unless wanted", async () => {
    const setup = await setUp();
    const users = await usersById(setup);
    expect(sessionRequests(setup)).toBe(0);
    for (const { profile } of users.values()) expect(profile).not.toHaveProperty("has_active_session");
  });

  it("are read in one page and tell when somebody was there last", async () => {
    const setup = await setUp({ generated: { members: 2_345 } }, { sessionInfo: true });
    const users = await usersById(setup);
    expect(sessionRequests(setup)).toBe(1);
    expect(warnings(setup)).toEqual([]);
    const told = [...users.values()].filter(({ profile }) => profile?.["has_active_session"] !== undefined);
    expect(told).toHaveLength(2_345);

    const left = users.get("member-0000005");
    expect(left?.profile).toMatchObject({
      has_active_session: false,
      session_expires_at: "2020-01-01T00:00:00.000Z",
    });
    expect(lastLogin(left)).toBe(Date.parse("2020-01-01T00:00:00Z") - 14 * DAY_MS);
    const never = users.get("member-0000001");
    expect(never?.profile).toMatchObject({ has_active_session: false, session_expires_at: null });
    expect(lastLogin(never)).toBeUndefined();
  });

  it("that last longer than Codecov's usual tell no beginning in the future", async () => {
    const setup = await setUp({ generated: { members: 3 } }, { sessionInfo: true });
    const user = (await usersById(setup)).get("member-0000003");
    expect(user?.profile).toMatchObject({ has_active_session: true });
    expect(lastLogin(user)).toBeUndefined();
  });

  it("stand on a user that is read alone as well", async () => {
    const setup = await setUp({ generated: { members: 10 } }, { sessionInfo: true });
    const id = makeResourceId("user", "member-0000005");
    const found = await setup.connector.syncers[0]?.get?.(id, undefined, setup.ctx);
    expect(found?.resource).toEqual((await usersById(setup)).get("member-0000005"));
  });

  it("are nobody's if a name occurs twice, and not those of members without a name", async () => {
    const setup = await setUp({}, { sessionInfo: true });
    setup.simulator.change(
      { op: "add-owner", ownerid: 5_000, service: "gitlab", username: "alice", name: null, email: null },
      { op: "join", org: "Acme", ownerid: 5_000 },
    );
    const users = [...(await usersById(setup)).values()];
    const without = users.filter(({ profile }) => profile?.["has_active_session"] === undefined);
    expect(without.map(({ profile }) => String(profile?.["username"])).toSorted()).toEqual([
      "alice",
      "alice",
      "null",
      "null",
    ]);
  });
});

describe("sign-in sessions are left out, with the reason in the log,", () => {
  it.each([
    ["the token belongs to no admin", { provider: { status: 200, answer: { role: "member" } } }, /403/],
    ["the git service refuses its own credentials", { provider: { status: 401, answer: {} } }, /401/],
    ["the git service knows no such person", { provider: { status: 404, answer: { message: "" } } }, /404/],
    ["the git service cannot be asked", { provider: "unreachable" }, /500/],
  ] as const)("when %s", async (_, options, reason) => {
    const setup = await setUp(options, { sessionInfo: true, tokenName: "member-token" });
    expect((await usersById(setup)).size).toBe(52);
    expect(sessionRequests(setup)).toBe(1);
    expect(warnings(setup)).toHaveLength(1);
    expect(warnings(setup)[0]?.message).toContain("only an admin is");
    expect(String(warnings(setup)[0]?.fields["answer"])).toMatch(reason);
  });

  it("when they do not fit into one page", async () => {
    const setup = await setUp({}, { sessionInfo: true });
    setup.simulator.faults.add({
      path: "user-sessions",
      fault: { kind: "edit", path: ["next"], value: "https://api.codecov.io/?page=2" },
    });
    const users = await usersById(setup);
    expect(users.size).toBe(52);
    for (const { profile } of users.values()) expect(profile).not.toHaveProperty("has_active_session");
    expect(warnings(setup)[0]?.message).toContain("do not fit into one page");
  });

  it("when the answer is unusable", async () => {
    const setup = await setUp({}, { sessionInfo: true });
    setup.simulator.faults.add({
      path: "user-sessions",
      fault: { kind: "edit", path: ["results", 0, "expiry_date"], value: 7 },
    });
    expect((await usersById(setup)).size).toBe(52);
    expect(warnings(setup)[0]?.message).toContain("could not be read");
  });
});

it("a pause that Codecov asks for is kept before sign-in sessions are given up", async () => {
  const setup = await setUp({}, { sessionInfo: true });
  setup.simulator.faults.add({ path: "user-sessions", fault: rateLimited(120) });
  const error = await failureOf(usersById(setup));
  expect(error.rateLimit?.resetAt).toBeGreaterThan(setup.clock.now());
  setup.clock.advance(121_000);
  expect((await usersById(setup)).get("alice")?.profile).toHaveProperty("has_active_session");
});
