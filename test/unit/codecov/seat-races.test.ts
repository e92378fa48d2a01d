import { describe, expect, it } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Fault } from "../../fakes/codecov/faults.ts";
import type { CodecovSimulator } from "../../fakes/codecov/simulator.ts";
import type { OrganizationDescription, StateDescription } from "../../fakes/codecov/state-file.ts";
import { failureOf } from "../../fakes/failure.ts";
import { type SeatSetup, seatHolders, setUpSeats, writesOf } from "./seat-support.ts";

const CALLERS = 8;

/** 200 members besides the admin; the first hundred hold a seat. */
const CROWD: StateDescription = {
  orgs: [
    {
      ownerid: 100,
      service: "github",
      username: "crowd",
      name: null,
      plan_user_count: 500,
      free: 0,
      members: [
        makeMember(101, "alice", false),
        ...Array.from({ length: 200 }, (_, index) => makePerson(index)),
      ],
    } satisfies OrganizationDescription,
  ],
  others: [],
  tokens: { "admin-token": { owner: 101 } },
};

function makePerson(index: number) {
  return makeMember(1_000 + index, `person-${index}`, index < 100);
}

function makeMember(ownerid: number, username: string, activated: boolean) {
  return {
    ownerid,
    username,
    name: null,
    email: null,
    activated,
    is_admin: ownerid === 101,
    seat_only: false,
  };
}

interface Change {
  readonly userId: string;
  readonly activated: boolean;
}

/** Swaps the seats of both halves: 100 grants and 100 revocations, mixed. */
const CHANGES: readonly Change[] = Array.from({ length: 200 }, (_, index) => {
  const person = index % 2 === 0 ? index / 2 : 100 + (index - 1) / 2;
  return { userId: `person-${person}`, activated: person >= 100 };
});
const WANTED = Array.from({ length: 100 }, (_, index) => 1_100 + index);

/** Spreads the changes over callers, each of which waits for one before it begins the next. */
async function spread(change: (change: Change) => Promise<unknown>): Promise<void> {
  const queue = [...CHANGES];
  const call = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await change(next);
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
}

/** Sends the change and believes the answer. */
async function patchNaively(simulator: CodecovSimulator, { userId, activated }: Change): Promise<number> {
  const { status } = await fetch(`${simulator.baseUrl}/github/crowd/users/${userId}/`, {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${simulator.tokens["admin-token"]}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ activated }),
  });
  return status;
}

function countLost(simulator: CodecovSimulator): number {
  const holders = new Set(seatHolders(simulator, "github", "crowd"));
  return CHANGES.filter(({ userId, activated }) => {
    const ownerid = 1_000 + Number(userId.slice("person-".length));
    return holders.has(ownerid) !== activated;
  }).length;
}

describe("200 changes from 8 callers at once", () => {
  it("leave exactly the seats that were asked for", async ({ annotate }) => {
    const { simulator, grant, revoke } = await setUpSeats(CROWD, "crowd");
    await spread(async ({ userId, activated }) => {
      expect(await (activated ? grant(userId) : revoke(userId))).toBe("changed");
    });
    expect(seatHolders(simulator, "github", "crowd")).toEqual(WANTED);
    expect(simulator.counters.maxInFlightPatches).toBe(1);
    expect(writesOf(simulator)).toHaveLength(200);
    await annotate(`lost: ${countLost(simulator)} of 200`);
  });

  it("are mostly lost without a queue, each answered 200", async ({ annotate }) => {
    const { simulator } = await setUpSeats(CROWD, "crowd");
    await spread(async (change) => expect(await patchNaively(simulator, change)).toBe(200));
    expect(simulator.counters.maxInFlightPatches).toBe(CALLERS);
    expect(countLost(simulator)).toBeGreaterThan(50);
    await annotate(`lost without a queue: ${countLost(simulator)} of 200`);
  });
});

