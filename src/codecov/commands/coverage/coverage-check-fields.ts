import type { IfUnknown } from "#codecov/coverage/model/gate.ts";
import type { Constraint, FieldSet } from "#config/field.ts";
import { checkDuration } from "#kernel/duration.ts";
import { coverageFields } from "./coverage-fields.ts";
import { coverageLiveFields } from "./coverage-live-fields.ts";

const IF_UNKNOWN_VALUES = ["unknown", "fail", "pass"] as const satisfies readonly IfUnknown[];

/** Plain decimals: no sign, no exponent, nothing that a shell made up. */
const DECIMAL = /^\d{1,3}(?:\.\d{1,10})?$/;

function checkLimit(text: string): string | undefined {
  const isLimit = DECIMAL.test(text) && Number(text) <= 100;
  return isLimit ? undefined : "must be a number from 0 to 100, such as 80 or 79.5";
}

function checkWait(text: string): string | undefined {
  return text === "0" ? undefined : checkDuration(text);
}

function checkCommit(text: string): string | undefined {
  return /^[0-9a-f]{7,40}$/i.test(text) ? undefined : "must be a commit, at least seven digits of it";
}

export const coverageCheckFields = {
  ...coverageFields,
  minimum: {
    kind: "string",
    name: "minimum",
    description: "Least coverage in percent, before that of the policy",
    placeholder: "80",
    check: checkLimit,
    refusesEmpty: true,
  },
  maxDrop: {
    kind: "string",
    name: "max-drop",
    description:
      "Most that coverage may fall, in points: below the median of the seven days before, or with --pull below what Codecov compares with",
    placeholder: "2",
    check: checkLimit,
    refusesEmpty: true,
  },
  patchMinimum: {
    kind: "string",
    name: "patch-minimum",
    description: "With --pull: least coverage of the changed lines in percent",
    placeholder: "70",
    check: checkLimit,
    refusesEmpty: true,
  },
  ...coverageLiveFields,
  base: {
    kind: "string",
    name: "base",
    description:
      "With --pull: the commit that Codecov should have compared with; if it was another one, change and patch are unknown",
    placeholder: "1a2b3c4",
    check: checkCommit,
    refusesEmpty: true,
  },
  wait: {
    kind: "string",
    name: "wait",
    description: "With --pull: how long a comparison may take that Codecov has not finished; 0 looks once",
    default: "5m",
    check: checkWait,
    refusesEmpty: true,
  },
  maxAge: {
    kind: "string",
    name: "max-age",
    description: "Age from which on what the store says is unknown",
    default: "24h",
    check: checkDuration,
    refusesEmpty: true,
  },
  ifUnknown: {
    kind: "select",
    name: "if-unknown",
    description:
      "What a rule that cannot be judged comes to: unknown ends the run with 11, fail with 1, pass with 0",
    values: IF_UNKNOWN_VALUES,
    default: "unknown",
  },
  explain: {
    kind: "bool",
    name: "explain",
    description: "Also say which entry of the policy holds for each repository",
  },
  format: {
    kind: "select",
    name: "format",
    description: "Format of the result",
    values: ["text", "json"],
    default: "text",
    refusesEmpty: true,
  },
} as const satisfies FieldSet;

const { base, compute, patchMinimum, pull, repository } = coverageCheckFields;

export const checkConstraints: readonly Constraint[] = [
  { kind: "dependent-on", fields: [pull.name], on: [repository.name] },
  { kind: "dependent-on", fields: [base.name, compute.name, patchMinimum.name], on: [pull.name] },
];
