/** Flags of the commands on coverage that ask Codecov. */

import type { FieldSet } from "#config/field.ts";

export const coverageLiveFields = {
  pull: {
    kind: "int",
    name: "pull",
    description: "Only the pull request with this number, of the one --repository",
    min: 1,
  },
  compute: {
    kind: "bool",
    name: "compute",
    description:
      "With --pull: let Codecov compute the comparison if it has not yet, which stores something there",
  },
  allowSeat: {
    kind: "bool",
    name: "codecov-allow-seat",
    description:
      "Also read below private repositories if the token's owner has no seat, which gives that account one",
  },
} as const satisfies FieldSet;
