import { expect, test } from "vitest";
import { parseArguments } from "#config/arguments.ts";
import type { Field } from "#config/field.ts";
import { Code } from "#kernel/errors.ts";
import { catchError } from "./catch-error.ts";

const fields: readonly Field[] = [
  { kind: "string", name: "file", shorthand: "f", description: "File" },
  { kind: "bool", name: "provisioning", shorthand: "p", description: "Provisioning" },
  { kind: "bool", name: "verbose", shorthand: "v", description: "Verbose" },
  { kind: "int", name: "workers", description: "Workers" },
  { kind: "secret", name: "acme-token", description: "Token" },
];

function parse(...argv: string[]) {
  const { flags, words } = parseArguments(argv, fields);
  return { flags: flags.map(({ field, text }) => [field.name, text]), words };
}

test.each<[string[], [string, string][], string[]]>([
  [["--file", "a.c1z"], [["file", "a.c1z"]], []],
  [["--file=a=b"], [["file", "a=b"]], []],
  [["--file="], [["file", ""]], []],
  [["-f", "a"], [["file", "a"]], []],
  [["-fa"], [["file", "a"]], []],
  [["-f=a"], [["file", "a"]], []],
  [
    ["-pf", "a"],
    [
      ["provisioning", "true"],
      ["file", "a"],
    ],
    [],
  ],
  [
    ["-pv", "config"],
    [
      ["provisioning", "true"],
      ["verbose", "true"],
    ],
    ["config"],
  ],
  [["-p=false"], [["provisioning", "false"]], []],
  [["--provisioning=false"], [["provisioning", "false"]], []],
  [["--workers", "-1"], [["workers", "-1"]], []],
  [["--file", "--provisioning"], [["file", "--provisioning"]], []],
  [["-p", "_connector-service"], [["provisioning", "true"]], ["_connector-service"]],
  [["config", "--file", "x"], [["file", "x"]], ["config"]],
  [["--", "--file", "-"], [], ["--file", "-"]],
  [["-"], [], ["-"]],
])("%j", (argv, flags, words) => {
  expect(parse(...argv)).toEqual({ flags, words });
});

test("a switch with a separate value says how to write it", () => {
  expect(catchError(() => parse("--provisioning", "false"))).toMatchObject({
    code: Code.Unknown,
    message: expect.stringContaining("--provisioning=false"),
  });
  expect(catchError(() => parse("-p", "true"))).toMatchObject({
    code: Code.Unknown,
    message: expect.stringContaining("-p=true"),
  });
});

test("a flag without its value says so", () => {
  expect(catchError(() => parse("--workers"))).toMatchObject({
    code: Code.Unknown,
    message: expect.stringContaining("--workers <number>"),
  });
  expect(catchError(() => parse("-f"))).toMatchObject({
    code: Code.Unknown,
    message: expect.stringContaining("-f <text>"),
  });
});

test("an unknown flag suggests the nearest one and never repeats its value", () => {
  const error = catchError(() => parse("--acme-tokn=s3cret"));
  expect(error.message).toMatch(/--acme-tokn\b.*--acme-token\b/);
  expect(error.message).not.toContain("s3cret");
  expect(error.code).toBe(Code.Unknown);
});

test("nothing far away is suggested", () => {
  for (const flag of ["--nonsense", "-x"]) {
    const error = catchError(() => parse(flag));
    expect(error.code).toBe(Code.Unknown);
    // The flag that was given, and --help.
    expect(error.message.match(/(?<!\S)--?[\w-]+/g)).toEqual([flag, "--help"]);
  }
});
