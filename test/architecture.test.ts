import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/**
 * Which folder may import what, from the bottom up. An entry is a folder, one file of a folder, or either
 * with `(types)` behind it, which is gone when the program runs. Node's own modules are free to all.
 */
interface Layer {
  readonly folders: readonly string[];
  readonly packages: readonly string[];
}

const GRPC = "@grpc/grpc-js";

const LAYERS: Readonly<Record<string, Layer>> = {
  kernel: { folders: [], packages: [] },
  telemetry: { folders: ["kernel"], packages: ["pino"] },
  "telemetry/open-telemetry.ts": { folders: [], packages: [GRPC, "@opentelemetry"] },
  "telemetry/otel-tracer.ts": { folders: [], packages: ["@opentelemetry"] },
  "telemetry/log-records.ts": { folders: [], packages: ["@opentelemetry"] },
  config: { folders: ["kernel"], packages: ["zod", "yaml"] },
  http: { folders: ["kernel", "telemetry (types)"], packages: ["undici"] },
  model: { folders: ["kernel", "gen"], packages: ["@bufbuild/protobuf"] },
  runtime: { folders: ["kernel", "telemetry (types)", "config (types)", "model", "gen"], packages: [] },
  server: { folders: ["kernel", "telemetry", "runtime", "gen"], packages: [GRPC] },
  "server/reflection.ts": { folders: [], packages: ["@bufbuild/protobuf"] },
  store: { folders: ["kernel", "telemetry", "model", "gen"], packages: [] },
  host: {
    folders: [
      "kernel",
      "telemetry",
      "model/encoded-rows.ts",
      "server/server-config.ts",
      "server/thread-messages.ts",
      "server/tls.ts",
      "gen",
    ],
    packages: [GRPC],
  },
  sync: { folders: ["kernel", "telemetry", "model", "store", "gen"], packages: [] },
  connectors: {
    folders: ["kernel", "telemetry (types)", "config", "http", "model", "runtime/connector.ts (types)"],
    packages: ["zod"],
  },
  tasks: { folders: ["kernel", "telemetry", "model", "store", "sync", "host", "gen"], packages: [] },
  service: {
    folders: ["kernel", "telemetry", "http", "model", "store", "sync", "host", "tasks", "gen"],
    packages: [GRPC, "undici (types)"],
  },
  report: { folders: ["kernel", "model", "store"], packages: [] },
  cli: {
    // Everything but the connectors.
    folders:
      "kernel telemetry config http model runtime server store host sync tasks service report gen".split(" "),
    packages: ["@bufbuild/protobuf"],
  },
  bin: { folders: ["cli", "connectors"], packages: [] },
};

const ROOT = fileURLToPath(new URL("..", import.meta.url));

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
  /** Below the folder, for example `runtime/services/sync.ts`. */
  readonly path: string;
  readonly imports: readonly Import[];
}

function readSources(folder: "src" | "examples"): SourceFile[] {
  const base = join(ROOT, folder);
  return readdirSync(base, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({
      path: relative(base, join(base, name)).split(sep).join("/"),
      imports: findImports(readFileSync(join(base, name), "utf8")),
    }));
}

/** The file that an import of ours leads to, below the root; undefined for a package or a Node module. */
function resolve(from: string, { specifier }: Import): string | undefined {
  if (specifier.startsWith("#gen/")) return specifier.slice(1);
  if (specifier.startsWith("#")) return `src/${specifier.slice(1)}`;
  if (specifier.startsWith(".")) return posix.normalize(posix.join("src", dirname(from), specifier));
  return undefined;
}

/** The part of the tree that is one job: a folder of `src`, or one connector. */
function unitOf(path: string): string {
  const parts = path.split("/");
  return parts.slice(0, parts[0] === "connectors" ? 2 : 1).join("/");
}

function permits(entries: readonly string[], target: string, typeOnly: boolean): boolean {
  return entries.some((entry) => {
    const name = entry.replace(" (types)", "");
    if (target !== name && !target.startsWith(`${name}/`)) return false;
    return typeOnly || name === entry;
  });
}

