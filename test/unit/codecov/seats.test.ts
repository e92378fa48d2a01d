import { describe, expect, it } from "vitest";
import { Code } from "#kernel/errors.ts";
import { makeResourceId } from "#model/ids.ts";
import { Resource } from "#model/resource.ts";
import { type FaultRuleInput, htmlErrorPage, rateLimited } from "../../fakes/codecov/faults.ts";
import { failureOf } from "../../fakes/failure.ts";
import { toResource } from "../../fakes/listed.ts";
import { licenseEntitlement, seatHolders, setUpSeats, writesOf } from "./seat-support.ts";

const NO_SEATS = "Cannot activate user -- not enough seats left.";

describe("a grant", () => {
  it("gives a seat with one change, read before and after", async () => {
    const { simulator, grant } = await setUpSeats("free-seats", "roomy");
    expect(await grant("waiting")).toBe("changed");
    expect(seatHolders(simulator, "github", "roomy")).toContain(109);
    expect(simulator.requests.map(({ method }) => method)).toEqual(["GET", "PATCH", "GET"]);
  });

  it("names the grant that it made by the ids of a sync", async () => {
    const { connector, ctx } = await setUpSeats("free-seats", "roomy");
    const license = connector.syncers.find(({ resourceType }) => resourceType.id === "license");
    const page = { pageSize: 0, pageToken: "", activeSyncId: "" };
    const [resource] = (await license?.list(undefined, page, ctx))?.items ?? [];
    if (resource === undefined) throw new Error("no license");
    const principal = Resource.fromPartial({ id: makeResourceId("user", "waiting") });
    const granted = await license?.grant?.(principal, licenseEntitlement("roomy"), ctx);
    const listed = (await license?.grants?.(toResource(resource), page, ctx))?.items ?? [];
    expect(granted?.grants).toEqual(
      listed.filter(({ principal: holder }) => holder?.id?.resource === "waiting"),
    );
    expect(granted?.grants).toHaveLength(1);
  });

  it.each([
    ["somebody who holds a seat", "free-seats", "roomy", "bob"],
    ["somebody who holds a seat when all are taken", "full-5", "full-org", "bob"],
    ["somebody who is listed for the seat alone", "free-seats", "roomy", "gone"],
  ])("to %s already exists, and nothing is sent", async (_, state, owner, userId) => {
    const { simulator, grant } = await setUpSeats(state, owner);
    expect(await grant(userId)).toBe("unchanged");
    expect(writesOf(simulator)).toEqual([]);
  });

  it("already exists if somebody else gives the last seat to the same member in between", async () => {
    const { simulator, grant } = await setUpSeats("full-5", "full-org");
    const changes = [
      { op: "set-seat", org: "full-org", ownerid: 102, activated: false },
      { op: "set-seat", org: "full-org", ownerid: 109, activated: true },
    ] as const;
    simulator.faults.add({
      method: "PATCH",
      fault: { kind: "change", when: "before", changes: [...changes] },
    });
    expect(await grant("waiting")).toBe("unchanged");
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 400, 200]);
  });

  it("was made by an earlier attempt if a repeated one is refused while the member holds the seat", async () => {
    const { simulator, grant } = await setUpSeats("full-5", "full-org");
    const changes = [
      { op: "set-seat", org: "full-org", ownerid: 102, activated: false },
      { op: "set-seat", org: "full-org", ownerid: 109, activated: true },
    ] as const;
    simulator.faults.add(
      { method: "PATCH", fault: htmlErrorPage(502) },
      { method: "PATCH", fault: { kind: "change", when: "before", changes: [...changes] } },
    );
    expect(await grant("waiting")).toBe("changed");
    expect(simulator.requests.map(({ status }) => status)).toEqual([200, 502, 200, 400, 200]);
  });

  it("is refused on purpose when no seat is left, with Codecov's reason", async () => {
    const { simulator, grant } = await setUpSeats("full-5", "full-org");
    const error = await failureOf(grant("waiting"));
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain(NO_SEATS);
    expect(error.errorInfo).toEqual({
      reason: "grant_cancelled",
      domain: "github.com/conductorone/baton-sdk",
      metadata: { reason: NO_SEATS },
    });
    expect(writesOf(simulator)).toHaveLength(1);
  });

  it("to a student needs no seat to spare", async () => {
    const { simulator, grant } = await setUpSeats("full-5", "full-org");
    expect(await grant("stu-waiting")).toBe("changed");
    expect(seatHolders(simulator, "github", "full-org")).toContain(108);
  });

  it("keeps to the seats of a shared billing account", async () => {
    const { grant } = await setUpSeats("billing-account", "north");
    expect(await grant("bob")).toBe("changed");
    expect((await failureOf(grant("carl"))).errorInfo?.metadata["reason"]).toBe(NO_SEATS);
  });

  it("works where no seat was ever stored", async () => {
    const { simulator, grant } = await setUpSeats("no-seat-list", "fresh");
    expect(await grant("bob")).toBe("changed");
    expect(seatHolders(simulator, "github", "fresh")).toEqual([102]);
  });

  it("is given up after two server errors without effect", async () => {
    const { simulator, grant } = await setUpSeats("no-seat-count", "countless");
    const error = await failureOf(grant("bob"));
    expect([error.code, error.kind]).toEqual([Code.FailedPrecondition, "upstream"]);
    expect(error.message).toContain("500 Internal Server Error");
    expect(error.errorInfo).toBeUndefined();
    expect(writesOf(simulator)).toHaveLength(2);
  });

  it("to somebody who is not a member fails", async () => {
    const { simulator, grant } = await setUpSeats("free-seats", "roomy");
    const error = await failureOf(grant("mallory"));
    expect(error.code).toBe(Code.NotFound);
    expect(error.message).toContain("mallory");
    expect(writesOf(simulator)).toEqual([]);
  });

  it("fails if the member leaves meanwhile", async () => {
    const { simulator, grant } = await setUpSeats("free-seats", "roomy");
    const leave = { op: "leave", org: "roomy", ownerid: 109 } as const;
    simulator.faults.add({ method: "PATCH", fault: { kind: "change", when: "before", changes: [leave] } });
    const error = await failureOf(grant("waiting"));
    expect([error.code, error.message]).toEqual([
      Code.NotFound,
      expect.stringContaining("left the member list"),
    ]);
  });

  it("of a subgroup changes the subgroup's own seats", async () => {
    const { simulator, grant } = await setUpSeats("gitlab-sub", "group:sub", { service: "gitlab" });
    expect(await grant("dev-two")).toBe("changed");
    expect(seatHolders(simulator, "gitlab", "group:sub")).toContain(503);
  });

  it("is possible with the token of a plain member", async () => {
    const { grant } = await setUpSeats("free-seats", "roomy", { tokenName: "member-token" });
    expect(await grant("waiting")).toBe("changed");
  });

  it.each([
    ["another entitlement", "user", "org:roomy:admin", "cannot be granted or revoked here"],
    [
      "the seat of another organization",
      "user",
      "license:other:assigned",
      "cannot be granted or revoked here",
    ],
    [
      "a principal of another type",
      "org",
      "license:roomy:assigned",
      "only a user can hold a seat, not a org",
    ],
  ])("of %s is refused before anything is asked", async (_, type, entitlementId, problem) => {
    const { connector, ctx, simulator } = await setUpSeats("free-seats", "roomy");
    const license = connector.syncers.find(({ resourceType }) => resourceType.id === "license");
    const principal = Resource.fromPartial({ id: makeResourceId(type, "waiting") });
    const entitlement = { ...licenseEntitlement("roomy"), id: entitlementId };
    const error = await failureOf(Promise.resolve(license?.grant?.(principal, entitlement, ctx)));
    expect([error.code, error.message]).toEqual([Code.InvalidArgument, expect.stringContaining(problem)]);
    expect(simulator.requests).toEqual([]);
  });
});

