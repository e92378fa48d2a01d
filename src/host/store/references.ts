import type { DatabaseSync } from "node:sqlite";
import { readText } from "#files/database.ts";

/** References between the rows of one sync that lead nowhere, by kind. */
export interface DanglingReferences {
  readonly entitlementsWithoutResource: DanglingRows;
  readonly grantsWithoutEntitlement: DanglingRows;
  /** Grants whose entitlement's resource has no row. */
  readonly grantsWithoutResource: DanglingRows;
  readonly grantsWithoutPrincipal: DanglingRows;
}

export interface DanglingRows {
  readonly count: number;
  /** The ids of the first few of them. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** Looks up every reference of a sync. Readers show such rows with placeholders, so somebody should know. */
export function findDanglingReferences(db: DatabaseSync, syncId: string): DanglingReferences {
  const resourceExists = (type: string, id: string): string =>
    `SELECT 1 FROM v1_resources WHERE external_id = ${type} || ':' || ${id} AND sync_id = referrer.sync_id`;
  const find = (table: string, target: string): DanglingRows => {
    const missing = db.prepare(
      `SELECT external_id FROM ${table} AS referrer WHERE sync_id = ? AND NOT EXISTS (${target})`,
    );
    let count = 0;
    const examples: string[] = [];
    for (const row of missing.iterate(syncId)) {
      count += 1;
      if (examples.length < EXAMPLES) examples.push(readText(row, "external_id"));
    }
    return { count, examples };
  };
  const ofResource = resourceExists("referrer.resource_type_id", "referrer.resource_id");
  return {
    entitlementsWithoutResource: find("v1_entitlements", ofResource),
    grantsWithoutEntitlement: find(
      "v1_grants",
      "SELECT 1 FROM v1_entitlements WHERE external_id = referrer.entitlement_id AND sync_id = referrer.sync_id",
    ),
    grantsWithoutResource: find("v1_grants", ofResource),
    grantsWithoutPrincipal: find(
      "v1_grants",
      resourceExists("referrer.principal_resource_type_id", "referrer.principal_resource_id"),
    ),
  };
}
