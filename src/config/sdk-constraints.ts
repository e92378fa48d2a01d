import type { Constraint, Field } from "./field.ts";
import { sdkFields } from "./sdk-fields.ts";

/** Secrets with which the program proves itself as a host; the connector that it starts has no use for them. */
export const hostSecrets: readonly Field[] = [sdkFields.clientSecret];

const CLIENT_CREDENTIALS: Constraint = { kind: "required-together", fields: ["client-id", "client-secret"] };

/** Relations among the program's own settings. */
export const sdkConstraints: readonly Constraint[] = [
  CLIENT_CREDENTIALS,
  { kind: "required-together", fields: ["grant-entitlement", "grant-principal"] },
  { kind: "required-together", fields: ["delete-resource", "delete-resource-type"] },
  { kind: "required-together", fields: ["rotate-credentials", "rotate-credentials-type"] },
  {
    kind: "mutually-exclusive",
    fields: [
      "grant-entitlement",
      "revoke-grant",
      "event-feed",
      "create-account-login",
      "delete-resource",
      "rotate-credentials",
      "invoke-action",
      "list-action-schemas",
    ],
  },
  { kind: "dependent-on", fields: ["skip-grants"], on: ["sync-resources"] },
];

/** The same for a connector that a host has started, which may have kept {@link hostSecrets} to itself. */
export const connectorConstraints: readonly Constraint[] = sdkConstraints.filter(
  (constraint) => constraint !== CLIENT_CREDENTIALS,
);