describe("a change that another program undoes", () => {
  const undo: Fault = { kind: "change", when: "after", changes: [seat(1_150, false)] };

  function seat(ownerid: number, activated: boolean) {
    return { op: "set-seat", org: "crowd", ownerid, activated } as const;
  }

  it("is made again, and then looked at a while later", async () => {
    const { simulator, grant, clock } = await setUpSeats(CROWD, "crowd");
    simulator.faults.add({ method: "PATCH", times: 2, fault: undo });
    expect(await grant("person-150")).toBe("changed");
    expect(seatHolders(simulator, "github", "crowd")).toContain(1_150);
    expect(writesOf(simulator)).toHaveLength(3);
    expect(clock.sleeps).toEqual([2_000, 3_000]);
  });

  it("is made again if the answer already says so", async () => {
    const { simulator, revoke } = await setUpSeats(CROWD, "crowd");
    simulator.faults.add({ method: "PATCH", fault: { kind: "edit", path: ["activated"], value: true } });
    simulator.faults.add({
      method: "GET",
      skip: 1,
      fault: { kind: "change", when: "before", changes: [seat(1_050, true)] },
    });
    expect(await revoke("person-50")).toBe("changed");
    expect(seatHolders(simulator, "github", "crowd")).not.toContain(1_050);
    expect(writesOf(simulator)).toHaveLength(2);
  });

  it("is given up after five times", async () => {
    const { simulator, grant } = await setUpSeats(CROWD, "crowd");
    simulator.faults.add({ method: "PATCH", times: null, fault: undo });
    const error = await failureOf(grant("person-150"));
    expect([error.code, error.kind]).toEqual([Code.Aborted, "upstream"]);
    expect(writesOf(simulator)).toHaveLength(5);
  });
});

describe("a caller that gives up", () => {
  const reason = new BatonError(Code.Canceled, "the caller has gone");

  /** Calls `act` when the first PATCH is on its way. */
  function whenSent({ simulator, ctx }: SeatSetup, act: () => void) {
    simulator.setLatency(20);
    const log = {
      ...ctx.log,
      debug: (message: string) => {
        if (message === "upstream responded" && simulator.requests.length === 1) setImmediate(act);
      },
    };
    return { ...ctx, log };
  }

  it("while its change is on the way does not keep it from being followed to its end", async () => {
    const setup = await setUpSeats(CROWD, "crowd");
    const controller = new AbortController();
    const ctx = whenSent(setup, () => controller.abort(reason));
    expect(await setup.grant("person-150", { ...ctx, signal: controller.signal })).toBe("changed");
    expect(controller.signal.aborted).toBe(true);
    expect(setup.simulator.requests.map(({ method }) => method)).toEqual(["GET", "PATCH", "GET"]);
    expect(seatHolders(setup.simulator, "github", "crowd")).toContain(1_150);
  });

  it("in the queue leaves it, at once and without any request, and the others go on", async () => {
    const { simulator, ctx, grant } = await setUpSeats(CROWD, "crowd");
    simulator.setLatency(20);
    const controller = new AbortController();
    const first = grant("person-150");
    const second = grant("person-151", { ...ctx, signal: controller.signal });
    const third = grant("person-152");
    controller.abort(reason);
    expect((await failureOf(second)).code).toBe(Code.Canceled);
    expect(simulator.requests.length).toBeLessThan(3);
    expect(await Promise.all([first, third])).toEqual(["changed", "changed"]);
    expect(writesOf(simulator).join()).not.toContain("person-151");
    expect(simulator.counters.maxInFlightPatches).toBe(1);
  });

  it("does not end the connector before its change has ended", async () => {
    const setup = await setUpSeats(CROWD, "crowd");
    let closed: Promise<void> | undefined;
    const ctx = whenSent(setup, () => {
      closed = setup.connector.close?.();
    });
    expect(await setup.grant("person-150", ctx)).toBe("changed");
    await expect(closed).resolves.toBeUndefined();
    expect(setup.simulator.requests.map(({ method, status }) => `${method} ${status}`)).toEqual([
      "GET 200",
      "PATCH 200",
      "GET 200",
    ]);
  });
});
