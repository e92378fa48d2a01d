import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import type { Command, Invocation } from "#cli/command.ts";
import { otherRuns } from "#cli/commands/other-runs.ts";
import { commandsOf, mainCommand } from "#cli/commands.ts";
import { formatCompletion } from "#cli/completion-scripts.ts";
import { describeUnknownCommand, findCommand } from "#cli/find-command.ts";
import { formatHelp } from "#cli/help-text.ts";
import { runProgram } from "#cli/program.ts";
import type { FieldSet } from "#config/field.ts";
import { loadFields } from "#config/load.ts";
import { Redactor } from "#kernel/secret.ts";
import { codecovProgram } from "../../../src/codecov/commands/codecov-program.ts";
import { toy } from "../../fakes/toy-definition.ts";

const ran: { readonly name: string; readonly words: readonly string[]; readonly format: unknown }[] = [];

function toyCommand(name: string, formats: readonly string[], more: Partial<Command> = {}): Command {
  const fields = {
    format: { kind: "select", name: "format", description: `Form of ${name}`, values: formats },
  } as const satisfies FieldSet;
  const run = async ({ words, parsed }: Invocation) => {
    const { format } = loadFields(fields, [], { flags: parsed.flags, env: {}, file: new Map() });
    ran.push({ name, words, format });
    return 0;
  };
  return { name, summary: `do ${name}`, fields, load: async () => run, ...more };
}

const commands = [
  toyCommand("party", ["song", "text"]),
  toyCommand("party invite", ["letter", "text"]),
  toyCommand("party end", ["bang"], { words: "loudly|quietly" }),
  toyCommand("shop open", ["door"]),
  toyCommand("list", ["table"]),
];

function run(...argv: string[]) {
  ran.length = 0;
  return runProgram({ definition: toy, version: "0.0.0", commands }, argv, new Redactor());
}

test.each([
  [["party"], { name: "party", words: [] }],
  [["party", "invite"], { name: "party invite", words: [] }],
  [["party", "end", "quietly"], { name: "party end", words: ["quietly"] }],
  [["--toy-people=3", "party", "--provisioning", "invite"], { name: "party invite", words: [] }],
  [["shop", "open"], { name: "shop open", words: [] }],
])("%j runs the command with the longest name", async (argv, expected) => {
  await run(...argv);
  expect(ran).toMatchObject([expected]);
});

test.each([
  [["party", "--format=song"], "song"],
  [["party", "invite", "--format", "letter"], "letter"],
  [["--format", "letter", "party", "invite"], "letter"],
  [["list", "--format=table"], "table"],
])("a flag that several commands have takes the values of the chosen one: %j", async (argv, format) => {
  await run(...argv);
  expect(ran).toMatchObject([{ format }]);
});

test.each([
  [["party", "--format=letter"], "--format: value must be one of [song, text]"],
  [["party", "invite", "--format=song"], "--format: value must be one of [letter, text]"],
  [["party", "invite", "--format=letter", "--format=text"], "--format is given 2 times"],
  [["config", "--format=song"], "--format belongs to the commands party, party invite, party end"],
  [["party", "invit"], 'unknown command "party invit" for "baton-toy", did you mean party invite?'],
  [["party", "frobnicate"], 'unknown command "party frobnicate" for "baton-toy", see party --help'],
  [["prty", "invite"], 'unknown command "prty" for "baton-toy", did you mean party invite?'],
  [["prty"], 'unknown command "prty" for "baton-toy", did you mean party?'],
  [["shop"], "baton-toy shop needs one of open, see --help"],
  [["shop", "opn"], 'unknown command "shop opn" for "baton-toy", did you mean shop open?'],
  [["party", "invite", "everybody"], "baton-toy party invite takes no further arguments, see --help"],
  [["help", "party", "frobnicate"], "there is no such command, see --help"],
  [["help", "shop"], "there is no such command, see --help"],
])("%j is refused", async (argv, sentence) => {
  await expect(run(...argv)).rejects.toMatchObject({ code: 2, message: expect.stringContaining(sentence) });
  expect(ran).toEqual([]);
});

test("a second word that may be a secret is not repeated", async () => {
  await expect(run("party", "d3b07384-d113")).rejects.not.toThrow("d3b07384");
});

