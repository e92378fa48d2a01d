/**
 * Mutual TLS between a connector host and its connector: both ends present a certificate of one private
 * authority that lives as long as the host process. The material travels as DER and as a raw Ed25519 key;
 * Node wants PEM.
 */

import { checkServerIdentity } from "node:tls";
import { ChannelCredentials, type ChannelOptions } from "@grpc/grpc-js";
import { BatonError, Code } from "#kernel/errors.ts";
import { LOOPBACK } from "#kernel/loopback.ts";
import type { Credential } from "./server-config.ts";

const SEED_BYTES = 32;
const KEY_BYTES = 64;

/** PKCS#8 wrapping of a bare Ed25519 seed (RFC 8410, section 7): version 0, the curve's identifier, the seed. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Any name that is not an address. Node 26 refuses an IP address as TLS server name, and gRPC passes on what
 * it dials, so the client names this instead and checks the certificate against {@link LOOPBACK} itself, which
 * certificates carry as IP address and not as DNS name.
 */
const SERVER_NAME = "localhost";

/** What mutual TLS takes on the side of the server, in PEM. */
export interface TlsFiles {
  /** The authority of the clients' certificates. */
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Converts a credential to PEM. Throws `Unknown` if a part of it cannot be what it should be. */
export function toPem(credential: Credential): TlsFiles {
  return {
    ca: toPemBlock("CERTIFICATE", credential.caCert),
    cert: toPemBlock("CERTIFICATE", credential.cert),
    key: privateKeyToPem(credential.key),
  };
}

/** What a gRPC client needs to talk to the other end at `127.0.0.1`. */
export interface ClientTls {
  readonly credentials: ChannelCredentials;
  /** To be merged into the client's channel options. */
  readonly options: ChannelOptions;
}

/** Credentials and options for a gRPC client whose server has a certificate of the same authority. */
export function createClientTls(credential: Credential): ClientTls {
  const { ca, cert, key } = toPem(credential);
  return {
    credentials: ChannelCredentials.createSsl(ca, key, cert, {
      checkServerIdentity: (_name, certificate) => checkServerIdentity(LOOPBACK, certificate),
      rejectUnauthorized: true,
    }),
    options: {
      "grpc.ssl_target_name_override": SERVER_NAME,
      "grpc.default_authority": SERVER_NAME,
      // gRPC would otherwise send even loopback connections through an HTTP proxy from the environment.
      "grpc.enable_http_proxy": 0,
    },
  };
}

function privateKeyToPem(raw: Buffer): Buffer {
  if (raw.length !== KEY_BYTES) {
    throw new BatonError(
      Code.Unknown,
      `the private key of the credential has ${raw.length} bytes, an Ed25519 key has ${KEY_BYTES}`,
      { kind: "configuration" },
    );
  }
  // The second half repeats the public key, which follows from the first.
  const der = Buffer.concat([PKCS8_PREFIX, raw.subarray(0, SEED_BYTES)]);
  return toPemBlock("PRIVATE KEY", der);
}

function toPemBlock(label: string, der: Buffer): Buffer {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return Buffer.from(`-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`);
}