/** What is wrong with one import, or undefined. */
function findViolation(from: string, imported: Import): string | undefined {
  const { specifier, typeOnly } = imported;
  const layer = LAYERS[from.split("/")[0] ?? ""];
  if (layer === undefined) return "the folder has no row in the table of layers";
  const own = LAYERS[from];
  const target = resolve(from, imported);
  if (target === undefined) {
    if (isBuiltin(specifier)) return specifier.startsWith("node:") ? undefined : "write node: before it";
    return permits([...layer.packages, ...(own?.packages ?? [])], specifier, typeOnly)
      ? undefined
      : "the package is not allowed here";
  }
  // The version of the program lives in one place.
  if (target === "package.json" && from.startsWith("bin/")) return undefined;
  const inside = target.startsWith("src/") ? target.slice("src/".length) : target;
  if (!inside.endsWith(".ts")) return "the file ending is missing";
  const sameUnit = unitOf(inside) === unitOf(from);
  if (specifier.startsWith(".")) return sameUnit ? undefined : "a relative import leaves its folder";
  if (sameUnit) return "import relatively inside a folder";
  return permits(layer.folders, inside, typeOnly) ? undefined : "the folder is not allowed here";
}

function findCycle(sources: readonly SourceFile[]): string[] | undefined {
  const edges = new Map(
    sources.map(({ path, imports }) => [
      `src/${path}`,
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

test("each folder imports only what its layer may see", () => {
  const violations = sources.flatMap(({ path, imports }) =>
    imports.flatMap((imported) => {
      const problem = findViolation(path, imported);
      return problem === undefined ? [] : [`src/${path} imports ${imported.specifier}: ${problem}`];
    }),
  );
  expect(violations).toEqual([]);
});

test("no file imports itself by any way round", () => {
  expect(findCycle(sources)).toBeUndefined();
});

test("a program has exactly one connector", () => {
  for (const { path, imports } of sources.filter((source) => source.path.startsWith("bin/"))) {
    const connectors = new Set(
      imports
        .filter(({ specifier }) => specifier.startsWith("#connectors/"))
        .map(({ specifier }) => specifier.split("/")[1]),
    );
    expect([path, connectors.size]).toEqual([path, 1]);
  }
});

test("an example sees no more than a connector, and its program no more than a program", () => {
  for (const { path, imports } of readSources("examples")) {
    const isProgram = path.endsWith("/main.ts");
    for (const imported of imports) {
      const like = isProgram ? "bin/example.ts" : "connectors/example/file.ts";
      const { specifier } = imported;
      const problem = specifier.startsWith("./") ? undefined : findViolation(like, imported);
      expect([path, specifier, problem]).toEqual([path, specifier, undefined]);
    }
  }
});

test("source files have at most 400 lines", () => {
  const long = sources
    .map(
      ({ path }) =>
        [
          path,
          readFileSync(join(ROOT, "src", path), "utf8")
            .trimEnd()
            .split("\n").length,
        ] as const,
    )
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
    ["kernel/a.ts", "#telemetry/logger.ts", false],
    ["kernel/a.ts", "pino", false],
    ["kernel/a.ts", "fs", false],
    ["runtime/a.ts", GRPC, true],
    ["runtime/unary.ts", GRPC, true],
    ["runtime/a.ts", "#config/field.ts", false],
    ["host/a.ts", "#server/lifecycle.ts", false],
    ["connectors/codecov/a.ts", "#gen/c1/connector/v2/grant.ts", false],
    ["connectors/codecov/a.ts", "../other/a.ts", false],
    ["connectors/codecov/a.ts", "#connectors/other/a.ts", false],
    ["connectors/codecov/a.ts", "#runtime/unary.ts", true],
    ["cli/a.ts", "#connectors/codecov/index.ts", false],
    ["store/a.ts", "../kernel/a.ts", false],
    ["store/a.ts", "#store/b.ts", false],
    ["unknown/a.ts", "node:fs", false],
  ])("that %s must not import %s (types only: %s)", (from, specifier, typeOnly) => {
    expect(findViolation(from, { specifier, typeOnly })).toBeDefined();
  });

  test("a cycle over three files", () => {
    const file = (path: string, specifier: string) => ({ path, imports: [{ specifier, typeOnly: true }] });
    const cycle = findCycle([file("a/a.ts", "#b/b.ts"), file("b/b.ts", "./c.ts"), file("b/c.ts", "#a/a.ts")]);
    expect(cycle).toEqual(["src/a/a.ts", "src/b/b.ts", "src/b/c.ts", "src/a/a.ts"]);
  });
});
