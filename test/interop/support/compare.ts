/** Compares stored resources field by field. */

import { at, batonJson, type Json, type JsonValue, rows } from "./baton.ts";

/** The fields of one resource: path → value as text. Annotations are named by their type. */
export type Fields = ReadonlyMap<string, string>;

/** A field that two files disagree about; undefined where a file does not have it. */
export interface Difference {
  readonly id: string;
  readonly path: string;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** Everything that the `baton` tool lists as resources of `file`, by resource id, types included. */
export async function readResources(file: string): Promise<ReadonlyMap<string, Fields>> {
  const found = new Map<string, Fields>();
  for (const row of rows(await batonJson(file, "resources"), "resources")) {
    const fields = new Map<string, string>();
    flatten(row, "", fields);
    found.set(fields.get("resource.id.resource") ?? "", fields);
  }
  return found;
}

/** Resources that only one side has appear as one difference with the path `(resource)`. */
export function compareResources(
  left: ReadonlyMap<string, Fields>,
  right: ReadonlyMap<string, Fields>,
): Difference[] {
  const differences: Difference[] = [];
  for (const id of new Set([...left.keys(), ...right.keys()])) {
    const [before, after] = [left.get(id), right.get(id)];
    if (before === undefined || after === undefined) {
      const name = (fields: Fields | undefined) => fields?.get("resource.displayName");
      differences.push({ id, path: "(resource)", left: name(before), right: name(after) });
      continue;
    }
    for (const path of new Set([...before.keys(), ...after.keys()])) {
      const [was, is] = [before.get(path), after.get(path)];
      if (was !== is) differences.push({ id, path, left: was, right: is });
    }
  }
  return differences;
}

function flatten(value: JsonValue, path: string, into: Map<string, string>): void {
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
