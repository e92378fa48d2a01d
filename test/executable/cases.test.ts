import { expect, test } from "vitest";
import { commandsOf } from "#cli/commands.ts";
import { allFields } from "#cli/program.ts";
import { codecovProgram } from "#codecov/commands/codecov-program.ts";
import { CASES } from "./cases.ts";

// Also one of the quick tests, so that whoever adds a command or a setting hears of it at once.

test("every command has a case that runs it on the executable", () => {
  const run = new Set(CASES.map(({ command }) => command));
  expect(
    commandsOf(codecovProgram)
      .map(({ name }) => name)
      .filter((name) => !run.has(name)),
  ).toEqual([]);
});

test("every setting has a case that gives it to the executable", () => {
  const given = new Set(CASES.flatMap(({ flags }) => Object.keys(flags ?? {})));
  const names = allFields({ ...codecovProgram, version: "" }).map(({ name }) => name);
  expect(names.filter((name) => !given.has(name))).toEqual([]);
});

test("every flag of a command has a case that gives it to that command", () => {
  const given = new Set(
    CASES.flatMap(({ command, flags }) => Object.keys(flags ?? {}).map((flag) => `${command} --${flag}`)),
  );
  const expected = commandsOf(codecovProgram).flatMap(({ name, fields = {} }) =>
    Object.values(fields).map((field) => `${name} --${field.name}`),
  );
  expect(expected.filter((flag) => !given.has(flag))).toEqual([]);
});
