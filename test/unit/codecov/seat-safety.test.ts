import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { userIdOf } from "#codecov/roster/user-id.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { CodecovSimulator } from "../../fakes/codecov/simulator.ts";
import type { MemberDescription, StateDescription } from "../../fakes/codecov/state-file.ts";
import { failureOf } from "../../fakes/failure.ts";
import { type SeatSetup, seatHolders, setUpSeats, writesOf } from "./seat-support.ts";

const RUNS = Number(process.env["FAST_CHECK_RUNS"] ?? 25);

const OTHERS_PAGE = "change the seat on the members page of traps in Codecov";

interface Person {
  readonly username: string | null;
  readonly name?: string | null;
  readonly email?: string | null;
  readonly service?: string;
  readonly activated?: boolean;
}

/** Members get the ids from 101 on; the first is the admin whose token is used. */
function organizationOf(people: readonly Person[]): StateDescription {
  const members: MemberDescription[] = [{ username: "alice" }, ...people].map((person: Person, index) => ({
    ownerid: 101 + index,
    name: null,
    email: null,
    activated: false,
    is_admin: index === 0,
    seat_only: false,
    ...person,
  }));
  return {
    orgs: [
      {
        ownerid: 100,
        service: "gitlab",
        username: "traps",
        name: null,
        plan_user_count: 50,
        free: 0,
        members,
      },
    ],
    others: [],
    tokens: { "admin-token": { owner: 101 } },
  };
}

async function setUpTraps(people: readonly Person[], internalIds = false): Promise<SeatSetup> {
  return await setUpSeats(organizationOf(people), "traps", { service: "gitlab", internalIds });
}

function holders(simulator: CodecovSimulator): number[] {
  return seatHolders(simulator, "gitlab", "traps");
}

const NAMELESS: Person = { username: null, name: "No Name", email: "nobody@traps.example" };

async function idOf({ listUsers }: SeatSetup, find: (displayName: string) => boolean): Promise<string> {
  const found = (await listUsers()).find(({ displayName }) => find(displayName));
  if (found?.id === undefined) throw new Error("no such user");
  return found.id.resource;
}

/** Each time the second member is meant, and the address of its name leads to the third, the first or nowhere. */
const TRAPS: readonly (readonly [string, Person, Person])[] = [
  ["ends in .json, which addresses the name before it", { username: "bob.json" }, { username: "bob" }],
  ["ends in .api", { username: "bob.api" }, { username: "bob" }],
  ["has a dot inside", { username: "john.doe" }, { username: "john" }],
  ["is the internal id of somebody else", { username: "103" }, { username: "carol" }],
  ["is that id with a zero before it", { username: "0103" }, { username: "carol" }],
  ["is that id as Python also writes it", { username: "1_03" }, { username: "carol" }],
  ["is that id in full-width digits", { username: "１０３" }, { username: "carol" }],
  ["is that id with blanks around it", { username: " 103 " }, { username: "carol" }],
  ["is that id with a sign", { username: "+103" }, { username: "carol" }],
  ["leads out of the list", { username: ".." }, { username: "carol" }],
  ["has a slash inside", { username: "carol/x" }, { username: "carol" }],
  ["begins a query", { username: "carol?x" }, { username: "carol" }],
  ["looks like an escape", { username: "%63arol" }, { username: "carol" }],
  ["is missing", NAMELESS, { username: "carol" }],
  ["exists on two services", { username: "bob" }, { username: "bob", service: "github" }],
];

