import { expect, test } from "vitest";
import { parseArguments } from "#config/arguments.ts";
import type { Constraint, FieldSet } from "#config/field.ts";
import { loadFields } from "#config/load.ts";
import { Code } from "#kernel/errors.ts";
import { catchError } from "./catch-error.ts";

const fields = {
  token: { kind: "secret", name: "acme-token", description: "Token" },
  tokenFile: { kind: "string", name: "acme-token-file", description: "File", exportAs: "none" },
  owner: { kind: "string", name: "acme-owner", description: "Owner", required: true },
  service: {
    kind: "select",
    name: "acme-service",
    description: "Service",
    values: ["github", "gitlab"],
    default: "github",
    normalize: (text) => (text.toLowerCase() === "gh" ? "github" : text.toLowerCase()),
  },
  limit: { kind: "int", name: "acme-limit", description: "Limit", default: 5, min: 1, max: 9 },
  dry: { kind: "bool", name: "acme-dry", description: "Dry", shorthand: "d" },
  only: { kind: "list", name: "acme-only", description: "Only" },
  url: {
    kind: "string",
    name: "acme-url",
    description: "URL",
    default: "https://acme.test",
    check: (text) => (text.startsWith("https:") ? undefined : "must begin with https:"),
  },
} as const satisfies FieldSet;

const constraints: readonly Constraint[] = [
  { kind: "exactly-one", fields: ["acme-token", "acme-token-file"] },
];

interface Given {
  argv?: readonly string[];
  env?: Record<string, string>;
  file?: Record<string, readonly string[]>;
  relations?: readonly Constraint[];
}

function load({ argv = [], env = {}, file = {}, relations = constraints }: Given) {
  const { flags } = parseArguments(argv, Object.values(fields));
  return loadFields(fields, relations, { flags, env, file: new Map(Object.entries(file)) });
}

const complete = { env: { BATON_ACME_OWNER: "acme", BATON_ACME_TOKEN: "t" } };

test("a flag beats a variable, a variable the file, the file the default", () => {
  const argv = ["--acme-token=t", "--acme-owner=flag"];
  const env = { BATON_ACME_OWNER: "env", BATON_ACME_LIMIT: "2" };
  const file = { "acme-owner": ["file"], "acme-limit": ["3"], "acme-url": ["https://file"] };
  const config = load({ argv, env, file });
  expect(config).toMatchObject({ owner: "flag", limit: 2, url: "https://file", service: "github" });
});

test("an empty variable counts as none", () => {
  const config = load({ env: { ...complete.env, BATON_ACME_LIMIT: "" }, file: { "acme-limit": ["3"] } });
  expect(config.limit).toBe(3);
});

test("a list given on the command line replaces the one from the environment", () => {
  const env = { ...complete.env, BATON_ACME_ONLY: 'a,"b,c"' };
  expect(load({ env }).only).toEqual(["a", "b,c"]);
  expect(load({ env, argv: ["--acme-only", "x,y", "--acme-only=z"] }).only).toEqual(["x", "y", "z"]);
  expect(load({ env: complete.env, file: { "acme-only": ["p,q", "r"] } }).only).toEqual(["p,q", "r"]);
});

test("secrets load as values that cannot be printed", () => {
  const config = load(complete);
  expect(JSON.stringify(config)).not.toContain('"t"');
  expect(config.token?.reveal()).toBe("t");
});

test("a normalized spelling is accepted and the right one loaded", () => {
  expect(load({ ...complete, argv: ["--acme-service", "GH"] }).service).toBe("github");
});

test("all required fields that are missing are named in one sentence, in alphabetical order", () => {
  const required = {
    b: { kind: "string", name: "b-field", description: "B", required: true },
    a: { kind: "string", name: "a-field", description: "A", required: true },
  } as const satisfies FieldSet;
  const sources = { flags: [], env: {}, file: new Map() };
  const error = catchError(() => loadFields(required, [], sources));
  expect(error.code).toBe(Code.Unknown);
  expect(error.message).toContain('required flag(s) "a-field", "b-field" not set');
  expect(error.message).toContain("BATON_A_FIELD");
});

test("a required field given as an empty text is refused", () => {
  const error = catchError(() => load({ ...complete, argv: ["--acme-owner="] }));
  expect(error.code).toBe(Code.Unknown);
  expect(error.message).toMatch(/^--acme-owner .*empty/);
});

test("several problems are told together, one a line", () => {
  const argv = ["--acme-service=svn", "--acme-limit=ten", "--acme-url=ftp://x", "--acme-dry=maybe"];
  expect(catchError(() => load({ ...complete, argv })).message.split("\n")).toEqual([
    expect.any(String),
    expect.stringMatching(/^--acme-service: .*\[github, gitlab\].*"svn"$/),
    expect.stringMatching(/^--acme-limit: .*"ten"$/),
    expect.stringMatching(/^--acme-dry: .*"maybe"$/),
    expect.stringMatching(/^--acme-url .*https:$/),
  ]);
  expect(catchError(() => load({ ...complete, argv: ["--acme-limit=10"] })).message).toMatch(
    /^--acme-limit: .*1 to 9.*10$/,
  );
});

test.each([
  [["--acme-token=t", "--acme-token-file=f"], "only one of --acme-token, --acme-token-file may be given"],
  [
    [],
    "one of --acme-token, --acme-token-file is required; BATON_ACME_TOKEN or BATON_ACME_TOKEN_FILE work as well",
  ],
])("exactly one of a group: %j", (argv, message) => {
  const error = catchError(() => load({ argv, env: { BATON_ACME_OWNER: "acme" } }));
  expect(error.message).toContain(message);
});

test.each<[Constraint, string[], string | undefined]>([
  [{ kind: "required-together", fields: ["acme-dry", "acme-only"] }, [], undefined],
  [
    { kind: "required-together", fields: ["acme-dry", "acme-only"] },
    ["-d"],
    "if any flags in the group [acme-dry acme-only] are given, all must be; missing: --acme-only",
  ],
  [{ kind: "required-together", fields: ["acme-dry", "acme-only"] }, ["-d", "--acme-only=x"], undefined],
  [{ kind: "mutually-exclusive", fields: ["acme-dry", "acme-only"] }, ["-d"], undefined],
  [
    { kind: "mutually-exclusive", fields: ["acme-dry", "acme-only"] },
    ["-d", "--acme-only=x"],
    "if any flags in the group [acme-dry acme-only] are given, the others must not be; given: --acme-dry, --acme-only",
  ],
  [
    { kind: "at-least-one", fields: ["acme-dry", "acme-only"] },
    ["-d=false"],
    "at least one of --acme-dry, --acme-only is required",
  ],
  [{ kind: "at-least-one", fields: ["acme-dry", "acme-only"] }, ["-d=true"], undefined],
  [
    { kind: "dependent-on", fields: ["acme-dry"], on: ["acme-only"] },
    ["-d"],
    "--acme-dry can only be given together with --acme-only",
  ],
  [{ kind: "dependent-on", fields: ["acme-dry"], on: ["acme-only"] }, ["--acme-only=x"], undefined],
])("relation %j with %j", (constraint, argv, message) => {
  const given = { ...complete, argv, relations: [constraint] };
  if (message === undefined) expect(() => load(given)).not.toThrow();
  else expect(catchError(() => load(given)).message).toBe(message);
});
