import type { FieldSet } from "#config/field.ts";
import { coverageFields } from "./coverage/coverage-fields.ts";

export const doctorFields = {
  store: coverageFields.store,
  format: {
    kind: "select",
    name: "format",
    description: "Format of the checklist",
    values: ["table", "json"],
    refusesEmpty: true,
  },
} as const satisfies FieldSet;