test("an unknown word finds nothing, and no word neither", () => {
  expect(findCommand(commands, ["guests", "invite"])).toBeUndefined();
  expect(findCommand(commands, [])).toBeUndefined();
  expect(describeUnknownCommand("baton-toy", commands, ["guests", "invite"])).toMatchObject({ code: 2 });
});

test("the help of a group lists its commands, that of the program all", () => {
  const subject = { definition: toy, main: mainCommand, commands };
  const group = formatHelp(subject, commands[0]);
  expect(group).toMatch(
    /^Commands:\n {2}party invite {2}do party invite\n {2}party end {5}do party end\n\n/m,
  );
  expect(group).not.toContain("shop");
  expect(formatHelp(subject, commands[1])).not.toContain("Commands:");
  expect(formatHelp(subject, undefined)).toMatch(/^ {2}party invite {2}do party invite\n/m);
});

test("commands of two words start no connector thread, unless one of their group does", () => {
  expect(otherRuns(commands)).toEqual(["party", "shop", "list", "--help", "-h", "--version", "-v"]);
  const starting = [...commands, toyCommand("shop visit", [], { startsThread: true })];
  expect(otherRuns(starting)).not.toContain("shop");
});

test("flags of one name agree on whether they take a value, and on their letter", () => {
  const fields = commandsOf(codecovProgram).flatMap((command) => Object.values(command.fields ?? {}));
  for (const [name, variants] of Map.groupBy(fields, (field) => field.name)) {
    const shapes = variants.map(
      ({ kind, shorthand = "" }) => `${kind === "bool"} ${kind === "secret"} ${shorthand}`,
    );
    expect(new Set(shapes).size, name).toBe(1);
  }
});

const SOURCE = {
  name: "baton-toy",
  main: { name: "", summary: "", words: ["party", "shop", "list", "help"], fields: [] },
  commands: [
    ...commands.map(({ name, summary, fields = {} }) => ({
      name,
      summary,
      words: name === "party" ? ["invite", "end"] : name === "party end" ? ["loudly", "quietly"] : [],
      fields: Object.values(fields),
    })),
    { name: "help", summary: "help", words: ["party", "shop", "list"], fields: [] },
    { name: "help party", summary: "", words: ["invite", "end"], fields: [] },
  ],
};

const isInstalled = (shell: string) => spawnSync(shell, ["-c", "true"]).error === undefined;

/** What a shell offers at the end of a line. */
const COMPLETE: Readonly<Record<"bash" | "fish", (line: string) => string[]>> = {
  bash(line) {
    const words = line.split(" ");
    const script = `${formatCompletion("bash", SOURCE)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_baton_toy; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim().split("\n");
  },
  fish(line) {
    const script = `${formatCompletion("fish", SOURCE)}\ncomplete -C '${line}'`;
    const lines = spawnSync("fish", ["--no-config", "-c", script], { encoding: "utf8" }).stdout.trim();
    return lines.split("\n").map((text) => text.replace(/\t.*/, ""));
  },
};

for (const shell of ["bash", "fish"] as const) {
  test.runIf(isInstalled(shell)).each([
    ["baton-toy par", ["party"]],
    ["baton-toy party ", ["invite", "end"]],
    ["baton-toy party in", ["invite"]],
    ["baton-toy party end lou", ["loudly"]],
    ["baton-toy --format text party en", ["end"]],
    ["baton-toy help party in", ["invite"]],
    ["baton-toy party --format ", ["song", "text"]],
    ["baton-toy party invite --format ", ["letter", "text"]],
    ["baton-toy party end --form", ["--format"]],
  ])(`${shell} completes %j`, (line, expected) => {
    expect(COMPLETE[shell](line).toSorted()).toEqual(expected.toSorted());
  });
}

test.runIf(isInstalled("zsh"))("zsh takes two words for one command", () => {
  // Shows what the completion function hands to zsh's own.
  const script = `compdef() { :; }; _arguments() { print -rl -- "$@"; }
${formatCompletion("zsh", SOURCE)}
words=(baton-toy party end ''); CURRENT=4; _baton_toy`;
  const { stdout } = spawnSync("zsh", ["-f", "-c", script], { encoding: "utf8" });
  expect(stdout.split("\n")).toEqual(
    expect.arrayContaining(["*--format[Form of party end]:value:(bang)", "*: :(loudly quietly)"]),
  );
});
