/**
 * The settings that every connector program has, beside its own. Names, types and defaults are those of
 * connectors built on baton-sdk v0.25.0, so that scripts and deployments need no change.
 */

import { checkDuration } from "#kernel/duration.ts";
import type { FieldSet } from "./field.ts";
import { hiddenTasks } from "./hidden-fields.ts";

const GROUP = {
  sync: "Sync",
  provisioning: "Provisioning",
  changes: "Changes from the command line, after a sync (baton grants and baton entitlements show the ids)",
  service: "Service mode",
  logging: "Logging",
  network: "Network",
  operations: "Health and telemetry",
} as const;

/** Those of baton-sdk v0.25.0, whose own default is `pebble`. */
const STORAGE_ENGINES: readonly string[] = ["sqlite", "pebble"];

/** What the program itself acts on. The order is that of the exported schema. */
export const sdkFields = {
  file: {
    kind: "string",
    name: "file",
    shorthand: "f",
    description: "The .c1z file: a sync writes it; reports, grants and revokes read it",
    isPath: true,
    default: "sync.c1z",
    group: GROUP.sync,
  },
  syncResourceTypes: {
    kind: "list",
    name: "sync-resource-types",
    description: "Sync only these resource types",
    group: GROUP.sync,
  },
  syncResources: {
    kind: "list",
    name: "sync-resources",
    description: "Sync only these resources, given as Baton IDs",
    group: GROUP.sync,
  },
  skipEntitlementsAndGrants: {
    kind: "bool",
    name: "skip-entitlements-and-grants",
    description: "Sync resources only",
    group: GROUP.sync,
  },
  skipGrants: {
    kind: "bool",
    name: "skip-grants",
    description: "Leave out grants; only together with --sync-resources",
    hidden: true,
  },
  skipFullSync: {
    kind: "bool",
    name: "skip-full-sync",
    description: "In service mode, complete full-sync tasks without syncing",
    group: GROUP.service,
  },
  workers: {
    kind: "int",
    name: "workers",
    description: "How many calls of a sync may run at the same time; -1 picks a number automatically",
    default: 0,
    min: -1,
    max: 1000,
    group: GROUP.sync,
  },
  parallelSync: {
    kind: "bool",
    name: "parallel-sync",
    description: "Older spelling of --workers=-1",
    hidden: true,
  },
  storageEngine: {
    kind: "string",
    name: "storage-engine",
    description:
      "Storage engine of the .c1z file: sqlite; pebble is accepted, and sqlite used with a warning",
    hidden: true,
    check: (text) =>
      STORAGE_ENGINES.includes(text) ? undefined : `must be one of [${STORAGE_ENGINES.join(", ")}]`,
  },
  maxWait: {
    kind: "string",
    name: "max-wait",
    description:
      "How long a sync or a change keeps retrying while the upstream is unavailable or rate limiting, for example 90s or 15m. If set, this includes the first request of a sync, which otherwise gives up after about 15s",
    default: "15m",
    group: GROUP.sync,
    check: checkDuration,
  },
  c1zTempDir: {
    kind: "string",
    name: "c1z-temp-dir",
    description: "Directory for temporary files; if not set, BATON_TMPDIR, then the system's own",
    isPath: true,
    hidden: true,
  },

  provisioning: {
    kind: "bool",
    name: "provisioning",
    shorthand: "p",
    description: "Allow operations that change something upstream",
    group: GROUP.provisioning,
  },
  grantEntitlements: {
    kind: "list",
    name: "grant-entitlement",
    description:
      "Grant the entitlement with this id to --grant-principal; several entitlements need as many principals, in the same order",
    verbatim: true,
    task: "choice",
    group: GROUP.changes,
  },
  grantPrincipals: {
    kind: "list",
    name: "grant-principal",
    description: "Id of the resource that gets the entitlement; a single entitlement goes to every principal",
    verbatim: true,
    task: "choice",
    group: GROUP.changes,
  },
  grantPrincipalType: {
    kind: "string",
    name: "grant-principal-type",
    description:
      "Resource type of the principals; required if the entitlement can be granted to several types",
    task: "detail",
    group: GROUP.changes,
  },
  revokeGrants: {
    kind: "list",
    name: "revoke-grant",
    description: "Revoke the grant with this id",
    verbatim: true,
    task: "choice",
    group: GROUP.changes,
  },
  invokeAction: {
    kind: "string",
    name: "invoke-action",
    description: "Run the action with this name",
    task: "choice",
    group: GROUP.changes,
  },
  invokeActionArgs: {
    kind: "string",
    name: "invoke-action-args",
    description: "Arguments of the action, a JSON object",
    default: "{}",
    task: "detail",
    group: GROUP.changes,
  },
  listActionSchemas: {
    kind: "bool",
    name: "list-action-schemas",
    description: "List the actions with their arguments, as JSON",
    task: "choice",
    group: GROUP.changes,
  },
  deleteResources: {
    kind: "list",
    name: "delete-resource",
    description: "Delete the resource with this id",
    verbatim: true,
    task: "choice",
    hidden: true,
  },
  rotateCredentials: {
    kind: "list",
    name: "rotate-credentials",
    description: "Rotate the credentials of the resource with this id",
    verbatim: true,
    task: "choice",
    hidden: true,
  },
  ...hiddenTasks("choice", {
    createAccountLogin: ["create-account-login", "Create an account with this login"],
    createAccountEmail: ["create-account-email", "E-mail address of the account to create"],
    createAccountProfile: ["create-account-profile", "Profile of the account to create, a JSON object"],
  }),
  ...hiddenTasks("detail", {
    eventFeed: ["event-feed", "Print events, one JSON object per line (true or false)"],
    eventFeedId: ["event-feed-id", "Which event feed to read"],
    eventFeedCursor: ["event-feed-cursor", "Cursor from which to continue reading events"],
    eventFeedStartAt: ["event-feed-start-at", "Time of the earliest event, RFC 3339; one day ago if not set"],
    createAccountResourceType: ["create-account-resource-type", "Resource type of the account to create"],
    deleteResourceType: ["delete-resource-type", "Resource type of the resources to delete"],
    rotateCredentialsType: ["rotate-credentials-type", "Resource type of those resources"],
    invokeActionResourceType: ["invoke-action-resource-type", "Resource type that the action belongs to"],
    listActionSchemasResourceType: [
      "list-action-schemas-resource-type",
      "List only this resource type's actions",
    ],
  }),

  clientId: {
    kind: "string",
    name: "client-id",
    description: "Client id from C1; selects service mode",
    group: GROUP.service,
  },
  clientSecret: {
    kind: "secret",
    name: "client-secret",
    description:
      "Client secret from C1; pass it as a file or an environment variable, since flags are visible in the process list",
    group: GROUP.service,
  },
  clientSecretFile: {
    kind: "string",
    name: "client-secret-file",
    description: "File with the client secret; read again when C1 rejects the secret",
    placeholder: "/run/secrets/client-secret",
    isInputFile: true,
    group: GROUP.service,
  },
  taskConcurrency: {
    kind: "int",
    name: "task-concurrency",
    description: "How many C1 tasks may run at the same time",
    default: 3,
    min: 1,
    max: 100,
    group: GROUP.service,
  },
  keepPreviousSync: {
    kind: "bool",
    name: "keep-previous-sync-c1z",
    description: "Keep the last uploaded file",
    group: GROUP.service,
  },

  logLevel: {
    kind: "select",
    name: "log-level",
    description: "debug, info, warn or error",
    values: ["debug", "info", "warn", "error"],
    normalize: toLowerCase,
    default: "info",
    schemaTakesAny: true,
    connectorTakesAny: true,
    exportAs: "ops",
    group: GROUP.logging,
  },
  logLevelDebugExpiresAt: {
    kind: "string",
    name: "log-level-debug-expires-at",
    description: "When temporary debug logging ends, RFC 3339",
    exportAs: "ops",
    hidden: true,
  },
  logFormat: {
    kind: "select",
    name: "log-format",
    description: "json or console; console by default if standard output is a terminal",
    values: ["json", "console"],
    normalize: toLowerCase,
    schemaTakesAny: true,
    connectorTakesAny: true,
    group: GROUP.logging,
  },
  logPath: {
    kind: "list",
    name: "log-path",
    description: "Files to write log lines to instead of standard error",
    isPath: true,
    group: GROUP.logging,
  },

  sessionStoreMaximumSize: {
    kind: "int",
    name: "session-store-maximum-size",
    description: "Bytes of session data that the connector process keeps in memory",
    default: 15_728_640,
    exportAs: "ops",
    hidden: true,
  },
  otelCollectorEndpoint: {
    kind: "string",
    name: "otel-collector-endpoint",
    description: "OpenTelemetry collector (OTLP over gRPC) to send traces, logs and metrics to",
    exportAs: "ops",
    group: GROUP.operations,
  },
  otelCollectorTlsCertPath: {
    kind: "string",
    name: "otel-collector-endpoint-tls-cert-path",
    description: "File with the certificate authority of the collector, PEM",
    isInputFile: true,
    exportAs: "ops",
    hidden: true,
  },
  otelCollectorTlsCert: {
    kind: "string",
    name: "otel-collector-endpoint-tls-cert",
    description: "Certificate authority of the collector, PEM in unpadded base64url",
    exportAs: "ops",
    hidden: true,
  },
  otelCollectorTlsInsecure: {
    kind: "bool",
    name: "otel-collector-endpoint-tls-insecure",
    description: "Connect to the collector without TLS",
    exportAs: "ops",
    hidden: true,
  },
  otelTracingDisabled: {
    kind: "bool",
    name: "otel-tracing-disabled",
    description: "Send no traces",
    exportAs: "ops",
    hidden: true,
  },
  otelLoggingDisabled: {
    kind: "bool",
    name: "otel-logging-disabled",
    description: "Send no logs",
    exportAs: "ops",
    hidden: true,
  },
  otelMetricsDisabled: {
    kind: "bool",
    name: "otel-metrics-disabled",
    description: "Send no metrics",
    hidden: true,
  },
  healthCheck: {
    kind: "bool",
    name: "health-check",
    description: "Serve /health, /ready, /live and /metrics over HTTP, in service mode and under serve",
    exportAs: "ops",
    group: GROUP.operations,
  },
  healthCheckPort: {
    kind: "int",
    name: "health-check-port",
    description: "Port of the health endpoints",
    default: 8081,
    min: 0,
    max: 65_535,
    schemaTakesAny: true,
    connectorTakesAny: true,
    exportAs: "ops",
    group: GROUP.operations,
  },
  healthCheckBindAddress: {
    kind: "string",
    name: "health-check-bind-address",
    description: "Listen address of the health endpoints; for HTTP probes by Kubernetes, the pod's own",
    default: "127.0.0.1",
    exportAs: "ops",
    group: GROUP.operations,
  },
  httpTimeoutSeconds: {
    kind: "int",
    name: "http-timeout-seconds",
    description: "Timeout of a single HTTP request, in seconds",
    default: 300,
    min: 1,
    max: 1800,
    exportAs: "ops",
    group: GROUP.network,
  },
} as const satisfies FieldSet;

function toLowerCase(text: string): string {
  return text.trim().toLowerCase();
}
