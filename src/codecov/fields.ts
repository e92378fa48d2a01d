import { checkBaseUrl, HOSTED_BASE_URL } from "#codecov/api/api-address.ts";
import { checkOwner, normalizeService, SERVICES } from "#codecov/api/owner.ts";
import type { ConfigOf, Constraint, FieldSet } from "#config/field.ts";

/** The connector's settings. The names of token, service and owner are those of the vendor's own Codecov connector. */
export const fields = {
  apiToken: {
    kind: "secret",
    name: "codecov-api-token",
    displayName: "API token",
    description:
      "Codecov API access token of a member of the organization, who needs to be an admin only for sign-in sessions. Pass it as a file or an environment variable: flags are visible in the process list.",
  },
  apiTokenFile: {
    kind: "string",
    name: "codecov-api-token-file",
    displayName: "API token file",
    description: "File with the API token; read again when Codecov rejects the token.",
    placeholder: "/run/secrets/codecov-api-token",
    isInputFile: true,
    exportAs: "ops",
  },
  service: {
    kind: "select",
    name: "codecov-service",
    displayName: "Git service",
    description:
      "Git service of the organization; short names such as gh are accepted, in upper or lower case.",
    values: SERVICES,
    required: true,
    normalize: normalizeService,
  },
  owner: {
    kind: "string",
    name: "codecov-owner",
    displayName: "Organization",
    description: "Name of the organization on that service; a GitLab subgroup as group/sub.",
    placeholder: "acme",
    required: true,
    check: checkOwner,
  },
  baseUrl: {
    kind: "string",
    name: "codecov-base-url",
    displayName: "Base URL",
    description: "Address of a self-hosted or dedicated-cloud Codecov, with or without /api/v2.",
    default: HOSTED_BASE_URL,
    check: checkBaseUrl,
  },
  allowHttp: {
    kind: "bool",
    name: "codecov-allow-http",
    displayName: "Allow plain HTTP",
    description:
      "Allow an http:// base URL on another machine, although the API token then travels unencrypted.",
    exportAs: "ops",
  },
  purchasedSeats: {
    kind: "int",
    name: "codecov-purchased-seats",
    displayName: "Purchased seats",
    description:
      "How many seats the organization pays for, which Codecov's API does not report. 0 means unknown.",
    default: 0,
    min: 0,
    max: 1_000_000_000,
  },
  sessionInfo: {
    kind: "bool",
    name: "codecov-session-info",
    displayName: "Sign-in sessions",
    description:
      "Also read when members last signed in to Codecov. Requires the token of an admin; on a self-hosted Codecov, of an account listed under setup.admins in its configuration.",
  },
  internalIds: {
    kind: "bool",
    name: "codecov-internal-ids",
    displayName: "Internal ids",
    description:
      "When changing seats, address members whose user name the API cannot handle by their internal id, taken from an undocumented, read-only endpoint.",
  },
} as const satisfies FieldSet;

export type CodecovConfig = ConfigOf<typeof fields>;

export const constraints: readonly Constraint[] = [
  { kind: "exactly-one", fields: [fields.apiToken.name, fields.apiTokenFile.name] },
];
