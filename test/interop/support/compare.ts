/** Compares what two files hold, row by row and field by field. */

import { at, batonJson, type Json, type JsonValue, rows } from "./baton.ts";

/** What the `baton` tool lists and what of each row is compared. */
export type Listing = "resources" | "entitlements" | "grants";

/** The fields of one row: path → value as JSON. Annotations are named by their type. */
export type Fields = ReadonlyMap<string, string>;

/** The rows of a listing by their ids. */
export type Rows = ReadonlyMap<string, Fields>;

/** Path of a difference that is about a whole row, which only one side has. */
export const WHOLE_ROW = "(row)";

/** A field that two files disagree about; undefined where a file does not have it. */
export interface Difference {
  readonly listing: Listing;
  readonly id: string;
  readonly path: string;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

export async function readRows(file: string, listing: Listing): Promise<Rows> {
  const found = new Map<string, Fields>();
  for (const row of rows(await batonJson(file, listing), listing)) {
    const fields = new Map<string, string>();
    flatten(ownPart(row, listing), "", fields);
    found.set(idOf(row, listing), fields);
  }
  return found;
}

/** What differs between two files in one listing. */
export async function compareFiles(left: string, right: string, listing: Listing): Promise<Difference[]> {
  const [before, after] = [await readRows(left, listing), await readRows(right, listing)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) =>
    compareRow(before.get(id), after.get(id)).map((difference) => ({ listing, id, ...difference })),
  );
}

function compareRow(
  left: Fields | undefined,
  right: Fields | undefined,
): Pick<Difference, "path" | "left" | "right">[] {
  if (left === undefined || right === undefined) {
    const presence = (fields: Fields | undefined) => (fields === undefined ? undefined : "present");
    return [{ path: WHOLE_ROW, left: presence(left), right: presence(right) }];
  }
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((path) => ({ path, left: left.get(path), right: right.get(path) }))
    .filter((field) => field.left !== field.right);
}

/**
 * Of entitlements and grants, the message itself with resources and types in it by their ids only: the tool joins
 * everything else in the row from other rows, and the Go host's own storage engine keeps no more.
 */
function ownPart(row: Json, listing: Listing): JsonValue {
  if (listing === "resources") return row;
  if (listing === "entitlements") return slim(row["entitlement"] as Json);
  const grant = row["grant"] as Json;
  return { ...grant, entitlement: slim(grant["entitlement"] as Json) };
}

function slim(entitlement: Json): Json {
  return {
    ...entitlement,
    resource: at(entitlement, "resource.id") ?? null,
    grantableTo: rows(entitlement, "grantableTo").map((type) => type["id"] ?? null),
  };
}

function idOf(row: Json, listing: Listing): string {
  const id = (path: string) => JSON.stringify(at(row, path) ?? "").slice(1, -1);
  if (listing === "entitlements") return id("entitlement.id");
  if (listing === "grants") return id("grant.id");
  return `${id("resource.id.resourceType")}/${id("resource.id.resource")}`;
}

/** Puts the fields of a JSON value into a map by their paths. */
export function flatten(value: JsonValue, path: string, into: Map<string, string>): void {
  if (typeof value !== "object" || value === null) {
    into.set(path, JSON.stringify(value));
    return;
  }
  const entries: readonly (readonly [string, JsonValue])[] = Array.isArray(value)
    ? value.map((item: JsonValue, index) => [nameOf(item) ?? String(index), item])
    : Object.entries(value as Json);
  for (const [key, item] of entries) flatten(item, path === "" ? key : `${path}.${key}`, into);
}

/** The short type name of an annotation, so that the order of annotations does not matter. */
function nameOf(item: JsonValue): string | undefined {
  const type = at(item, "@type");
  return typeof type === "string" ? type.slice(type.lastIndexOf(".") + 1) : undefined;
}
