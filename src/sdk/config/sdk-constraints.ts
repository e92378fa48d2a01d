import type { Constraint, Field } from "./field.ts";
import { sdkFields } from "./sdk-fields.ts";

/** Secrets with which the program proves itself as a host; the connector that it starts has no use for them. */
export const hostSecrets: readonly Field[] = [sdkFields.clientSecret, sdkFields.clientSecretFile];

/** Relations among the program's own settings. */
export const sdkConstraints: readonly Constraint[] = [
  // That a client id needs one of the two is said where it is used: the connector process gets neither.
  { kind: "dependent-on", fields: ["client-secret"], on: ["client-id"] },
  { kind: "dependent-on", fields: ["client-secret-file"], on: ["client-id"] },
  { kind: "mutually-exclusive", fields: ["client-secret", "client-secret-file"] },
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
