import fc from "fast-check";
import { expect, test } from "vitest";
import { SyncCache } from "#codecov/resources/sync-cache.ts";

/**
 * A host in the middle of a sync: listings are done in an order of its own, phase by phase; what is done and
 * saved stays done; the connector can die at any moment, and the host with it, back to what was saved.
 */
interface Plan {
  /** Which types the sync covers. */
  readonly types: readonly Type[];
  /** Whether resources are asked for one by one, each with its entitlements and grants, as in a targeted sync. */
  readonly isTargeted: boolean;
  readonly licenseFirst: readonly boolean[];
  /** What happens after each step. */
  readonly events: readonly ("nothing" | "save" | "die" | "die-and-lose")[];
}

type Type = "org" | "license";
type Step = `${"list" | "entitlements" | "grants"} ${Type}`;

function stepsOf({ types, isTargeted, licenseFirst }: Plan): Step[] {
  const order = (phase: number) => types.toSorted((a, b) => (a < b === licenseFirst[phase] ? -1 : 1));
  if (isTargeted) {
    return order(0).flatMap((type): Step[] => [`entitlements ${type}`, `grants ${type}`]);
  }
  return [
    ...order(0).map((type): Step => `list ${type}`),
    ...order(1).map((type): Step => `entitlements ${type}`),
    ...order(2).map((type): Step => `grants ${type}`),
  ];
}

/** The grants that the host has in the end, and how often the roster was walked for them without any death. */
function run(plan: Plan): { stored: Set<Type>; walks: number } {
  const steps = stepsOf(plan);
  let syncCache = new SyncCache();
  let state = { next: 0, stored: new Set<Type>() };
  let saved = { next: 0, stored: new Set<Type>() };
  let walks = 0;
  const events = [...plan.events];
  while (state.next < steps.length) {
    const step = steps[state.next] ?? "list org";
    const answer = perform(step, syncCache);
    walks += answer.length > 0 ? 1 : 0;
    state = { next: state.next + 1, stored: new Set([...state.stored, ...answer]) };
    const event = events.shift() ?? "nothing";
    if (event === "save" || event === "die") saved = { next: state.next, stored: new Set(state.stored) };
    if (event === "die" || event === "die-and-lose") {
      syncCache = new SyncCache();
      state = { next: saved.next, stored: new Set(saved.stored) };
    }
  }
  return { stored: state.stored, walks };
}

function perform(step: Step, syncCache: SyncCache): Type[] {
  switch (step) {
    case "list org":
    case "list license":
      syncCache.noteListed("S", step.slice(5));
      return [];
    case "entitlements org":
      syncCache.noteOrgEntitlements("S");
      return [];
    case "entitlements license":
      return [];
    case "grants org":
      return syncCache.orgBringsLicense("S") ? ["org", "license"] : ["org"];
    case "grants license":
      return syncCache.leavesLicenseToOrg("S") ? [] : ["license"];
    default:
      return step satisfies never;
  }
}

const types = fc.constantFrom<readonly Type[]>(["org", "license"], ["org"], ["license"]);
const order = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
const event = fc.constantFrom("nothing", "save", "die", "die-and-lose");
const plans: fc.Arbitrary<Plan> = fc.record({
  types,
  isTargeted: fc.boolean(),
  licenseFirst: order,
  events: fc.array(event, { maxLength: 20 }),
});

test("whenever connector and host die, and in whatever order they go on, no grants are missing", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { stored } = run(plan);
      for (const type of plan.types) expect(stored).toContain(type);
    }),
    { numRuns: 5_000 },
  );
});

test("an undisturbed full sync walks the roster once for all grants, a partial one tells nothing else", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { stored, walks } = run({ ...plan, events: [] });
      expect([...stored].toSorted()).toEqual([...plan.types].toSorted());
      expect(walks).toBe(plan.isTargeted ? plan.types.length : 1);
    }),
  );
});