describe("a revocation", () => {
  it("takes the seat, says that Codecov may give it back, and warns of nothing", async () => {
    const { simulator, revoke, log } = await setUpSeats("free-seats", "roomy");
    expect(await revoke("bob")).toBe("changed");
    expect(seatHolders(simulator, "github", "roomy")).not.toContain(102);
    const taken = log.find(({ message }) => message === "seat taken");
    expect(taken?.fields).toMatchObject({ user: "bob", note: expect.stringContaining("auto-activation") });
    expect(log.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("of nothing is already revoked, and nothing is sent", async () => {
    const { simulator, revoke } = await setUpSeats("free-seats", "roomy");
    expect(await revoke("waiting")).toBe("unchanged");
    expect(await revoke("mallory")).toBe("unchanged");
    expect(writesOf(simulator)).toEqual([]);
  });

  it("twice is already revoked", async () => {
    const { simulator, revoke } = await setUpSeats("free-seats", "roomy");
    expect([await revoke("dan"), await revoke("dan")]).toEqual(["changed", "unchanged"]);
    expect(writesOf(simulator)).toHaveLength(1);
  });

  it("of somebody who is listed for the seat alone succeeds although Codecov answers 404", async () => {
    const { simulator, revoke } = await setUpSeats("free-seats", "roomy");
    expect([await revoke("gone"), await revoke("gone")]).toEqual(["changed", "unchanged"]);
    const patch = simulator.requests.find(({ method }) => method === "PATCH");
    expect(patch?.status).toBe(404);
    expect(seatHolders(simulator, "github", "roomy")).not.toContain(105);
  });

  it("is no success if the 404 comes from a token that has lost its membership", async () => {
    const { simulator, revoke } = await setUpSeats("free-seats", "roomy");
    const leave = { op: "leave", org: "roomy", ownerid: 101 } as const;
    simulator.faults.add({ method: "PATCH", fault: { kind: "change", when: "before", changes: [leave] } });
    const error = await failureOf(revoke("bob"));
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain("could not check");
    expect(seatHolders(simulator, "github", "roomy")).toContain(102);
  });

  it("is done if Codecov fails after it took the seat", async () => {
    const { simulator, revoke } = await setUpSeats("billing-sibling-null", "north");
    expect(await revoke("bob")).toBe("changed");
    expect(simulator.requests.find(({ method }) => method === "PATCH")?.status).toBe(500);
    expect(writesOf(simulator)).toHaveLength(1);
  });

  it("of the token owner's own seat, the last of an admin, is done and warned about", async () => {
    const { simulator, revoke, log } = await setUpSeats("free-seats", "roomy");
    expect(await revoke("alice")).toBe("changed");
    expect(seatHolders(simulator, "github", "roomy")).not.toContain(101);
    expect(log.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      "the seat belonged to the owner of the API token; the token keeps working",
      "no admin of the organization holds a seat now",
    ]);
  });

  it("of an admin is not warned about while another admin holds a seat", async () => {
    const { revoke, log } = await setUpSeats("acme-52", "Acme", { tokenName: "member-token" });
    expect(await revoke("alice")).toBe("changed");
    expect(log.filter(({ level }) => level === "warn")).toEqual([]);
  });
});

describe("a change whose answer is lost", () => {
  it.each([
    ["the connection ends after the work was done", { kind: "reset", at: "answer" }, 1],
    ["the connection ends before it", { kind: "reset", at: "request" }, 2],
    ["the answer is cut short", { kind: "truncate", share: 0.5, declare: "part" }, 1],
    ["no answer comes in time, and it was done", { kind: "stall", processed: true }, 1],
    ["no answer comes in time, and it was not", { kind: "stall", processed: false }, 2],
    ["a proxy fails after it was done", { ...htmlErrorPage(502), processed: true }, 1],
    ["a proxy fails before", htmlErrorPage(503, { "retry-after": "5" }), 2],
    ["a proxy answers in place of Codecov", { ...htmlErrorPage(200), processed: true }, 1],
  ] as const)("is looked for before it is sent again: %s", async (_, fault, writes) => {
    const { simulator, grant } = await setUpSeats("free-seats", "roomy", { httpTimeoutMs: 300 });
    simulator.faults.add({ method: "PATCH", fault });
    expect(await grant("waiting")).toBe("changed");
    expect(seatHolders(simulator, "github", "roomy")).toContain(109);
    expect(writesOf(simulator)).toHaveLength(writes);
    const kinds = simulator.requests.map(({ method }) => method);
    expect(kinds).toEqual(writes === 1 ? ["GET", "PATCH", "GET"] : ["GET", "PATCH", "GET", "PATCH", "GET"]);
  });

  it("is an error that says so, if its result cannot be read either", async () => {
    const { simulator, grant } = await setUpSeats("free-seats", "roomy");
    simulator.faults.add({ skip: 1, times: null, fault: htmlErrorPage(502) });
    const error = await failureOf(grant("waiting"));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.message).toContain("could not check");
    expect(writesOf(simulator)).toHaveLength(1);
  });

  it.each<[string, FaultRuleInput["fault"], number[]]>([
    ["after a success that tells the wanted state", { kind: "delay", ms: 0 }, []],
    [
      "after no answer, as the server may still be at work",
      { kind: "answer", status: 502, processed: true },
      [1_000],
    ],
    [
      "after a success that tells another state",
      { kind: "edit", path: ["activated"], value: false },
      [1_000],
    ],
  ])("is read back with the right pause before it: %s", async (_, fault, pauses) => {
    const { simulator, grant, clock } = await setUpSeats("free-seats", "roomy");
    simulator.faults.add({ method: "PATCH", fault });
    expect(await grant("waiting")).toBe("changed");
    expect(clock.sleeps).toEqual(pauses);
    expect(writesOf(simulator)).toHaveLength(1);
  });

  it("is sent again after the pause that Codecov asks for, as it was not looked at", async () => {
    const { simulator, grant, clock } = await setUpSeats("free-seats", "roomy");
    simulator.faults.add({ method: "PATCH", fault: rateLimited(3) });
    expect(await grant("waiting")).toBe("changed");
    expect(clock.sleeps.some((ms) => ms >= 2_900)).toBe(true);
    expect(writesOf(simulator)).toHaveLength(2);
  });

  it("is not one if the token is refused", async () => {
    const { simulator, grant } = await setUpSeats("free-seats", "roomy");
    const token = simulator.tokens["admin-token"] ?? "";
    simulator.faults.add({
      method: "PATCH",
      fault: { kind: "change", when: "before", changes: [{ op: "revoke-token", token }] },
    });
    expect((await failureOf(grant("waiting"))).code).toBe(Code.Unauthenticated);
  });
});
