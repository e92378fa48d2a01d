import { GrantExpandable } from "#gen/c1/connector/v2/annotations.ts";
import type { Grant } from "#gen/c1/connector/v2/grant.ts";
import { findAnnotation, hasAnnotation } from "#model/annotations.ts";
import { typeNameOf } from "#model/canonical.ts";
import { decodeGrant, type EncodedGrant } from "#model/encoded-rows.ts";

const GRANT_EXPANDABLE = "c1.connector.v2.GrantExpandable";

/** A grant as it is stored: its `GrantExpandable` annotation lives in a column of its own. */
export interface StoredGrant<Row = Grant> {
  /** Without the annotation. */
  readonly grant: Row;
  /** The annotation's bytes; null if the grant is not expandable. */
  readonly expansion: Uint8Array | null;
}

/** Like {@link splitExpansion}; a grant without the annotation stays as it came. */
export function splitReceived(grant: Grant | EncodedGrant): StoredGrant<Grant | EncodedGrant> {
  if (!hasAnnotation(grant.annotations, "GrantExpandable")) return { grant, expansion: null };
  return splitExpansion(decodeGrant(grant));
}

/**
 * Takes the `GrantExpandable` annotation out of a grant. One without any entitlement id expands to nothing
 * and is dropped; one that is not a valid message stays where it is, as in Go.
 */
export function splitExpansion(grant: Grant): StoredGrant {
  if (!hasAnnotation(grant.annotations, "GrantExpandable")) return { grant, expansion: null };
  let expandable: GrantExpandable | undefined;
  try {
    expandable = findAnnotation(grant.annotations, "GrantExpandable");
  } catch {
    return { grant, expansion: null };
  }
  const isUseful = expandable?.entitlementIds.some((id) => id.trim() !== "") === true;
  return {
    grant: {
      ...grant,
      annotations: grant.annotations.filter(({ typeUrl }) => typeNameOf(typeUrl) !== GRANT_EXPANDABLE),
    },
    expansion: expandable !== undefined && isUseful ? GrantExpandable.encode(expandable).finish() : null,
  };
}
