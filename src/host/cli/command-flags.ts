/** Flags of commands, apart from their code so that `--help` and the reading of a command line do not load it. */

import type { Field, FieldSet } from "#config/field.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";
import type { Command } from "./command.ts";

/** Flags that every program has beside its settings. The help shows them by themselves. */
export const programFields = {
  help: { kind: "bool", name: "help", shorthand: "h", description: "Show the help" },
  version: { kind: "bool", name: "version", shorthand: "v", description: "Show the version" },
} as const satisfies FieldSet;

export const configFields = {
  sample: {
    kind: "bool",
    name: "sample",
    description: "Print a commented configuration file to fill in instead of the schema",
  },
} as const satisfies FieldSet;

export const healthCheckFields = {
  endpoint: {
    kind: "select",
    name: "endpoint",
    description: "Health endpoint to query",
    values: ["health", "ready", "live"],
    default: "health",
  },
  timeout: {
    kind: "int",
    name: "timeout",
    description: "Seconds to wait for the response",
    default: 5,
    min: 1,
    max: 86_400,
  },
} as const satisfies FieldSet;

export const serveFields = {
  listen: {
    kind: "string",
    name: "listen",
    description: "Where to listen: host:port or unix:/path/of/socket",
    default: "127.0.0.1:50051",
  },
  certPath: {
    kind: "string",
    name: "tls-cert-path",
    description: "PEM file with the server certificate and its intermediate certificates",
    isInputFile: true,
  },
  keyPath: {
    kind: "string",
    name: "tls-key-path",
    description: "PEM file with the private key of the server certificate",
    isInputFile: true,
  },
  clientCaPath: {
    kind: "string",
    name: "tls-client-ca-path",
    description: "PEM file with the certificate authority that clients' certificates must come from",
    isInputFile: true,
  },
  allowedSans: {
    kind: "list",
    name: "tls-allowed-sans",
    description:
      "Clients that may connect, by DNS name, URI or e-mail address in their certificate, in full and without wildcards; if not set, all clients of the authority",
  },
  plaintext: {
    kind: "bool",
    name: "plaintext",
    description: "Serve without TLS, on loopback or a Unix socket only",
  },
} as const satisfies FieldSet;

/** The visible flags that a command acts on: its own, those of the program, and those of the connector. */
export function fieldsOf(
  command: Command,
  definition: ConnectorDefinition,
): {
  readonly own: readonly Field[];
  readonly shared: readonly Field[];
  readonly connector: readonly Field[];
} {
  const isVisible = ({ hidden }: Field) => hidden !== true;
  return {
    own: Object.values(command.fields ?? {}).filter(isVisible),
    shared: (command.uses ?? []).filter(isVisible),
    connector: command.usesConnector === true ? Object.values(definition.fields).filter(isVisible) : [],
  };
}
