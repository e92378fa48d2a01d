import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { inTransaction } from "#files/database.ts";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { canonicalBytes } from "#model/canonical.ts";
import type { EncodedGrant, EncodedResource } from "#model/encoded-rows.ts";
import { formatResourceKey, type ResourceKeyParts } from "#model/ids.ts";
import { splitExpansion, splitReceived } from "./grant-expansion.ts";
import type { RecordKind } from "./reader.ts";
import type { TimestampSource } from "./stored-time.ts";

/**
 * Writes the rows of one unfinished sync. Each call stores its batch in one transaction: all rows or, after
 * an error, none. A row that exists already, by its id, is replaced in place, so a batch can be repeated.
 *
 * Rows that would make a whole file unreadable (an entitlement without resource, a grant without principal)
 * are refused with `InvalidArgument`; deciding what to do with them is up to the caller.
 */
export class RecordWriter {
  readonly #db: DatabaseSync;
  readonly #syncId: string;
  readonly #timestamps: TimestampSource;
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, Upsert>>;

  constructor(db: DatabaseSync, syncId: string, timestamps: TimestampSource) {
    this.#db = db;
    this.#syncId = syncId;
    this.#timestamps = timestamps;
    this.#statements = {
      resourceType: new Upsert(db, STATEMENTS.resourceType),
      resource: new Upsert(db, STATEMENTS.resource),
      entitlement: new Upsert(db, STATEMENTS.entitlement),
      grant: new Upsert(db, STATEMENTS.grant),
      expandedGrant: new Upsert(db, STATEMENTS.expandedGrant),
    };
  }

  /**
   * New rows that this writer stored, by kind: what the file must hold in addition to what was there before. A batch
   * that failed is not taken back, as no sync continues after that.
   */
  get inserted(): Readonly<Record<RecordKind, number>> {
    const { resourceType, resource, entitlement, grant, expandedGrant } = this.#statements;
    return {
      resourceTypes: resourceType.inserted,
      resources: resource.inserted,
      entitlements: entitlement.inserted,
      grants: grant.inserted + expandedGrant.inserted,
    };
  }

  putResourceTypes(batch: readonly ResourceType[]): void {
    this.#putAll(batch, (type, discoveredAt) => {
      const id = requireText(type.id, "a resource type without id");
      const data = canonicalBytes("c1.connector.v2.ResourceType", ResourceType.encode(type).finish());
      this.#statements.resourceType.run(id, data, this.#syncId, discoveredAt);
    });
  }

  /** Returns how many there were. */
  putResources(batch: Iterable<Resource | EncodedResource>): number {
    return this.#putAll(batch, (resource, discoveredAt) => {
      const id = requireKey(resource.id, "a resource");
      const key = formatResourceKey(id);
      const parent = resource.parentResourceId;
      if (parent !== undefined) requireKey(parent, "the parent of resource", key);
      // Our runtime sends rows in canonical form.
      const data =
        "encoded" in resource
          ? resource.encoded
          : canonicalBytes("c1.connector.v2.Resource", Resource.encode(resource).finish());
      const isStored = this.#statements.resource.run(
        id.resourceType,
        key,
        parent?.resourceType ?? null,
        parent?.resource ?? null,
        data,
        this.#syncId,
        discoveredAt,
      );
      if (!isStored) throw refusal(`resource ${key}, whose key is also that of a resource of another type`);
    });
  }

  putEntitlements(batch: readonly Entitlement[]): void {
    this.#putAll(batch, (entitlement, discoveredAt) => {
      const id = requireText(entitlement.id, "an entitlement without id");
      const resource = requireKey(entitlement.resource?.id, "the resource of entitlement", id);
      const data = canonicalBytes("c1.connector.v2.Entitlement", Entitlement.encode(entitlement).finish());
      this.#statements.entitlement.run(
        resource.resourceType,
        resource.resource,
        id,
        data,
        this.#syncId,
        discoveredAt,
      );
    });
  }

  /**
   * Stores grants as a connector sent them; their `GrantExpandable` annotations move into a column. Returns
   * how many there were.
   */
  putGrants(batch: Iterable<Grant | EncodedGrant>): number {
    return this.#putAll(batch, (received, discoveredAt) => {
      const { grant, expansion } = splitReceived(received);
      this.#runGrant(this.#statements.grant, grant, discoveredAt, expansion, expansion === null ? 0 : 1);
    });
  }

  /** Stores grants that expansion created or changed: whether and how a grant expands stays as it was stored. */
  putExpandedGrants(batch: readonly Grant[]): void {
    this.#putAll(batch, (received, discoveredAt) => {
      this.#runGrant(this.#statements.expandedGrant, splitExpansion(received).grant, discoveredAt);
    });
  }

  #runGrant(
    statement: Upsert,
    grant: Grant | EncodedGrant,
    discoveredAt: string,
    ...expansionColumns: (Uint8Array | number | null)[]
  ): void {
    const id = requireText(grant.id, "a grant without id");
    const entitlementId = requireText(grant.entitlement?.id, "a grant without entitlement id:", id);
    const resource = requireKey(grant.entitlement?.resource?.id, "the entitlement's resource of grant", id);
    const principal = requireKey(grant.principal?.id, "the principal of grant", id);
    const data = canonicalBytes(
      "c1.connector.v2.Grant",
      "encoded" in grant ? grant.encoded : Grant.encode(grant).finish(),
    );
    const isStored = statement.run(
      resource.resourceType,
      resource.resource,
      entitlementId,
      principal.resourceType,
      principal.resource,
      id,
      data,
      this.#syncId,
      discoveredAt,
      ...expansionColumns,
    );
    if (!isStored)
      throw refusal(`grant ${id}, whose id is also that of a grant of another entitlement or principal`);
  }

  /** Returns how many there were. */
  #putAll<T>(batch: Iterable<T>, put: (record: T, discoveredAt: string) => void): number {
    const discoveredAt = this.#timestamps.now();
    return inTransaction(this.#db, () => {
      let count = 0;
      for (const record of batch) {
        put(record, discoveredAt);
        count += 1;
      }
      return count;
    });
  }
}

