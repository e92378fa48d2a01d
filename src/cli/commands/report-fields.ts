import type { FieldSet } from "#config/field.ts";

export const reportFields = {
  format: {
    kind: "select",
    name: "format",
    description: "Form of the report; by default a table, or what the name of the --output file ends with",
    values: ["table", "json", "csv", "html"],
  },
  output: {
    kind: "string",
    name: "output",
    description: "File to write the report to instead of standard output",
    isPath: true,
  },
} as const satisfies FieldSet;
