import type { FieldSet } from "#config/field.ts";

export const configFields = {
  sample: {
    kind: "bool",
    name: "sample",
    description: "Print a commented configuration file to fill in instead of the schema",
  },
} as const satisfies FieldSet;
