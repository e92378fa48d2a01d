import { BatonError, Code } from "#kernel/errors.ts";
import {
  listEntitlements,
  listStaticEntitlements,
  planEntitlements,
  planStaticEntitlements,
} from "./entitlement-phase.ts";
import { expandGrants } from "./expand.ts";
import { listGrants, planGrants } from "./grant-phase.ts";
import { runConcurrently } from "./listing.ts";
import {
  ChildListings,
  listResources,
  listResourceTypes,
  planResources,
  syncTarget,
} from "./resource-phase.ts";
import type { SyncSession } from "./session.ts";
import { SpawnedCursors } from "./spawned-cursors.ts";
import type { SyncAction } from "./sync-token.ts";

/** Listings taken from the stack at a time. */
const BATCH = 100;

/** Works off the stack of actions, phase by phase. */
export class ActionWorker {
  readonly #session: SyncSession;
  readonly #workers: number;
  readonly #abort: (reason: unknown) => void;
  readonly #children = new ChildListings();
  readonly #cursors = new SpawnedCursors();

  constructor(session: SyncSession, workers: number, abort: (reason: unknown) => void) {
    this.#session = session;
    this.#workers = workers;
    this.#abort = abort;
  }

  async run(): Promise<void> {
    const { state, ctx } = this.#session;
    for (let top = state.top(); top !== undefined; top = state.top()) {
      ctx.signal.throwIfAborted();
      this.#session.checkpointIfDue();
      if (isListing(top)) await this.#runListings(top);
      else await this.#runRoot(top);
    }
  }

  /** Listings of one phase do not depend on each other, so several can be read side by side. */
  async #runListings({ operation }: SyncAction): Promise<void> {
    const isAlike = (action: SyncAction): boolean => action.operation === operation && isListing(action);
    const limit = this.#workers === 1 ? 1 : BATCH;
    const actions = this.#session.state.topRun(isAlike, limit);
    await runConcurrently(actions, this.#workers, this.#abort, (action) => this.#read(action));
  }

  async #read(action: SyncAction): Promise<void> {
    switch (action.operation) {
      case "list-resources":
        return listResources(this.#session, action, this.#children);
      case "targeted-resource-sync":
        return syncTarget(this.#session, action, this.#children);
      case "list-static-entitlements":
        return listStaticEntitlements(this.#session, action);
      case "list-entitlements":
        return listEntitlements(this.#session, action, this.#cursors);
      case "list-grants":
        return listGrants(this.#session, action, this.#cursors);
      case "init":
      case "list-resource-types":
      case "grant-expansion":
        throw new BatonError(Code.Internal, `${action.operation} is not a listing`);
      default:
        return action.operation satisfies never;
    }
  }

  async #runRoot(action: SyncAction): Promise<void> {
    switch (action.operation) {
      case "init":
        return this.#plan(action);
      case "list-resource-types":
        return listResourceTypes(this.#session, action);
      case "list-resources":
        return planResources(this.#session, action);
      case "list-static-entitlements":
        return planStaticEntitlements(this.#session, action);
      case "list-entitlements":
        return planEntitlements(this.#session, action);
      case "list-grants":
        return planGrants(this.#session, action);
      case "grant-expansion":
        return expandGrants(this.#session, action);
      case "targeted-resource-sync":
        throw new BatonError(Code.Internal, "a targeted sync without a target");
      default:
        return action.operation satisfies never;
    }
  }

  /** Puts the phases on the stack, the last one first. */
  #plan(action: SyncAction): void {
    const { state, scope } = this.#session;
    state.finish(action);
    state.flags.shouldSkipEntitlementsAndGrants = scope.skipEntitlementsAndGrants;
    state.flags.shouldSkipGrants = scope.skipGrants;
    if (scope.targets.length > 0) {
      state.flags.shouldFetchRelatedResources = true;
      for (const { id, parent } of scope.targets.toReversed()) {
        state.push({
          operation: "targeted-resource-sync",
          resourceTypeId: id.resourceType,
          resourceId: id.resource,
          parentResourceTypeId: parent?.resourceType ?? "",
          parentResourceId: parent?.resource ?? "",
        });
      }
    } else {
      if (!scope.skipEntitlementsAndGrants) {
        if (!scope.skipExpansion) state.push({ operation: "grant-expansion" });
        if (!scope.skipGrants) state.push({ operation: "list-grants" });
        state.push({ operation: "list-entitlements" }, { operation: "list-static-entitlements" });
      }
      state.push({ operation: "list-resources" });
    }
    state.push({ operation: "list-resource-types" });
    this.#session.checkpoint();
  }
}

/** Whether an action reads from the connector, unlike the root of a phase, which schedules what to read. */
function isListing({ operation, resourceTypeId }: SyncAction): boolean {
  return resourceTypeId !== "" && operation !== "list-resource-types";
}
