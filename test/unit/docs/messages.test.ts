import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../rooms.ts";
import { collectErrorMessages, type ErrorMessage } from "./error-messages.ts";
import { SourceTree } from "./syntax.ts";

const FOLDER = "test/golden/messages";
const ACCEPT = "npx vitest run test/unit/docs/messages.test.ts -u";

const messages = collectErrorMessages(SourceTree.read("src"));
const rooms = Map.groupBy(messages, ({ room }) => room);

/** The golden file of a room: its messages by code and by who has to act. */
function renderRoom(found: readonly ErrorMessage[]): string {
  const groups = Map.groupBy(found, ({ code, reason }) => (reason === "" ? code : `${code}, ${reason}`));
  const blocks = [...groups].map(([heading, group]) => `${heading}\n${group.map(renderMessage).join("")}`);
  return blocks.join("\n");
}

function renderMessage({ text, choices }: ErrorMessage): string {
  const lines = [...choices].flatMap(([name, options]) =>
    options.map((option) => `      {${name}}: ${option}\n`),
  );
  return `  ${text.replaceAll("\n", "\n      ")}\n${lines.join("")}`;
}

describe("the error messages are those of the golden files:", () => {
  test.each([...rooms])("%s", async (room, found) => {
    const golden = join(ROOT, FOLDER, `${room}.txt`);
    const advice = `the error messages of ${room} differ from ${FOLDER}/${room}.txt; read them, and accept them with \`${ACCEPT}\``;
    await expect(renderRoom(found), advice).toMatchFileSnapshot(golden);
  });
});

test("every golden file belongs to a room with error messages", () => {
  const files = readdirSync(join(ROOT, FOLDER), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".txt"))
    .map((name) => name.slice(0, -".txt".length).split(sep).join("/"));
  const left = files.filter((name) => !rooms.has(name));
  expect(left, `remove these of ${FOLDER}: no room of docs/architecture.md has such messages`).toEqual([]);
});

describe("the collector sees", () => {
  const KERNEL = `export class BatonError extends Error {}`;

  /** Code, reason and text of what a source of the room \`sync\` can throw. */
  function collect(source: string): string[] {
    const imports = 'import { BatonError, Code } from "#kernel/errors.ts";\n';
    const sources = new Map([
      ["src/sdk/kernel/errors.ts", KERNEL],
      ["src/host/sync/a.ts", imports + source],
    ]);
    return renderRoom(collectErrorMessages(new SourceTree(sources)))
      .trim()
      .split("\n")
      .map((line) => line.trim());
  }

  test("values as names, and who has to act by default", () => {
    const source = `throw new BatonError(Code.NotFound, \`no \${kind} \${JSON.stringify(row.id)} in \${path.trim()}\`);`;
    expect(collect(source)).toEqual(["NotFound, request", "no {kind} {row.id} in {path}"]);
  });

  test("the kind, the reason on the wire, and each of several codes", () => {
    const source = `throw new BatonError(late ? Code.Aborted : Code.Internal, "it is lost", {
      kind: "upstream", errorInfo: { reason: "lost_it", domain: "", metadata: {} } });`;
    const group = (code: string) => [`${code}, upstream, lost_it`, "it is lost"];
    expect(collect(source)).toEqual([...group("Aborted"), "", ...group("Internal")]);
  });

  test("what callers of a factory say, over two of them", () => {
    const source = `
      const fail = (problem: string) => refuse(Code.DataLoss, \`the file \${problem}\`);
      function refuse(code: Code, message: string): BatonError { return new BatonError(code, message); }
      function check() { if (a) throw fail("is empty"); throw refuse(Code.Internal, "no file was given"); }`;
    expect(collect(source)).toEqual([
      "DataLoss, internal",
      "the file is empty",
      "",
      "Internal, internal",
      "no file was given",
    ]);
  });

  test("constants, choices, tables and functions that return text", () => {
    const source = `
      const ADVICE = "try again";
      const FAULTS = new Map([["a", "it broke"], ["b", "it burst"]]);
      function describe(at?: string) { return at === undefined ? "" : \` at \${at}\`; }
      function f(code: string, at: string) {
        throw new BatonError(Code.Aborted, \`\${FAULTS.get(code)}\${describe(at)}; \` + (soon ? ADVICE : "give up now"));
      }`;
    expect(collect(source)).toEqual([
      "Aborted, upstream",
      '{"it broke" | "it burst"}{"" | " at {at}"}; {"try again" | "give up now"}',
    ]);
  });

  test("a long choice line by line", () => {
    const option = "the list of the members was longer than the limit";
    const source = `throw new BatonError(Code.Aborted, \`lost: \${why}\`);
      const why = late ? "${option}" : early ? "${option} once" : "${option} twice";`;
    expect(collect(source)).toEqual([
      "Aborted, upstream",
      "lost: {why}",
      `{why}: ${option}`,
      `{why}: ${option} once`,
      `{why}: ${option} twice`,
    ]);
  });

  test("what is added to an error, and a part of a message", () => {
    const source = `
      function read() { throw thrown.prefixed("the upload failed"); }
      export function check(text: string): string | undefined { return text === "" ? "must not be empty" : undefined; }`;
    expect(collect(source)).toEqual([
      "(code of the cause)",
      "the upload failed: {error}",
      "",
      "(part of the messages of others)",
      "must not be empty",
    ]);
  });

  test("classes of errors, with a constructor of their own too", () => {
    const source = `
      class Lost extends BatonError { constructor(what: string) { super(Code.DataLoss, what); } }
      function a() { throw new Lost("the row is lost"); }
      function b() { throw new TypeError("a gap in the types"); }`;
    expect(collect(source)).toEqual([
      "DataLoss, internal",
      "the row is lost",
      "",
      "TypeError",
      "a gap in the types",
    ]);
  });
});
