import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exportSchema } from "#config/export.ts";
import type { Constraint, FieldSet } from "#config/field.ts";
import { sdkFields } from "#config/sdk-fields.ts";

/** The schema that a Go connector with these four fields prints, its descriptions left out. */
const reference = readFileSync(
  new URL("../../golden/go-config-schema.json", import.meta.url),
  "utf8",
).trimEnd();

const fields = {
  token: {
    kind: "secret",
    name: "codecov-api-token",
    displayName: "Codecov API token",
    description: "API token",
    required: true,
  },
  service: {
    kind: "select",
    name: "codecov-service",
    displayName: "Git service",
    description: "The git service",
    required: true,
    values: ["github", "gitlab", "bitbucket", "github_enterprise", "gitlab_enterprise", "bitbucket_server"],
  },
  owner: {
    kind: "string",
    name: "codecov-owner",
    displayName: "Organization",
    description: "Owner slug",
    required: true,
  },
  baseUrl: {
    kind: "string",
    name: "codecov-base-url",
    displayName: "Base URL",
    description: "API base",
    default: "https://api.codecov.io",
  },
} as const satisfies FieldSet;

test("the schema is that of a Go connector with the same fields, byte for byte", () => {
  const ownNames = new Set<string>(Object.values(sdkFields).map((field) => field.name));
  const exported = exportSchema({ displayName: "Codecov", fields, constraints: [] }, sdkFields);
  const comparable = JSON.parse(exported, (_, value) =>
    ownNames.has(value?.name) ? { ...value, description: "(text left out)" } : value,
  );
  expect(JSON.stringify(comparable, undefined, 2)).toBe(reference);
  expect(exported.endsWith("}")).toBe(true);
});

function schemaOf(set: FieldSet, constraints: readonly Constraint[] = []) {
  return JSON.parse(exportSchema({ displayName: "Acme", fields: set, constraints }, {}));
}

const a = { kind: "string", name: "a", description: "A" } as const;
const b = { kind: "string", name: "b", description: "B" } as const;
const hiddenFile = { kind: "string", name: "a-file", description: "File", exportAs: "none" } as const;

test("markup characters are escaped", () => {
  const field = { ...a, description: '<b> & "co"' };
  expect(exportSchema({ displayName: "Acme", fields: { field }, constraints: [] }, {})).toContain(
    '"description": "\\u003cb\\u003e \\u0026 \\"co\\""',
  );
});

test("switches, lists and numbers have their own kinds", () => {
  const schema = schemaOf({
    dry: { kind: "bool", name: "dry", description: "D" },
    only: { kind: "list", name: "only", description: "O", required: true },
    limit: { kind: "int", name: "limit", description: "L", default: 0, max: 9 },
  });
  expect(schema.fields).toEqual([
    { name: "dry", description: "D", boolField: {} },
    { name: "only", description: "O", isRequired: true, stringSliceField: { rules: { isRequired: true } } },
    { name: "limit", description: "L", intField: { rules: { lte: "9" } } },
  ]);
});

test("relations among exported fields are exported, exactly-one as two", () => {
  const constraints: readonly Constraint[] = [
    { kind: "exactly-one", fields: ["a", "b"] },
    { kind: "dependent-on", fields: ["a"], on: ["b"] },
    { kind: "required-together", fields: ["a", "a-file"] },
  ];
  expect(schemaOf({ a, b, hiddenFile }, constraints).constraints).toEqual([
    { kind: "CONSTRAINT_KIND_AT_LEAST_ONE", fieldNames: ["a", "b"] },
    { kind: "CONSTRAINT_KIND_MUTUALLY_EXCLUSIVE", fieldNames: ["a", "b"] },
    { kind: "CONSTRAINT_KIND_DEPENDENT_ON", fieldNames: ["a"], secondaryFieldNames: ["b"] },
  ]);
});

test("a field whose alternatives are not exported is required", () => {
  const schema = schemaOf({ a, hiddenFile }, [{ kind: "exactly-one", fields: ["a", "a-file"] }]);
  expect(schema).toEqual({
    fields: [{ name: "a", description: "A", isRequired: true, stringField: { rules: { isRequired: true } } }],
    displayName: "Acme",
  });
});
