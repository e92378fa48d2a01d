import type { Constraint, FieldSet } from "#config/field.ts";
import { coverageFields } from "./coverage-fields.ts";
import { coverageLiveFields } from "./coverage-live-fields.ts";

export const coverageSyncFields = {
  ...coverageFields,
  days: {
    kind: "int",
    name: "days",
    description: "Days that a trend is read back when it is read for the first time",
    default: 30,
    min: 2,
    max: 3_660,
  },
  details: {
    kind: "select",
    name: "details",
    description:
      "Repositories whose trend, commits and open pull requests are read, beside the list of all: none, public ones, or with seat all if the token's owner holds a seat and else public ones",
    values: ["none", "public", "seat"],
    default: "seat",
  },
  acceptGone: {
    kind: "bool",
    name: "accept-gone",
    description: "Accept that repositories which vanished all at once are gone",
  },
  ...coverageLiveFields,
} as const satisfies FieldSet;

export const syncConstraints: readonly Constraint[] = [
  {
    kind: "dependent-on",
    fields: [coverageSyncFields.pull.name],
    on: [coverageSyncFields.repository.name],
  },
  { kind: "dependent-on", fields: [coverageSyncFields.compute.name], on: [coverageSyncFields.pull.name] },
];
