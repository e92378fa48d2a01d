import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import packageFile from "../../../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../../..");
const FACE = readFileSync(join(ROOT, "src/package/index.ts"), "utf8");
const ALIASES: Readonly<Record<string, string>> = packageFile.imports;

function pathOf(specifier: string): string {
  if (specifier.startsWith("./")) return join(ROOT, "src/package", specifier);
  const room = specifier.slice(0, specifier.indexOf("/") + 1);
  return join(ROOT, (ALIASES[`${room}*`] ?? "").slice(0, -1), specifier.slice(room.length));
}

/** Names of the face, and the files that they are declared in. */
const exported = [...FACE.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm)].flatMap(
  ([, names = "", specifier = ""]) =>
    names
      .split(",")
      .map((name) => name.replace("type ", "").trim())
      .filter((name) => name !== "")
      .map((name) => [name, pathOf(specifier)] as const),
);

/** The comment before the first declaration of a name. */
function commentOf(name: string, file: string): string {
  const source = readFileSync(file, "utf8");
  const declaration = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/)\\n(?:// biome-ignore.*\\n)?export (?:async )?(?:const|function|class|interface|type) ${name}\\b`,
  );
  return declaration.exec(source)?.[1] ?? "";
}

test.each(exported)("%s says what it is, with an example", (name, file) => {
  const comment = commentOf(name, file);
  expect(comment).toContain("@example");
  expect(comment.length).toBeGreaterThan(60);
});

test("the face is small", () => {
  expect(exported.length).toBeGreaterThan(25);
  expect(exported.length).toBeLessThan(45);
});

test("every error code says when it is thrown", () => {
  const source = readFileSync(join(ROOT, "src/sdk/kernel/errors.ts"), "utf8");
  const codes = /export const Code = \{([\s\S]*?)\n\} as const/.exec(source)?.[1] ?? "";
  expect(codes.match(/^ {2}\w+: \d+,$/gm)).toHaveLength(17);
  expect(codes.match(/\*\/\n {2}\w+: \d+,$/gm)).toHaveLength(17);
});
