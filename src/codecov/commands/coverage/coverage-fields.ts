/** Flags that several commands on coverage have. Apart from their code, so that `--help` loads none of it. */

import type { FieldSet } from "#config/field.ts";

/** Where coverage is kept, and what it is judged by. */
export const coverageFields = {
  store: {
    kind: "string",
    name: "store",
    description: "File in which coverage is kept",
    default: "coverage.db",
    isPath: true,
    refusesEmpty: true,
  },
  policy: {
    kind: "string",
    name: "policy",
    description: "File with minimums and other rules; by default coverage.yaml if it exists",
    isInputFile: true,
    refusesEmpty: true,
  },
  repository: {
    kind: "list",
    name: "repository",
    description: "Only these repositories: names, or patterns such as payments-*",
    placeholder: "payments-*",
    refusesEmpty: true,
  },
} as const satisfies FieldSet;
