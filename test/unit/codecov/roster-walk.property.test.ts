import fc from "fast-check";
import { expect, it } from "vitest";
import type { RosterLimits } from "#codecov/roster/roster-reader.ts";
import { fingerprint, type RosterRow } from "#codecov/roster/roster-row.ts";
import { RosterWalk } from "#codecov/roster/roster-walk.ts";
import { userIdOf } from "#codecov/roster/user-id.ts";
import { systemClock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { ChangingRoster, type Scenario, scenario } from "./roster-model.ts";

const RUNS = Number(process.env["FAST_CHECK_RUNS"] ?? 1_500);

const ctx = { signal: new AbortController().signal, log: silentLogger, clock: systemClock };

/** Small enough that a roster of a hundred needs many windows and the margin is often exceeded. */
const TINY: RosterLimits = {
  windowRows: 20,
  maxWindowRows: 160,
  minWindowRows: 12,
  anchorRows: 6,
  requiredNames: 3,
  maxRestarts: 10,
  maxRequests: 24,
};

/** What the host stores: for each id the key of the member it was last given for. */
type Stored = Map<string, number>;

function store(stored: Stored, rows: readonly RosterRow[], roster: ChangingRoster): void {
  for (const row of rows) stored.set(userIdOf(row, "github"), roster.keyOf(row.member));
}

/** Walks as the host does; undefined if the walk gave up with an error that ends the sync. */
async function walkAsHost(
  roster: ChangingRoster,
  { pageRows, restarts }: Scenario,
): Promise<Stored | undefined> {
  const stored: Stored = new Map();
  let walk = new RosterWalk("acme", TINY);
  let token = "";
  for (let page = 0; page < 2_000; page += 1) {
    if (restarts[page] === true) walk = new RosterWalk("acme", TINY);
    try {
      const slice = await walk.next(token, pageRows, roster, ctx);
      expect(slice.rows.length).toBeLessThanOrEqual(pageRows);
      if (token !== "") expect(slice.nextToken).not.toBe(token);
      store(stored, slice.rows, roster);
      token = slice.nextToken;
    } catch (error) {
      if (error instanceof BatonError && GIVING_UP.has(error.code)) return undefined;
      throw error;
    }
    if (token === "") return stored;
  }
  throw new Error("the walk does not end");
}

const GIVING_UP: ReadonlySet<number> = new Set([Code.Aborted, Code.Unavailable, Code.FailedPrecondition]);

/** Plain page-by-page reading, as other clients do it: follow `next`, stop at the end. */
async function walkPageByPage(roster: ChangingRoster): Promise<Stored> {
  const stored: Stored = new Map();
  let ordinal = 0;
  for (let page = 1; ; page += 1) {
    const answer = await roster.roster({ page, pageSize: 8 });
    if (answer.kind !== "page") return stored;
    store(
      stored,
      answer.page.results.map((member) => ({ member, ordinal: ++ordinal })),
      roster,
    );
    if (answer.page.next === null) return stored;
  }
}

/**
 * Members who were there all the time and are not in the result. Of two who had the same name in turn, one is.
 * Of members without a name that nothing tells apart, any will do, if there are as many as on the roster.
 */
function findLost(roster: ChangingRoster, stored: Stored): number[] {
  const found = new Set(stored.values());
  return roster.steadyKeys.filter(
    (key) => !found.has(key) && !roster.wasRobbed(key) && !isTwinOfFound(roster, stored, key),
  );
}

function isTwinOfFound(roster: ChangingRoster, stored: Stored, key: number): boolean {
  const member = roster.rowOf(key);
  if (member.username !== null) return false;
  const twins = roster.steadyKeys.filter((other) => fingerprint(roster.rowOf(other)) === fingerprint(member));
  return twins.every((_, index) => stored.has(userIdOf({ member, ordinal: index + 1 }, "github")));
}

it("finds everybody who is on the roster during the whole walk, or fails", async () => {
  let finished = 0;
  let gaveUp = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async (input) => {
      const roster = new ChangingRoster(input.names, input.turns, input.largestPage);
      const stored = await walkAsHost(roster, input);
      if (stored !== undefined) {
        finished += 1;
        expect(findLost(roster, stored)).toEqual([]);
      } else if (input.largestPage === Number.POSITIVE_INFINITY) gaveUp += 1;
    }),
    { numRuns: RUNS },
  );
  // A server that cannot deliver pages longer than a run of members without a name leaves no way to go on.
  expect(gaveUp).toBeLessThan(finished / 100);
}, 600_000);

it("is a property that plain page-by-page reading does not have", async () => {
  const result = await fc.check(
    fc.asyncProperty(scenario, async ({ names, turns }) => {
      const roster = new ChangingRoster(names, turns);
      expect(findLost(roster, await walkPageByPage(roster))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
  expect(result.failed).toBe(true);
});
