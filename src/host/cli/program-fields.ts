import type { FieldSet } from "#config/field.ts";

/** Flags that every program has beside its settings. The help shows them by themselves. */
export const programFields = {
  help: { kind: "bool", name: "help", shorthand: "h", description: "Show the help" },
  version: { kind: "bool", name: "version", shorthand: "v", description: "Show the version" },
} as const satisfies FieldSet;
