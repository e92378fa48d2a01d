import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type QueryPage, type Row, readBlob, readInteger, readPage, readText } from "#files/database.ts";
import { toFileError } from "#files/file-errors.ts";
import { GrantExpandable } from "#gen/c1/connector/v2/annotations.ts";
import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { formatResourceKey, type ResourceKeyParts } from "#model/ids.ts";
import { type DanglingReferences, findDanglingReferences } from "./references.ts";

/** Where a page starts and how long it may be. */
export interface StoredPageRequest {
  /** `next` of the page before; absent for the first page. */
  readonly cursor?: number | undefined;
  /** Rows per page: 1,000 by default, at most 10,000. Fewer come where rows are large. */
  readonly limit?: number;
}

/** Rows in storage order. */
export interface StoredPage<T> {
  readonly items: readonly T[];
  /** The cursor of the next page; undefined on the last one. */
  readonly next: number | undefined;
}

export interface ResourceFilter {
  readonly resourceTypeId?: string;
  /** Any of these types; an empty list does not filter. */
  readonly resourceTypeIds?: readonly string[];
  readonly parent?: ResourceKeyParts;
}

export interface EntitlementFilter {
  readonly resourceTypeId?: string;
  readonly resource?: ResourceKeyParts;
}

export interface GrantFilter {
  /** Resource type of the entitlement's resource. */
  readonly resourceTypeId?: string;
  /** The entitlement's resource. */
  readonly resource?: ResourceKeyParts;
  readonly entitlementId?: string;
  readonly principal?: ResourceKeyParts;
  /** Any of these types; an empty list does not filter. */
  readonly principalTypeIds?: readonly string[];
}

/** A grant that brings others with it: a holder of one of its source entitlements gets `entitlementId`. */
export interface ExpandableGrant {
  readonly id: string;
  readonly entitlementId: string;
  readonly principal: ResourceKeyParts;
  readonly expandable: GrantExpandable;
}

export type RecordKind = "resourceTypes" | "resources" | "entitlements" | "grants";

/** A stored message as its bytes: equal bytes mean an equal message. */
export interface EncodedRecord {
  /** The message's id; `<type>:<id>` for resources. */
  readonly id: string;
  readonly data: Uint8Array;
}

const TABLES: Readonly<Record<RecordKind, string>> = {
  resourceTypes: "v1_resource_types",
  resources: "v1_resources",
  entitlements: "v1_entitlements",
  grants: "v1_grants",
};
const DEFAULT_PAGE_SIZE = 1_000;
const MAX_PAGE_SIZE = 10_000;

/**
 * Columns and the values they may have; no value means no condition. A plus before a column keeps SQLite from
 * using an index on it: rows of an index that is not in row order would have to be sorted for every page.
 */
type Conditions = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the rows of one sync, page by page, so that memory stays bounded. Reading while the same sync is
 * being written is fine: a page is complete when it is returned.
 */
