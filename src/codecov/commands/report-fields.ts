/** Apart from `report.ts`, so that `--help` and the reading of a command line do not load the report. */

import type { FieldSet } from "#config/field.ts";
import { checkInstant } from "#kernel/instant.ts";

// Of an empty value each would mean its absence: another comparison, another form, or personal data on standard output.
export const reportFields = {
  format: {
    kind: "select",
    name: "format",
    description:
      "Format of the report; by default the one that the name of the --output file ends with, or a table",
    values: ["table", "json", "csv", "html"],
    refusesEmpty: true,
  },
  output: {
    kind: "string",
    name: "output",
    description: "File to write the report to instead of standard output",
    isPath: true,
    refusesEmpty: true,
  },
  since: {
    kind: "string",
    name: "since",
    description:
      "Compare with the newest finished sync from before this day (2026-07-01, in UTC) or time (RFC 3339) instead of the previous sync",
    placeholder: "2026-07-01",
    check: checkInstant,
    refusesEmpty: true,
  },
  previous: {
    kind: "string",
    name: "previous",
    description: "Another .c1z file of the same organization to compare with",
    isInputFile: true,
    refusesEmpty: true,
  },
} as const satisfies FieldSet;
