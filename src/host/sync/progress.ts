import type { RecordKind } from "#store/reader.ts";

/** Why rows that the connector sent are not in the file. Every number is reported. */
export interface DropCounts {
  /** Rows without the ids that identify them. */
  invalidResourceTypes: number;
  invalidResources: number;
  invalidEntitlements: number;
  /** Resources of types that were left out on request. */
  unselectedResources: number;
  /** Rows that refer to a resource type which is not part of the sync. */
  entitlementsOfUnsyncedTypes: number;
  grantsOfUnsyncedTypes: number;
  /** Expansion rules all of whose resource types are not part of the sync. */
  expansionsOfUnsyncedTypes: number;
  /** Expansion rules whose source entitlement is not stored. */
  expansionsWithoutSource: number;
  /** Requested resources that the connector does not have. */
  missingTargets: number;
}

/** What a sync is doing, for people and for logs. */
export type SyncPhase =
  | "starting"
  | "resource types"
  | "resources"
  | "static entitlements"
  | "entitlements"
  | "grants"
  | "expansion"
  | "finishing";

export interface SyncProgress {
  readonly phase: SyncPhase;
  /** Rows received in this run. */
  readonly rows: Readonly<Record<RecordKind, number>>;
  /** Answered calls to the connector. */
  readonly calls: number;
  /** Milliseconds since the start of this run. */
  readonly elapsedMs: number;
}

export function createDropCounts(): DropCounts {
  return {
    invalidResourceTypes: 0,
    invalidResources: 0,
    invalidEntitlements: 0,
    unselectedResources: 0,
    entitlementsOfUnsyncedTypes: 0,
    grantsOfUnsyncedTypes: 0,
    expansionsOfUnsyncedTypes: 0,
    expansionsWithoutSource: 0,
    missingTargets: 0,
  };
}