describe("a member whose user name", () => {
  it.each(TRAPS)("%s is not changed, and nobody else is either", async (_, meant, other) => {
    const setup = await setUpTraps([meant, other]);
    const userId = userIdOf({ member: toMember(meant), ordinal: meant.username === null ? 1 : 0 }, "gitlab");
    const error = await failureOf(setup.grant(userId));
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain(OTHERS_PAGE);
    expect(error.message).toContain("--codecov-internal-ids");
    expect(error.errorInfo?.reason).toBe("grant_cancelled");
    expect(writesOf(setup.simulator)).toEqual([]);
    expect(holders(setup.simulator)).toEqual([]);
  });

  it.each(TRAPS.filter(([problem]) => problem !== "exists on two services"))(
    "%s is changed by its internal id if that is allowed, and nobody else is",
    async (_, meant, other) => {
      const setup = await setUpTraps([meant, other], true);
      const userId = userIdOf(
        { member: toMember(meant), ordinal: meant.username === null ? 1 : 0 },
        "gitlab",
      );
      expect(await setup.grant(userId)).toBe("changed");
      expect(holders(setup.simulator)).toEqual([102]);
      expect(await setup.revoke(userId)).toBe("changed");
      expect(holders(setup.simulator)).toEqual([]);
      expect(writesOf(setup.simulator)).toEqual(
        Array.from({ length: 2 }, () => "PATCH /api/v2/gitlab/traps/users/102/"),
      );
    },
  );

  it("is now written in another case is left alone until the next sync", async () => {
    const { simulator, grant } = await setUpTraps([{ username: "Bob" }]);
    const error = await failureOf(grant("bob"));
    expect([error.code, error.message]).toEqual([
      Code.FailedPrecondition,
      expect.stringContaining("run a sync"),
    ]);
    expect(writesOf(simulator)).toEqual([]);
  });

  it("has left is not taken for somebody of that name on another service", async () => {
    const { simulator, revoke } = await setUpTraps([{ username: "bob", service: "github", activated: true }]);
    expect(await revoke("bob")).toBe("unchanged");
    expect(await revoke("~github~bob")).toBe("changed");
    expect(writesOf(simulator)).toHaveLength(1);
  });
});

describe("an internal id", () => {
  /** A change that is refused on purpose. */
  const REFUSED = { code: Code.FailedPrecondition, errorInfo: { reason: "grant_cancelled" } };

  it("is not used while a member is called so", async () => {
    const { simulator, grant } = await setUpTraps([{ username: "john.doe" }, { username: "102" }], true);
    const error = await failureOf(grant("john.doe"));
    expect(error).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining("another member"),
    });
    expect(error.message).toContain(OTHERS_PAGE);
    expect(writesOf(simulator)).toEqual([]);
  });

  it("is not used if more members match its digits than can be looked through", async () => {
    const { simulator, grant } = await setUpTraps([{ username: "john.doe" }], true);
    simulator.faults.add({ path: "search=102$", fault: { kind: "edit", path: ["next"], value: "more" } });
    expect(await failureOf(grant("john.doe"))).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining("too many members"),
    });
    expect(writesOf(simulator)).toEqual([]);
  });

  it("is not used for one of several members that cannot be told apart", async () => {
    const setup = await setUpTraps([NAMELESS, NAMELESS], true);
    const userId = await idOf(setup, (displayName) => displayName === "No Name");
    const error = await failureOf(setup.grant(userId));
    expect(error).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining("several members"),
    });
    expect(writesOf(setup.simulator)).toEqual([]);
  });

  it("is not used if it does not lead to the same row", async () => {
    const { simulator, grant } = await setUpTraps([{ username: "john.doe" }, { username: "carol" }], true);
    simulator.faults.add({
      path: "/internal/",
      fault: { kind: "edit", path: ["results", 0, "ownerid"], value: 103 },
    });
    const error = await failureOf(grant("john.doe"));
    expect(error).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining("internal id 103"),
    });
    expect(writesOf(simulator)).toEqual([]);
  });

  it("is not used if the list is not offered", async () => {
    const { simulator, grant } = await setUpTraps([{ username: "john.doe" }], true);
    simulator.faults.add({
      path: "/internal/",
      fault: { kind: "answer", status: 403, headers: {}, text: "", json: { detail: "no" }, processed: false },
    });
    expect(await failureOf(grant("john.doe"))).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining("this token"),
    });
    expect(writesOf(simulator)).toEqual([]);
  });

  it("is never asked for unless it is needed and allowed", async () => {
    const { simulator, grant } = await setUpTraps([{ username: "bob" }, { username: "john.doe" }]);
    await grant("bob");
    await failureOf(grant("john.doe"));
    expect(simulator.requests.filter(({ path }) => path.includes("/internal/"))).toEqual([]);
  });
});

