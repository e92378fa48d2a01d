import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import packageFile from "../../../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../../..");
const ALIASES: Readonly<Record<string, string>> = packageFile.imports;

function pathOf(specifier: string): string {
  if (specifier.startsWith("./")) return join(ROOT, "src/package", specifier);
  const room = specifier.slice(0, specifier.indexOf("/") + 1);
  return join(ROOT, (ALIASES[`${room}*`] ?? "").slice(0, -1), specifier.slice(room.length));
}

/** Names that an entry of the SDK exports, and the files that declare them. */
function exportsOf(entry: string): (readonly [name: string, file: string])[] {
  const source = readFileSync(join(ROOT, "src/package", entry), "utf8");
  return [...source.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm)].flatMap(
    ([, names = "", specifier = ""]) =>
      names
        .split(",")
        .map((name) => name.replace("type ", "").trim())
        .filter((name) => name !== "")
        .map((name) => [name, pathOf(specifier)] as const),
  );
}

/** The comment before the first declaration of a name, or before the name where a file exports a generated message. */
function commentOf(name: string, file: string): string {
  const source = readFileSync(file, "utf8");
  const declared = `export (?:async )?(?:const|function|class|interface|type) ${name}\\b`;
  const passedOn = ` +(?:\\w+ as )?${name},`;
  const comment = "(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/)\\n(?:// biome-ignore.*\\n)?";
  return new RegExp(`${comment}(?:${declared}|${passedOn})`).exec(source)?.[1] ?? "";
}

const index = exportsOf("index.ts");

describe.each([
  ["index.ts", index],
  ["testing.ts", exportsOf("testing.ts")],
  ["wire.ts", exportsOf("wire.ts")],
])("%s", (_entry, exported) => {
  test("exports something", () => {
    expect(exported.length).toBeGreaterThan(25);
  });

  test.each(exported)("%s says what it is, with an example", (name, file) => {
    const comment = commentOf(name, file);
    expect(comment).toContain("@example");
    expect(comment.length).toBeGreaterThan(60);
  });
});

test("the face is small", () => {
  expect(index.length).toBeLessThan(45);
});

test("every error code says when it is thrown", () => {
  const source = readFileSync(join(ROOT, "src/sdk/kernel/errors.ts"), "utf8");
  const codes = /export const Code = \{([\s\S]*?)\n\} as const/.exec(source)?.[1] ?? "";
  expect(codes.match(/^ {2}\w+: \d+,$/gm)).toHaveLength(17);
  expect(codes.match(/\*\/\n {2}\w+: \d+,$/gm)).toHaveLength(17);
});
