import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { type CallResult, callSimulator, type UserRow } from "./simulator-client.ts";

interface Scenario {
  readonly id: string;
  readonly summary: Readonly<Record<string, { readonly min: number; readonly max: number }>>;
}

const FILE = new URL("../golden/codecov/codecov-concurrency.json", import.meta.url);
const RECORDED: { scenarios: Scenario[] } = JSON.parse(readFileSync(FILE, "utf8"));

interface SeatChange {
  readonly person: number;
  readonly activated: boolean;
}

interface Outcome {
  readonly statuses: readonly number[];
  /** How many answers were 200 with the opposite of what was asked. */
  readonly contrary: number;
  /** How many people are in the state that was asked for. */
  readonly stored: number;
}

const JSON_TYPE = { "content-type": "application/json" };

async function patchSeat(simulator: CodecovSimulator, change: SeatChange): Promise<CallResult<UserRow>> {
  const body = JSON.stringify({ activated: change.activated });
  const options = { method: "PATCH", headers: JSON_TYPE, body };
  return await callSimulator<UserRow>(simulator, `/github/crowd/users/${nameOf(change)}`, options);
}

function nameOf({ person }: SeatChange): string {
  return `person-${String(person).padStart(2, "0")}`;
}

/** Sends the changes through so many clients, each of which waits for its answer before it goes on. */
async function changeSeats(
  simulator: CodecovSimulator,
  changes: readonly SeatChange[],
  clients: number,
): Promise<Outcome> {
  const queue = [...changes];
  const statuses: number[] = [];
  let contrary = 0;
  const work = async (): Promise<void> => {
    for (let change = queue.shift(); change !== undefined; change = queue.shift()) {
      const { status, body } = await patchSeat(simulator, change);
      statuses.push(status);
      if (status === 200 && body.activated !== change.activated) contrary++;
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
  const { body } = await callSimulator(simulator, "/github/crowd/users/?page_size=100");
  const seats = new Map(body.results.map(({ username, activated }) => [username, activated]));
  const stored = changes.filter((change) => seats.get(nameOf(change)) === change.activated).length;
  return { statuses, contrary, stored };
}

function allOf(count: number, activated: boolean): SeatChange[] {
  return Array.from({ length: count }, (_, index) => ({ person: index + 1, activated }));
}

function recordedRange(id: string, figure: string): { min: number; max: number } {
  const range = RECORDED.scenarios.find((scenario) => scenario.id === id)?.summary[figure];
  if (range === undefined) throw new Error(`nothing recorded for ${figure} of ${id}`);
  return range;
}

/** The figures depend on machine and load; what a client has to bear is their size. */
function expectNearly(actual: number, { min, max }: { min: number; max: number }, count: number): void {
  expect(actual).toBeGreaterThanOrEqual(min - count / 4);
  expect(actual).toBeLessThanOrEqual(max + count / 4);
}

it.each([
  ["activate-24-sequential", 24, 1],
  ["activate-24-by-2", 24, 2],
  ["activate-24-by-4", 24, 4],
  ["activate-24-by-8", 24, 8],
  ["activate-40-by-16", 40, 16],
])(
  "%s: parallel activations lose about as many seats as recorded, all answered 200",
  async (id, count, clients) => {
    await using simulator = await startCodecovSimulator({ state: "crowd-40" });
    const { statuses, stored, contrary } = await changeSeats(simulator, allOf(count, true), clients);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expectNearly(stored, recordedRange(id, "stored"), count);
    if (clients === 1) expect([stored, contrary]).toEqual([count, 0]);
    else expect(contrary).toBeGreaterThan(0);
  },
);

it("loses deactivations in the same way", async () => {
  await using simulator = await startCodecovSimulator({ state: "crowd-40" });
  for (const { person } of allOf(40, true)) {
    simulator.change({ op: "set-seat", org: "crowd", ownerid: 200 + person, activated: true });
  }
  const { statuses, stored } = await changeSeats(simulator, allOf(40, false), 8);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expectNearly(40 - stored, recordedRange("deactivate-40-by-8", "still_activated"), 40);
});

it.each([
  ["last-seat-by-8", 1, 8],
  ["ten-seats-by-8", 10, 40],
])("%s: never gives out more seats than there are", async (id, seats, count) => {
  await using simulator = await startCodecovSimulator({ state: "crowd-40" });
  simulator.change({ op: "set-plan", org: "crowd", plan_user_count: seats });
  const { statuses, stored } = await changeSeats(simulator, allOf(count, true), 8);
  expect(new Set([...statuses, 200, 400])).toEqual(new Set([200, 400]));
  expect(stored).toBeLessThanOrEqual(recordedRange(id, "stored").max);
  expect(stored).toBeGreaterThan(0);
});

it("overwrites what happened to the rest of the row between load and save", async () => {
  let whileLoaded = (): void => {};
  const clock = { ...systemClock, sleep: async () => whileLoaded() };
  await using simulator = await startCodecovSimulator({
    state: "crowd-40",
    clock,
    seatChangePace: { loadToSaveMs: 1, saveToReadMs: 0 },
  });
  whileLoaded = () => simulator.change({ op: "set-admins", org: "crowd", ownerids: [201] });
  const { status } = await patchSeat(simulator, { person: 1, activated: true });
  const { body } = await callSimulator(simulator, "/github/crowd/users/?is_admin=true");
  expect([status, ...body.results.map(({ username }) => username)]).toEqual([200, "alice"]);
});
