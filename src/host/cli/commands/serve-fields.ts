import type { FieldSet } from "#config/field.ts";

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
    description: "PEM file with the server's certificate, and those that lead to its authority",
    isInputFile: true,
  },
  keyPath: {
    kind: "string",
    name: "tls-key-path",
    description: "PEM file with the private key of that certificate",
    isInputFile: true,
  },
  clientCaPath: {
    kind: "string",
    name: "tls-client-ca-path",
    description: "PEM file with the authority whose certificates clients must have",
    isInputFile: true,
  },
  allowedSans: {
    kind: "list",
    name: "tls-allowed-sans",
    description:
      "Which clients of that authority may connect, by DNS name, URI or e-mail address in their certificate, whole and without wildcards; all if not given",
  },
  plaintext: {
    kind: "bool",
    name: "plaintext",
    description: "Serve without TLS, on loopback or a Unix socket only",
  },
} as const satisfies FieldSet;
