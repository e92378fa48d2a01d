import type { Only, Sort } from "#codecov/coverage/report/order.ts";
import type { FieldSet } from "#config/field.ts";
import { reportFields } from "../report-fields.ts";
import { coverageFields } from "./coverage-fields.ts";

export const coverageReportFields = {
  ...coverageFields,
  days: {
    kind: "int",
    name: "days",
    description: "Days of the trends in the report",
    default: 30,
    min: 2,
    max: 3_660,
  },
  only: {
    kind: "select",
    name: "only",
    description:
      "Only repositories that are below their minimum, declining, stale or unknown, or only pull requests",
    values: ["below", "declining", "stale", "unknown", "pulls"] satisfies Only[],
    refusesEmpty: true,
  },
  sort: {
    kind: "select",
    name: "sort",
    description:
      "Order of the repositories; by default those that need attention come first in a table and on a page, and otherwise they are ordered by name",
    values: ["attention", "name", "coverage", "delta", "age"] satisfies Sort[],
    refusesEmpty: true,
  },
  pull: {
    kind: "int",
    name: "pull",
    description: "Only the pull request with this number, of the one --repository",
    min: 1,
  },
  format: {
    kind: "select",
    name: "format",
    description: reportFields.format.description,
    values: ["table", "json", "csv", "html", "openmetrics"],
    refusesEmpty: true,
  },
  output: reportFields.output,
} as const satisfies FieldSet;
