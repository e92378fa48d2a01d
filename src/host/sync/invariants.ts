import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { findAnnotation } from "#model/annotations.ts";
import { everyItem } from "#store/reader.ts";
import type { DanglingReferences } from "#store/references.ts";
import type { Verification } from "#store/sync-run.ts";
import { contractViolation, type SyncSession } from "./session.ts";

/** How many entitlements may exclude each other. */
const MAX_GROUP_SIZE = 50;

/** The checks behind the record, in the names of baton-sdk v0.25.0: exclusion groups, and added cursors. */
export const VERIFICATION: Verification = {
  generation: "1",
  coverage: JSON.stringify(["I5", "I10"]),
  mode: "connector",
};

interface Group {
  readonly resourceType: string;
  readonly members: Set<string>;
  defaults: number;
}

/**
 * Each group of entitlements that exclude each other lies on one resource type, has at most one default and
 * at most 50 members.
 *
 * @throws BatonError if that is not so: platforms could not act on such groups.
 */
export function checkExclusionGroups(session: SyncSession): void {
  const groups = new Map<string, Group>();
  for (const entitlement of everyItem((page) => session.reader.listEntitlements({}, page))) {
    const annotation = readGroup(entitlement);
    if (annotation === undefined) continue;
    const id = annotation.exclusionGroupId;
    const resourceType = entitlement.resource?.id?.resourceType ?? "";
    const group = groups.get(id) ?? { resourceType, members: new Set<string>(), defaults: 0 };
    groups.set(id, group);
    group.members.add(entitlement.id);
    if (annotation.isDefault) group.defaults += 1;
    if (group.resourceType !== resourceType) {
      throw contractViolation(
        `exclusion group ${id} spans the resource types ${group.resourceType} and ${resourceType}`,
      );
    }
    if (group.defaults > 1)
      throw contractViolation(`exclusion group ${id} has more than one default entitlement`);
    if (group.members.size > MAX_GROUP_SIZE) {
      throw contractViolation(`exclusion group ${id} has more than ${MAX_GROUP_SIZE} entitlements`);
    }
  }
}

function readGroup({ id, annotations }: Entitlement) {
  try {
    return findAnnotation(annotations, "EntitlementExclusionGroup");
  } catch {
    throw contractViolation(`the exclusion group of entitlement ${id} cannot be decoded`);
  }
}

/** Finds references that lead nowhere and warns of each kind once. */
export function reportDanglingReferences(session: SyncSession): DanglingReferences {
  const dangling = session.reader.findDanglingReferences();
  const warn = (what: string, { count, examples }: DanglingReferences[keyof DanglingReferences]): void => {
    if (count > 0) session.ctx.log.warn(what, { count, examples });
  };
  warn("entitlements belong to resources that were not listed", dangling.entitlementsWithoutResource);
  warn("grants are of entitlements that were not listed", dangling.grantsWithoutEntitlement);
  warn("grants are on resources that were not listed", dangling.grantsWithoutResource);
  warn("grants are to principals that were not listed", dangling.grantsWithoutPrincipal);
  return dangling;
}