/** Two grants that share an id by mistake must not become one in silence. */
const SAME_GRANT = `WHERE entitlement_id = excluded.entitlement_id
      AND principal_resource_type_id = excluded.principal_resource_type_id
      AND principal_resource_id = excluded.principal_resource_id`;

/** The columns a reader joins by are refreshed together with the message, so that the two always agree. */
const STATEMENTS = {
  resourceType: {
    insert: "INSERT INTO v1_resource_types (external_id, data, sync_id, discovered_at) VALUES (?, ?, ?, ?)",
    replace: "data = excluded.data",
  },
  resource: {
    insert: `INSERT INTO v1_resources (resource_type_id, external_id, parent_resource_type_id, parent_resource_id,
      data, sync_id, discovered_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    replace: `data = excluded.data,
      parent_resource_type_id = excluded.parent_resource_type_id, parent_resource_id = excluded.parent_resource_id
      WHERE resource_type_id = excluded.resource_type_id`,
  },
  entitlement: {
    insert: `INSERT INTO v1_entitlements (resource_type_id, resource_id, external_id, data, sync_id, discovered_at)
      VALUES (?, ?, ?, ?, ?, ?)`,
    replace: `data = excluded.data,
      resource_type_id = excluded.resource_type_id, resource_id = excluded.resource_id`,
  },
  grant: {
    insert: `INSERT INTO v1_grants (resource_type_id, resource_id, entitlement_id, principal_resource_type_id,
      principal_resource_id, external_id, data, sync_id, discovered_at, expansion, needs_expansion)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    replace: `data = excluded.data,
      resource_type_id = excluded.resource_type_id, resource_id = excluded.resource_id,
      expansion = excluded.expansion, needs_expansion = CASE WHEN excluded.expansion IS NULL THEN 0
        WHEN expansion IS NOT excluded.expansion THEN 1 ELSE needs_expansion END
      ${SAME_GRANT}`,
  },
  expandedGrant: {
    insert: `INSERT INTO v1_grants (resource_type_id, resource_id, entitlement_id, principal_resource_type_id,
      principal_resource_id, external_id, data, sync_id, discovered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    replace: `data = excluded.data,
      resource_type_id = excluded.resource_type_id, resource_id = excluded.resource_id
      ${SAME_GRANT}`,
  },
} as const;

/** Stores one row, and reports whether it is new or replaces another. */
class Upsert {
  readonly #insert: StatementSync;
  readonly #replace: StatementSync;
  /** New rows so far. */
  inserted = 0;

  constructor(db: DatabaseSync, { insert, replace }: { readonly insert: string; readonly replace: string }) {
    const conflict = "ON CONFLICT (external_id, sync_id) DO";
    this.#insert = db.prepare(`${insert} ${conflict} NOTHING`);
    this.#replace = db.prepare(`${insert} ${conflict} UPDATE SET ${replace}`);
  }

  /** Returns whether the row was stored: not if it would replace one of something else. */
  run(...values: SQLInputValue[]): boolean {
    if (this.#insert.run(...values).changes === 1) {
      this.inserted += 1;
      return true;
    }
    return this.#replace.run(...values).changes === 1;
  }
}

function requireText(value: string | undefined, problem: string, owner = ""): string {
  if (value === undefined || value === "") throw refusal(`${problem} ${owner}`.trimEnd());
  return value;
}

/** @param owner the row's id, which the message names after `what` */
function requireKey(id: ResourceKeyParts | undefined, what: string, owner = ""): ResourceKeyParts {
  if (id === undefined || id.resourceType === "" || id.resource === "") {
    throw refusal(`${`${what} ${owner}`.trimEnd()} without resource type or id`);
  }
  return id;
}

function refusal(problem: string): BatonError {
  return new BatonError(
    Code.InvalidArgument,
    `cannot store ${problem}: it would make the file unreadable; this is a bug in the connector`,
  );
}