describe("a user name that passes to somebody else", () => {
  const bobAndCarol = [
    { username: "bob", name: "Bob" },
    { username: "carol", name: "Carol" },
  ];
  const becomeBob = (ownerid: number) => ({ op: "rename", ownerid, username: "bob" }) as const;
  const moved = "its address in Codecov went over to another account (bob, Carol)";

  it("after it was looked for is not used", async () => {
    const { simulator, grant } = await setUpTraps([
      { username: "bob", service: "github" },
      { username: "carol" },
    ]);
    const changes = [{ op: "rename", ownerid: 102, username: "robert" }, becomeBob(103)] as const;
    simulator.faults.add({
      path: "search=bob",
      fault: { kind: "change", when: "after", changes: [...changes] },
    });
    expect(await failureOf(grant("~github~bob"))).toMatchObject({
      code: Code.FailedPrecondition,
      errorInfo: { reason: "grant_cancelled" },
      message: expect.stringContaining("user name bob"),
    });
    expect(writesOf(simulator)).toEqual([]);
  });

  it("between reading and writing is told, not called a success", async () => {
    const { simulator, grant } = await setUpTraps(bobAndCarol);
    simulator.faults.add({
      method: "PATCH",
      fault: { kind: "change", when: "before", changes: [becomeBob(103)] },
    });
    const error = await failureOf(grant("bob"));
    expect([error.code, error.message]).toEqual([Code.Aborted, expect.stringContaining(moved)]);
  });

  it("after writing, before reading back, is told", async () => {
    const { simulator, grant } = await setUpTraps(bobAndCarol);
    simulator.faults.add({
      method: "PATCH",
      fault: { kind: "change", when: "after", changes: [becomeBob(103)] },
    });
    const error = await failureOf(grant("bob"));
    expect([error.code, error.message]).toEqual([Code.Aborted, expect.stringContaining(moved)]);
  });

  it("only while it is written to is told as well", async () => {
    const { simulator, grant } = await setUpTraps(bobAndCarol);
    simulator.faults.add(
      { method: "PATCH", fault: { kind: "change", when: "before", changes: [becomeBob(103)] } },
      { method: "PATCH", fault: { kind: "change", when: "after", changes: [becomeBob(102)] } },
    );
    const error = await failureOf(grant("bob"));
    expect([error.code, error.message]).toEqual([Code.Aborted, expect.stringContaining(moved)]);
  });
});

const trickyName = fc.oneof(
  fc.constantFrom("bob", "bob.json", "bob.api", "john", "john.doe", "Bob-2", "a[bot]", "102", "0103", "1_04"),
  fc.constantFrom(
    "１０５",
    " 106",
    "+102",
    "-103",
    "..",
    ".",
    "bob/",
    "/bob",
    "~bob",
    "~github~bob",
    "%62ob",
    "bob?",
    "bob#",
    "é",
    "x y",
  ),
  fc.stringMatching(/^[0-9a-b._ -]{1,4}$/),
  fc.constant(null),
);
const trickyPerson = fc.record({
  username: trickyName,
  name: fc.constantFrom(null, "N", "M"),
  email: fc.constantFrom(null, "e@traps.example", "102@traps.example"),
  service: fc.constantFrom("gitlab", "gitlab", "github"),
  activated: fc.boolean(),
});

it("no change ever reaches anybody but the member that is named, whatever members are called", async () => {
  const rosters = fc.uniqueArray(trickyPerson, {
    minLength: 1,
    maxLength: 6,
    selector: ({ service, username }) => username?.toLowerCase() + service,
    comparator: (a, b) => a === b && !a.startsWith("undefined"),
  });
  await fc.assert(
    fc.asyncProperty(rosters, fc.boolean(), async (people, internalIds) => {
      const setup = await setUpTraps(people, internalIds);
      try {
        for (const { id, profile } of await setup.listUsers())
          await expectOnlyChange(setup, id?.resource ?? "", profile);
      } finally {
        await setup.simulator.close();
      }
    }),
    { numRuns: RUNS },
  );
});

/** Turns the seat of a user around; then nothing has changed, or the seat of just that member. */
async function expectOnlyChange(
  { simulator, grant, revoke }: SeatSetup,
  userId: string,
  profile: { readonly [key: string]: unknown } | undefined,
): Promise<void> {
  const before = holders(simulator);
  const holds = profile?.["activated"] === true;
  const outcome = await (holds ? revoke(userId) : grant(userId)).catch((error: unknown) => error);
  const after = holders(simulator);
  const changed = [
    ...before.filter((id) => !after.includes(id)),
    ...after.filter((id) => !before.includes(id)),
  ];
  if (outcome === "changed") {
    expect(changed).toHaveLength(1);
    const { username, name, email, service } = simulator.state.owner(changed[0] ?? 0);
    expect({ username, name, email, service }).toMatchObject({
      username: profile?.["username"],
      name: profile?.["name"],
      email: profile?.["email"],
      service: profile?.["service"],
    });
  } else {
    expect(outcome).toBeInstanceOf(BatonError);
    expect(outcome).toMatchObject({ code: Code.FailedPrecondition });
    expect(changed).toEqual([]);
  }
}

function toMember({ username, name = null, email = null, service = "gitlab" }: Person) {
  return { username, name, email, service, activated: false, is_admin: false };
}
