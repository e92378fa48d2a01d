import { expect, test } from "vitest";
import { buildChildCommand } from "#cli/child-command.ts";
import { parseArguments } from "#config/arguments.ts";
import type { Field } from "#config/field.ts";

const fields: readonly Field[] = [
  { kind: "secret", name: "acme-token", description: "Token" },
  { kind: "string", name: "file", shorthand: "f", description: "File" },
  { kind: "bool", name: "provisioning", shorthand: "p", description: "Provisioning" },
];

function build(argv: readonly string[], overrides: Record<string, string> = {}) {
  const { args, env } = buildChildCommand(parseArguments(argv, fields), { PATH: "/bin" }, overrides);
  const first = args.findIndex((argument) => argument.startsWith("--file") || argument.startsWith("--prov"));
  return { flags: args.slice(first < 0 ? -1 : first), args, env };
}

test("the child gets all flags and, as the last word, the hidden subcommand", () => {
  const { flags } = build(["-pf", "a.c1z"]);
  expect(flags).toEqual(["--provisioning=true", "--file=a.c1z", "_connector-service"]);
});

test("a secret flag travels in the environment and in no argument", () => {
  const { args, env } = build(["--acme-token", "s3cret", "--file=x"]);
  expect(args.join(" ")).not.toContain("s3cret");
  expect(args.join(" ")).not.toContain("acme-token");
  expect(env).toEqual({ PATH: "/bin", BATON_ACME_TOKEN: "s3cret" });
});

test("an empty secret flag stays one, so that it still hides the variable and the file", () => {
  expect(build(["--acme-token="]).args).toContain("--acme-token=");
});

test("an override is the last word on a flag", () => {
  expect(build(["--file=a"], { file: "b" }).flags).toEqual(["--file=a", "--file=b", "_connector-service"]);
});
