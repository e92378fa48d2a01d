import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import packageFile from "../../../package.json" with { type: "json" };
import { emitDeclarations } from "../../../scripts/stage-sdk.ts";

/**
 * What authors of connectors build on: the names that each entry of the SDK exports, with their declarations as emitted,
 * without comments. After a change that is meant, write it anew (`-u`) and read the difference: what goes or changes its
 * type breaks connectors of others, and belongs into the change log.
 */

const ROOT = join(import.meta.dirname, "../../..");
const ALIASES: Readonly<Record<string, string>> = packageFile.imports;
let emitted: string;

beforeAll(() => {
  emitted = mkdtempSync(join(tmpdir(), "sdk-api-"));
  emitDeclarations(ROOT, emitted, ["src/package/index.ts", "src/package/testing.ts", "src/package/wire.ts"]);
});
afterAll(() => rmSync(emitted, { recursive: true, force: true }));

test.each([
  ["baton-connector-sdk", "src/package/index", "index"],
  ["baton-connector-sdk/testing", "src/package/testing", "testing"],
  ["baton-connector-sdk/wire", "src/package/wire", "wire"],
])("%s exports what it always did", async (_entry, path, name) => {
  const api = [...exportsOf(path)].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(api.length).toBeGreaterThan(0);
  const text = `${api.map(([exported, declaration]) => `// ${exported}\n${declaration}\n`).join("\n")}`;
  await expect(text).toMatchFileSnapshot(join(ROOT, `test/golden/sdk/${name}.txt`));
});

/** By exported name its declaration. */
function exportsOf(path: string): Map<string, string> {
  const found = new Map<string, string>();
  const statements = statementsOf(path);
  for (const statement of statements) {
    const [, names, from] = /^export (?:type )?\{([^}]*)\}(?: from "([^"]+)")?;$/.exec(statement) ?? [];
    if (names !== undefined) {
      for (const [original, exported] of readNames(names)) {
        const place = from === undefined ? findImport(statements, original) : { original, from };
        if (place === undefined) continue;
        const declaration = exportsOf(locate(path, place.from)).get(place.original);
        found.set(exported, declaration ?? missing(place.original, place.from));
      }
      continue;
    }
    const [, own] =
      /^export (?:declare )?(?:abstract )?(?:interface|class|function|const|type|enum) (\w+)/.exec(
        statement,
      ) ?? [];
    if (own === undefined) continue;
    // A function can have several signatures, and a message is a type and a codec.
    found.set(own, found.has(own) ? `${found.get(own)}\n${statement}` : statement);
  }
  return found;
}

/** `a, type b as c` as pairs of the name where it comes from and the name that it has here. */
function readNames(list: string): [original: string, here: string][] {
  const entries = list.split(",").map((text) => text.trim().replace(/^type /, ""));
  return entries.filter(Boolean).map((entry) => {
    const [original = "", here = original] = entry.split(" as ");
    return [original, here];
  });
}

/** Where a name of a file comes from that exports what it has imported. */
function findImport(
  statements: readonly string[],
  name: string,
): { readonly original: string; readonly from: string } | undefined {
  for (const statement of statements) {
    const [, names = "", from = ""] = /^import (?:type )?\{([^}]*)\} from "([^"]+)";$/.exec(statement) ?? [];
    const pair = readNames(names).find(([, here]) => here === name);
    if (pair !== undefined) return { original: pair[0], from };
  }
  return undefined;
}

/** Statements begin in the first column, and so do their ends. */
function statementsOf(path: string): string[] {
  const code = readFileSync(join(emitted, `${path}.d.ts`), "utf8").replaceAll(
    /[ \t]*\/\*\*[\s\S]*?\*\/\n?/g,
    "",
  );
  return code.split(/\n(?=[a-z])/).map((statement) => statement.replaceAll("\r", "").trim());
}

function locate(from: string, specifier: string): string {
  const path = specifier.replace(/\.ts$/, "");
  if (path.startsWith(".")) return join(dirname(from), path);
  const alias = Object.keys(ALIASES).find((name) => path.startsWith(name.slice(0, -1)));
  const folder = ALIASES[alias ?? ""] ?? missing(specifier, from);
  return folder.slice("./".length, -1) + path.slice((alias ?? "").length - 1);
}

function missing(name: string, place: string): never {
  throw new Error(`${name} is not found in ${place}`);
}
