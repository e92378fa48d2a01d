import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { checkFaults, type FakeUpstream, makerOf, startTestHost } from "#package/testing.ts";
import { acme } from "../../../examples/acme/connector.ts";
import { type AcmeState, makeState, startAcme, TOKEN } from "../../../examples/acme/upstream.ts";

let state: AcmeState;
let upstream: FakeUpstream;

beforeEach(async () => {
  state = makeState();
  upstream = await startAcme(state);
});
afterEach(() => upstream.close());

const make = (provisioning = true) =>
  makerOf(acme, { token: TOKEN, baseUrl: upstream.url }, { provisioning });

describe("a sync", () => {
  test("finds everybody and what they hold", async () => {
    await using host = await startTestHost(make(false));
    const { resources, grants } = await host.sync();
    expect(resources).toHaveLength(10);
    expect(grants.map(({ id }) => id).toSorted()).toEqual([
      "role:admin:assigned:user:a/b",
      "role:admin:assigned:user:u1",
      "role:auditor:assigned:team:2",
      "role:auditor:assigned:user:../u4",
      "role:auditor:assigned:user:a/b",
      "role:auditor:assigned:user:u2",
      "role:auditor:assigned:user:u3",
      "team:1:maintainer:user:u1",
      "team:1:member:user:u3",
      "team:2:maintainer:user:u2",
      "team:2:member:user:../u4",
      "team:2:member:user:a/b",
    ]);
  });

  test("fails or stores everything, whatever goes wrong upstream", async () => {
    await checkFaults(make(false), upstream, { places: 5 });
  });
});

describe("changes", () => {
  test("are made once, and said to be so when they were before", async () => {
    await using host = await startTestHost(make(), { provisioning: true });
    await host.sync();
    for (const id of ["../u4", "u2"]) {
      const user = { type: "user", id };
      expect(await host.grant("team:1:member", user)).toEqual({ wasSo: false });
      expect(state.members.get(`1/${id}`)).toBe("member");
      expect(await host.grant("team:1:member", user)).toEqual({ wasSo: true });
    }
    expect(await host.revoke("role:admin:assigned:user:a/b")).toEqual({ wasSo: false });
    expect(state.holders).not.toContain("admin/user/a/b");
    expect(await host.revoke("role:admin:assigned:user:a/b")).toEqual({ wasSo: true });
    expect(await host.grant("role:admin:assigned", { type: "team", id: "1" })).toEqual({ wasSo: false });
    expect(state.holders).toContain("admin/team/1");
  });

  test("that Acme cannot make are refused with a reason", async () => {
    await using host = await startTestHost(make(), { provisioning: true });
    await host.sync();
    const granting = host.grant("team:3:member", { type: "user", id: "u1" });
    await expect(granting).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      errorInfo: { reason: "grant_cancelled" },
    });
  });

  test("do not leave the process without leave", async () => {
    await using host = await startTestHost(make(false), { provisioning: true });
    await host.sync();
    const granting = host.grant("role:admin:assigned", { type: "user", id: "u2" });
    await expect(granting).rejects.toMatchObject({ code: Code.FailedPrecondition });
    expect(upstream.requests.every(({ method }) => method === "GET")).toBe(true);
  });

  test("are made by the action, too", async () => {
    await using host = await startTestHost(make(), { provisioning: true });
    expect(await host.invoke("suspend_user", { user_id: "a/b" })).toEqual({ login: "hedy", active: false });
    expect(state.users.find(({ id }) => id === "a/b")?.active).toBe(false);
    await expect(host.invoke("suspend_user", { user_id: "nobody" })).rejects.toThrow("404");
  });
});

test("events are given once each", async () => {
  await using host = await startTestHost(make(false));
  const { events, cursor } = await host.events("audit");
  expect(events.map(({ id, event }) => `${id} ${event?.$case}`)).toEqual([
    "e2 createGrantEvent",
    "e3 resourceChangeEvent",
    "e4 createRevokeEvent",
  ]);
  expect((await host.events("audit", { cursor })).events).toEqual([]);
  state.events.push({ id: "e5", time: "2026-01-04T00:00:00Z", what: "user.changed", user: "u1" });
  expect((await host.events("audit", { cursor })).events.map(({ id }) => id)).toEqual(["e5"]);
});

test("a wrong token is told as such", async () => {
  await using host = await startTestHost(makerOf(acme, { token: "wrong", baseUrl: upstream.url }));
  await expect(host.sync()).rejects.toMatchObject({ code: Code.Unauthenticated });
});
