import type { FieldSet } from "#config/field.ts";

export const healthCheckFields = {
  endpoint: {
    kind: "select",
    name: "endpoint",
    description: "What to ask for",
    values: ["health", "ready", "live"],
    default: "health",
  },
  timeout: {
    kind: "int",
    name: "timeout",
    description: "Seconds to wait for the answer",
    default: 5,
    min: 1,
    max: 86_400,
  },
} as const satisfies FieldSet;
