import { expect, expectTypeOf, test } from "vitest";
import { type ConfigOf, type FieldSet, variableOf } from "#config/field.ts";
import type { Secret } from "#kernel/secret.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";

const fields = {
  owner: { kind: "string", name: "acme-owner", description: "Owner", required: true },
  url: { kind: "string", name: "acme-url", description: "URL", default: "https://acme.test" },
  note: { kind: "string", name: "acme-note", description: "Note" },
  token: { kind: "secret", name: "acme-token", description: "Token" },
  limit: { kind: "int", name: "acme-limit", description: "Limit", default: 5 },
  dry: { kind: "bool", name: "acme-dry", description: "Dry" },
  only: { kind: "list", name: "acme-only", description: "Only" },
  service: {
    kind: "select",
    name: "acme-service",
    description: "Service",
    values: ["a", "b"],
    required: true,
  },
} as const satisfies FieldSet;

test("the type of the loaded configuration follows from the declarations", () => {
  expectTypeOf<ConfigOf<typeof fields>>().toEqualTypeOf<{
    readonly owner: string;
    readonly url: string;
    readonly note: string | undefined;
    readonly token: Secret | undefined;
    readonly limit: number;
    readonly dry: boolean;
    readonly only: readonly string[];
    readonly service: "a" | "b";
  }>();
});

test("a definition with its own fields is a definition", () => {
  expectTypeOf<ConnectorDefinition<typeof fields>>().toExtend<ConnectorDefinition>();
});

test("the variable is BATON_ and the flag in capitals with underscores", () => {
  expect(variableOf("codecov-api-token")).toBe("BATON_CODECOV_API_TOKEN");
});
