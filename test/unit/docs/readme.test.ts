import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { commandsOf, mainCommand } from "#cli/commands.ts";
import { formatHelp } from "#cli/help-text.ts";
import { codecovProgram } from "#codecov/commands/codecov-program.ts";
import { codecov } from "#codecov/index.ts";
import { variableOf } from "#config/field.ts";
import { foreignFields } from "#config/foreign-fields.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { acme } from "../../../examples/acme/connector.ts";
import { knownVariables } from "../../../scripts/variables.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const guides = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/certificates.md",
  "docs/changing-seats.md",
  "docs/command-line.md",
  "docs/coverage.md",
  "docs/differences.md",
  "docs/first-ten-minutes.md",
  "docs/nightly.md",
  "docs/operating.md",
  "docs/playground.md",
  "docs/quarterly-review.md",
  "docs/report.md",
  "docs/several-organizations.md",
  "docs/troubleshooting.md",
  "docs/writing-a-connector.md",
];

/** Flags of other programs that the guides call. */
const OTHER_FLAGS = new Set(
  "all-containers build-arg coverage create-home env env-file failed for from from-file global home-dir ignore-scripts members name now port repositories restart rm selector silent stop-timeout system".split(
    " ",
  ),
);

/** Files that a guide tells how to make, or that are in the repository of a pull request. */
const MADE_BY_READERS = /^deploy\/kubernetes\/organizations\/initech|^src\/(login|passkey)\.ts$/;

test("the page on the command line shows the help of the program as it is", () => {
  const page = readFileSync(join(root, "docs/command-line.md"), "utf8");
  const { definition } = codecovProgram;
  const help = formatHelp({ definition, main: mainCommand, commands: commandsOf(codecovProgram) }, undefined);
  const shown = page.slice(page.indexOf("<!-- help: begin -->"), page.indexOf("<!-- help: end -->"));
  for (const line of help.split("\n")) expect(shown).toContain(line);
});

test("the README has the sections that readers of connector READMEs look for, in their order", () => {
  const expected = [
    "Prerequisites",
    "Getting Started",
    "Data Model",
    "Contributing, Support and Issues",
    "Command Line Usage",
  ];
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const headings = [...readme.matchAll(/^## (.+)$/gm)].map((match) => match[1] ?? "");
  expect(headings.filter((heading) => expected.includes(heading))).toEqual(expected);
});

describe.each(guides)("%s", (guide) => {
  const text = readFileSync(join(root, guide), "utf8");

  test("names flags and variables that exist", () => {
    const fields = [
      ...Object.values(codecov.fields),
      ...Object.values(acme.fields),
      ...Object.values(sdkFields),
      ...Object.values(foreignFields),
      ...commandsOf(codecovProgram).flatMap((command) => Object.values(command.fields ?? {})),
    ].map((field) => field.name);
    const flags = new Set([...fields, ...OTHER_FLAGS, "help", "version"]);
    const variables = new Set([...fields.map(variableOf), ...knownVariables()]);

    const namedFlags = [...text.matchAll(/(?<=[\s`(])--([a-z][a-z0-9-]*)/g)].map((match) => match[1] ?? "");
    const namedVariables = [...text.matchAll(/\bBATON_[A-Z0-9_]*[A-Z0-9]\b/g)].map((match) => match[0]);
    expect(namedFlags.filter((flag) => !flags.has(flag))).toEqual([]);
    expect(namedVariables.filter((variable) => !variables.has(variable))).toEqual([]);
  });

  test("names npm scripts and files that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = [...text.matchAll(/npm run (?:--silent )?([a-z][a-z0-9:-]*)/g)].map(
      (match) => match[1] ?? "",
    );
    expect(named.filter((script) => !(script in scripts))).toEqual([]);

    const kept = ["src", "test", "deploy", "examples", "docs", "proto"];
    const files = new Set(
      kept.flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true }).map((file) => `${folder}/${String(file)}`),
      ),
    );
    const paths = [...text.matchAll(/(?<=[\s`])((?:src|test|deploy|examples|docs|proto)\/[\w./-]*\w)/g)];
    const missing = paths.map((match) => match[1] ?? "").filter((path) => !files.has(path));
    expect(missing.filter((path) => !MADE_BY_READERS.test(path))).toEqual([]);
  });
});
