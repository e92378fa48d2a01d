import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, posix, relative, sep } from "node:path";
import { describe, expect, test } from "vitest";
import packageFile from "../package.json" with { type: "json" };
import { ROOT, ROWS, roomOf } from "./rooms.ts";

const GRPC = "@grpc/grpc-js";

interface Import {
  /** As written. */
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Imports of all forms. Our formatter gives each statement one shape, so a pattern is enough. */
function findImports(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const fixed = [
    ...code.matchAll(/^(?:import|export)(\s+type)?\s(?:[^;"']*?\sfrom\s)?["']([^"']+)["']/gm),
  ].map((match) => ({
    specifier: match[2] ?? "",
    typeOnly: match[1] !== undefined || hasOnlyTypes(match[0]),
  }));
  const lazy = [...code.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)(\.[A-Z]\w*)?/g)].map((match) => ({
    specifier: match[1] ?? "",
    typeOnly: false,
  }));
  return [...fixed, ...lazy];
}

/** Whether each name in the braces says `type` for itself. */
function hasOnlyTypes(statement: string): boolean {
  const names = /^(?:import|export)\s*\{([^}]*)\}/.exec(statement)?.[1]?.split(",") ?? [];
  const given = names.map((name) => name.trim()).filter((name) => name !== "");
  return given.length > 0 && given.every((name) => name.startsWith("type "));
}

interface SourceFile {
  /** From the root, for example `src/sdk/runtime/services/sync-services.ts`. */
  readonly path: string;
  readonly imports: readonly Import[];
}

function readSources(folder: "src" | "examples"): SourceFile[] {
  const base = join(ROOT, folder);
  return readdirSync(base, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({
      path: relative(ROOT, join(base, name)).split(sep).join("/"),
      imports: findImports(readFileSync(join(base, name), "utf8")),
    }));
}

/** The file that an import of ours leads to, below the root; undefined for a package or a Node module. */
function resolve(from: string, { specifier }: Import): string | undefined {
  if (specifier.startsWith("#")) {
    const alias = Object.keys(ALIASES).find((name) => specifier.startsWith(name.slice(0, -1)));
    if (alias === undefined) return undefined;
    const folder = ALIASES[alias]?.slice("./".length, -1) ?? "";
    return folder + specifier.slice(alias.length - 1);
  }
  if (specifier.startsWith(".")) return posix.normalize(posix.join(dirname(from), specifier));
  return undefined;
}

const ALIASES: Readonly<Record<string, string>> = packageFile.imports;

/** Whether a list of names, of which one may be a storey, covers a file. */
function permitsFile(entries: readonly string[], path: string, typeOnly: boolean): boolean {
  return entries.some((entry) => {
    const name = entry.replace(" (types)", "");
    if (!typeOnly && name !== entry) return false;
    const row = ROWS.get(name);
    if (row !== undefined) return roomOf(path) === name;
    if (!name.endsWith(".ts")) return path.startsWith(`src/${name}/`);
    const room = ROWS.get(name.slice(0, name.lastIndexOf("/")));
    return room !== undefined && path === `${room.folder}/${name.slice(name.lastIndexOf("/") + 1)}`;
  });
}

function permitsPackage(entries: readonly string[], specifier: string, typeOnly: boolean): boolean {
  return entries.some((entry) => {
    const name = entry.replace(" (types)", "");
    return (specifier === name || specifier.startsWith(`${name}/`)) && (typeOnly || name === entry);
  });
}

/** What is wrong with one import of a file, or undefined. */
function findViolation(from: string, imported: Import): string | undefined {
  const { specifier, typeOnly } = imported;
  const room = roomOf(from);
  const row = ROWS.get(room ?? "");
  if (room === undefined || row === undefined) return "the folder has no row in the table of rooms";
  const own = ROWS.get(`${room}${from.slice(row.folder.length)}`);
  const target = resolve(from, imported);
  if (target === undefined) {
    if (isBuiltin(specifier)) return specifier.startsWith("node:") ? undefined : "write node: before it";
    return permitsPackage([...row.packages, ...(own?.packages ?? [])], specifier, typeOnly)
      ? undefined
      : "the package is not allowed here";
  }
  // The version of the program lives in one place.
  if (target === "package.json" && room === "bin") return undefined;
  if (!target.endsWith(".ts")) return "the file ending is missing";
  const isSameRoom = roomOf(target) === room;
  if (specifier.startsWith(".")) return isSameRoom ? undefined : "a relative import leaves its room";
  if (isSameRoom) return "import relatively inside a room";
  return permitsFile([...row.rooms, ...(own?.rooms ?? [])], target, typeOnly)
    ? undefined
    : "the room is not allowed here";
}

