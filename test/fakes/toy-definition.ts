import type { FieldSet } from "#config/field.ts";
import { Secret } from "#kernel/secret.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";
import { ToyConnector } from "./toy-connector.ts";

const fields = {
  token: { kind: "secret", name: "toy-token", description: "Token", required: true },
  people: { kind: "int", name: "toy-people", description: "People of the company", default: 5 },
} as const satisfies FieldSet;

/** The toy company as a connector that a program can offer. */
export const toy = {
  name: "baton-toy",
  displayName: "Toy",
  description: "An imaginary company",
  fields,
  constraints: [],
  exampleConfig: { token: new Secret("toy"), people: 5 },
  create: ({ people }) => new ToyConnector(people),
} as const satisfies ConnectorDefinition<typeof fields>;