export class RecordReader {
  readonly #db: DatabaseSync;
  readonly #syncId: string;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, syncId: string) {
    this.#db = db;
    this.#syncId = syncId;
  }

  listResourceTypes(page?: StoredPageRequest): StoredPage<ResourceType> {
    return this.#list("resourceTypes", {}, page, (row) => this.#decode(ResourceType, row));
  }

  listResources(filter: ResourceFilter = {}, page?: StoredPageRequest): StoredPage<Resource> {
    const isByTypeOnly = filter.resourceTypeId !== undefined && filter.parent === undefined;
    const conditions = {
      [isByTypeOnly ? "resource_type_id" : "+resource_type_id"]:
        filter.resourceTypeId ?? filter.resourceTypeIds,
      ...narrowBy("parent_resource", filter.parent),
    };
    return this.#list("resources", conditions, page, (row) => this.#decode(Resource, row));
  }

  listEntitlements(filter: EntitlementFilter = {}, page?: StoredPageRequest): StoredPage<Entitlement> {
    const conditions = {
      ...narrowBy("resource", filter.resource),
      "+resource_type_id": filter.resourceTypeId,
    };
    return this.#list("entitlements", conditions, page, (row) => this.#decode(Entitlement, row));
  }

  listGrants(filter: GrantFilter = {}, page?: StoredPageRequest): StoredPage<Grant> {
    const conditions = {
      ...narrowBy("resource", filter.resource),
      "+resource_type_id": filter.resourceTypeId,
      entitlement_id: filter.entitlementId,
      ...narrowBy("principal_resource", filter.principal),
      "+principal_resource_type_id": filter.principalTypeIds,
    };
    return this.#list("grants", conditions, page, (row) => this.#decodeGrant(row));
  }

  /** The grants that take part in expansion. */
  listExpandableGrants(page?: StoredPageRequest): StoredPage<ExpandableGrant> {
    const condition = "expansion IS NOT NULL AND needs_expansion = 1";
    return this.#list("grants", {}, page, (row) => toExpandableGrant(row), condition);
  }

  findResourceType(id: string): ResourceType | undefined {
    const row = this.#find("resourceTypes", id);
    return row && this.#decode(ResourceType, row);
  }

  findResource(key: ResourceKeyParts): Resource | undefined {
    const row = this.#findResourceRow(key);
    return row && this.#decode(Resource, row);
  }

  findEntitlement(id: string): Entitlement | undefined {
    const row = this.#find("entitlements", id);
    return row && this.#decode(Entitlement, row);
  }

  findGrant(id: string): Grant | undefined {
    const row = this.#find("grants", id);
    return row && this.#decodeGrant(row);
  }

  hasResource(key: ResourceKeyParts): boolean {
    return this.#findResourceRow(key) !== undefined;
  }

  count(kind: RecordKind): number {
    const [row] = this.#query(`SELECT count(*) AS n FROM ${TABLES[kind]} WHERE sync_id = ?`, this.#syncId);
    return row === undefined ? 0 : readInteger(row, "n");
  }

  /** What refers to rows that the sync does not have. */
  findDanglingReferences(): DanglingReferences {
    return findDanglingReferences(this.#db, this.#syncId);
  }

  /** All rows of a kind in the byte order of their ids, not decoded: what a comparison of two syncs walks through. */
  *scan(kind: RecordKind): Generator<EncodedRecord> {
    const sql = `SELECT external_id, data FROM ${TABLES[kind]} WHERE sync_id = ? AND external_id > ?
      ORDER BY external_id LIMIT ${DEFAULT_PAGE_SIZE}`;
    for (let last = ""; ; ) {
      const { rows, isCut } = this.#queryPage(sql, DEFAULT_PAGE_SIZE, this.#syncId, last);
      for (const row of rows) {
        last = readText(row, "external_id");
        yield { id: last, data: readBlob(row, "data") };
      }
      if (!isCut && rows.length < DEFAULT_PAGE_SIZE) return;
    }
  }

  #find(kind: RecordKind, id: string): Row | undefined {
    const sql = `SELECT * FROM ${TABLES[kind]} WHERE external_id = ? AND sync_id = ?`;
    return this.#query(sql, id, this.#syncId)[0];
  }

  /** `a:b` with id `c` and `a` with id `b:c` are spelled alike, so the type has to agree as well. */
  #findResourceRow(key: ResourceKeyParts): Row | undefined {
    const row = this.#find("resources", formatResourceKey(key));
    return row?.["resource_type_id"] === key.resourceType ? row : undefined;
  }

  #list<T>(
    kind: RecordKind,
    conditions: Conditions,
    { cursor = 0, limit = DEFAULT_PAGE_SIZE }: StoredPageRequest = {},
    decode: (row: Row) => T,
    extra?: string,
  ): StoredPage<T> {
    const clauses = ["sync_id = ?", "id >= ?"];
    const values: string[] = [];
    if (extra !== undefined) clauses.push(extra);
    for (const [column, value] of Object.entries(conditions)) {
      if (value === undefined || value.length === 0) continue;
      const wanted = typeof value === "string" ? [value] : value;
      clauses.push(`${column} IN (${wanted.map(() => "?").join(", ")})`);
      values.push(...wanted);
    }
    const size = Math.min(Math.max(limit, 1), MAX_PAGE_SIZE);
    const sql = `SELECT * FROM ${TABLES[kind]} WHERE ${clauses.join(" AND ")} ORDER BY id LIMIT ?`;
    const { rows, isCut } = this.#queryPage(sql, size + 1, this.#syncId, cursor, ...values, size + 1);
    const items = rows.slice(0, size).map(decode);
    return { items, next: findNext(rows, size, isCut) };
  }

  #decodeGrant(row: Row): Grant {
    const grant = this.#decode(Grant, row);
    // Some Go hosts leave out what the columns say already.
    grant.entitlement ??= Entitlement.fromPartial({
      id: readText(row, "entitlement_id"),
      resource: {
        id: { resourceType: readText(row, "resource_type_id"), resource: readText(row, "resource_id") },
      },
    });
    grant.principal ??= Resource.fromPartial({ id: readPrincipal(row) });
    return grant;
  }

  #decode<T>(codec: { decode(input: Uint8Array): T }, row: Row): T {
    try {
      return codec.decode(readBlob(row, "data"));
    } catch (cause) {
      const id = readText(row, "external_id");
      throw new BatonError(
        Code.DataLoss,
        `the file is damaged: "${id}" of sync ${this.#syncId} cannot be decoded; sync into a new file`,
        { cause },
      );
    }
  }

  /** @throws BatonError if the database turns out to be damaged, which SQLite notices page by page. */
  #query(sql: string, ...values: readonly (string | number)[]): Row[] {
    try {
      return this.#prepare(sql).all(...values);
    } catch (error) {
      throw toFileError(error, "read the file");
    }
  }

  /** Like {@link #query}, for rows that may be large; see {@link readPage}. */
  #queryPage(sql: string, maxRows: number, ...values: readonly (string | number)[]): QueryPage {
    try {
      return readPage(this.#db, this.#prepare(sql), maxRows, ...values);
    } catch (error) {
      throw toFileError(error, "read the file");
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Every item of a paged listing, for example `everyItem((page) => reader.listResources({}, page))`. */
export function* everyItem<T>(list: (page: StoredPageRequest) => StoredPage<T>): Generator<T> {
  let cursor: number | undefined;
  do {
    const { items, next } = list({ cursor });
    yield* items;
    cursor = next;
  } while (cursor !== undefined);
}

/** Where the page after these rows begins: at the row that was read ahead, or after the last one. */
function findNext(rows: readonly Row[], size: number, isCut: boolean): number | undefined {
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  if (rows.length > size) return readInteger(last, "id");
  return isCut ? readInteger(last, "id") + 1 : undefined;
}

function narrowBy(prefix: string, key: ResourceKeyParts | undefined): Conditions {
  return { [`${prefix}_type_id`]: key?.resourceType, [`${prefix}_id`]: key?.resource };
}

function toExpandableGrant(row: Row): ExpandableGrant {
  return {
    id: readText(row, "external_id"),
    entitlementId: readText(row, "entitlement_id"),
    principal: readPrincipal(row),
    expandable: GrantExpandable.decode(readBlob(row, "expansion")),
  };
}

function readPrincipal(row: Row): ResourceKeyParts {
  return {
    resourceType: readText(row, "principal_resource_type_id"),
    resource: readText(row, "principal_resource_id"),
  };
}