function findCycle(sources: readonly SourceFile[]): string[] | undefined {
  const edges = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.map((imported) => resolve(path, imported)).filter((target) => target !== undefined),
    ]),
  );
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    done.add(file);
    for (const next of edges.get(file) ?? []) {
      const cycle = walk(next, [...trail, file]);
      if (cycle !== undefined) return cycle;
    }
    return undefined;
  };
  for (const file of edges.keys()) {
    const cycle = walk(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const sources = readSources("src");

test("each room imports only what its row allows", () => {
  const violations = sources.flatMap(({ path, imports }) =>
    imports.flatMap((imported) => {
      const problem = findViolation(path, imported);
      return problem === undefined ? [] : [`${path} imports ${imported.specifier}: ${problem}`];
    }),
  );
  expect(violations).toEqual([]);
});

test("no file imports itself by any way round", () => {
  expect(findCycle(sources)).toBeUndefined();
});

test("a room stands below all that it imports", () => {
  const order = [...ROWS.keys()];
  const upwards = order.flatMap((name, place) =>
    (ROWS.get(name)?.rooms ?? []).flatMap((entry) => {
      const other = entry.replace(" (types)", "").replace(/\/[\w-]+\.ts$/, "");
      if (["sdk", "host"].includes(other)) return [];
      const above = order.indexOf(other);
      return above >= 0 && above < place ? [] : [`${name} imports ${other}`];
    }),
  );
  expect(upwards).toEqual([]);
});

test("every room of the document exists, and every import calls a room by its name", () => {
  for (const [name, { folder }] of ROWS) expect([name, existsSync(join(ROOT, folder))]).toEqual([name, true]);
  const named = Object.entries(ALIASES).map(([alias, target]) => [alias.slice(1, -2), target.slice(2, -2)]);
  const rooms = [...ROWS].filter(([name]) => !name.includes("/") && name !== "bin");
  expect(new Map(named as [string, string][])).toEqual(
    new Map(rooms.map(([name, { folder }]) => [name, folder])),
  );
});

test("an example stands on the public face alone", () => {
  const face = ["#package/index.ts", "#package/testing.ts", "zod"];
  for (const { path, imports } of readSources("examples")) {
    // The version of the package stands in for the example's own.
    const allowed = path.endsWith("/main.ts") ? [...face, "../../package.json"] : face;
    for (const { specifier } of imports) {
      const isAllowed = specifier.startsWith("./") || isBuiltin(specifier) || allowed.includes(specifier);
      expect([path, specifier, isAllowed]).toEqual([path, specifier, true]);
    }
  }
});

test("source files have at most 400 lines", () => {
  const long = sources
    .map(({ path }) => [path, readFileSync(join(ROOT, path), "utf8").trimEnd().split("\n").length] as const)
    .filter(([, lines]) => lines > 400);
  expect(long).toEqual([]);
});

describe("the test itself sees", () => {
  test.each([
    ['import { a } from "#kernel/a.ts";', "#kernel/a.ts", false],
    ['import type { A } from "pino";', "pino", true],
    ['import { type A, type B } from "pino";', "pino", true],
    ['import { type A, b } from "pino";', "pino", false],
    ['import {\n  a,\n  b,\n} from "./a.ts";', "./a.ts", false],
    ['import "./side-effect.ts";', "./side-effect.ts", false],
    ['import x, { y } from "yaml";', "yaml", false],
    ['import * as z from "zod";', "zod", false],
    ['export { a } from "./a.ts";', "./a.ts", false],
    ['const { a } = await import("./a.ts");', "./a.ts", false],
  ])("%s", (source, specifier, typeOnly) => {
    expect(findImports(source)).toEqual([{ specifier, typeOnly }]);
  });

  test.each([
    ["src/sdk/kernel/a.ts", "#telemetry/log-writer.ts", false],
    ["src/sdk/kernel/a.ts", "pino", false],
    ["src/sdk/kernel/a.ts", "fs", false],
    ["src/sdk/runtime/a.ts", GRPC, true],
    ["src/sdk/runtime/unary.ts", GRPC, true],
    ["src/sdk/runtime/a.ts", "#config/field.ts", false],
    ["src/host/launch/a.ts", "#server/lifecycle.ts", false],
    ["src/host/cli/a.ts", "#codecov/index.ts", false],
    ["src/host/store/a.ts", "../../sdk/kernel/a.ts", false],
    ["src/host/store/a.ts", "#store/b.ts", false],
    ["src/codecov/a.ts", "#gen/c1/connector/v2/grant.ts", false],
    ["src/codecov/a.ts", "./report/a.ts", false],
    ["src/codecov/api/a.ts", "#codecov/roster/a.ts", true],
    ["src/codecov/roster/a.ts", "#codecov/connector.ts", true],
    ["src/codecov/a.ts", "#runtime/unary.ts", true],
    ["src/codecov/a.ts", "#runtime/connector.ts", false],
    ["src/unknown/a.ts", "node:fs", false],
  ])("that %s must not import %s (types only: %s)", (from, specifier, typeOnly) => {
    expect(findViolation(from, { specifier, typeOnly })).toBeDefined();
  });

  test("a circle over three files", () => {
    const file = (path: string, specifier: string) => ({ path, imports: [{ specifier, typeOnly: true }] });
    const circle = findCycle([
      file("src/sdk/kernel/a.ts", "#http/b.ts"),
      file("src/sdk/http/b.ts", "./c.ts"),
      file("src/sdk/http/c.ts", "#kernel/a.ts"),
    ]);
    expect(circle).toEqual(["a", "b", "c", "a"].map((name) => expect.stringContaining(`/${name}.ts`)));
  });
});
