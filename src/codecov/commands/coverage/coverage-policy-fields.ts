import type { FieldSet } from "#config/field.ts";
import { coverageFields } from "./coverage-fields.ts";

export const coveragePolicyFields = {
  policy: coverageFields.policy,
  store: coverageFields.store,
  schema: {
    kind: "bool",
    name: "schema",
    description: "Print the JSON Schema of policy files instead, for editors and CI",
  },
} as const satisfies FieldSet;
