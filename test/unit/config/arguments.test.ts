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
  expect(catchError(() => parse("--provisioning", "false")).message).toBe(
    "--provisioning takes no separate value, write --provisioning=false",
  );
  expect(catchError(() => parse("-p", "true")).message).toBe("-p takes no separate value, write -p=true");
});

test("a flag without its value says so", () => {
  expect(catchError(() => parse("--workers")).message).toBe("--workers needs a value: --workers <number>");
  expect(catchError(() => parse("-f")).message).toBe("-f needs a value: -f <text>");
});

test("an unknown flag suggests the nearest one and never repeats its value", () => {
  const error = catchError(() => parse("--acme-tokn=s3cret"));
  expect(error.message).toBe("unknown flag --acme-tokn, did you mean --acme-token?");
  expect(error.code).toBe(Code.Unknown);
});

test("nothing far away is suggested", () => {
  expect(catchError(() => parse("--nonsense")).message).toBe("unknown flag --nonsense, see --help");
  expect(catchError(() => parse("-x")).message).toBe("unknown flag -x, see --help");
});
