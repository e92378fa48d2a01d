import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, "..");

/**
 * What a room may import, as its row in `docs/architecture.md` says: rooms or single files of them, and packages,
 * either with `(types)` behind it, which is gone when the program runs. Node's own modules are free to all.
 */
export interface Row {
  /** Where its files are, from the root of the checkout. */
  readonly folder: string;
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

/** The rows by what imports call the room, in the order of the document; a file of a room may have one, too. */
function readTables(markdown: string): Map<string, Row> {
  const rows = new Map<string, Row>();
  let storey = "";
  for (const line of markdown.split("\n")) {
    storey = /^### `src\/(\w+)`/.exec(line)?.[1] ?? (line.startsWith("#") ? "" : storey);
    const [, name, , rooms, packages] = line.split("|").map((cell) => cell.trim());
    const room = /^`([^`]+)`$/.exec(name ?? "")?.[1];
    if (room === undefined || rooms === undefined || packages === undefined) continue;
    const isStorey = storey === "" || room === storey || room.startsWith(`${storey}/`);
    const folder = room === "gen" ? "gen" : isStorey ? `src/${room}` : `src/${storey}/${room}`;
    rows.set(room, { folder, rooms: readCell(rooms), packages: readCell(packages) });
  }
  return rows;
}

/** Names in backticks, and what stands in brackets behind them. */
function readCell(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`( \(types\))?/g)].map(([, name = "", types = ""]) => name + types);
}

export const ROWS = readTables(readFileSync(join(ROOT, "docs/architecture.md"), "utf8"));

/** The room that a file belongs to: the innermost one with a row. The path is that from the root of the checkout. */
export function roomOf(path: string): string | undefined {
  const rooms = [...ROWS].filter(
    ([name, { folder }]) => !name.endsWith(".ts") && path.startsWith(`${folder}/`),
  );
  return rooms.toSorted(([, a], [, b]) => b.folder.length - a.folder.length)[0]?.[0];
}
