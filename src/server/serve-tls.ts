import { ServerCredentials } from "@grpc/grpc-js";
import { BatonError, Code } from "#kernel/errors.ts";

/** PEM texts for mutual TLS with peers that somebody else gave their certificates. */
export interface PemFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The authority of the clients' certificates. */
  readonly clientCa: Buffer;
}

/** @throws BatonError InvalidArgument if the files are no PEM or do not belong together. */
export function createPemCredentials({ cert, key, clientCa }: PemFiles): ServerCredentials {
  try {
    return ServerCredentials.createSsl(clientCa, [{ private_key: key, cert_chain: cert }], true);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BatonError(Code.InvalidArgument, `the TLS files cannot be used together: ${reason}`, {
      kind: "configuration",
      cause,
    });
  }
}

/** No TLS. For addresses that only this machine can reach. */
export function createPlaintextCredentials(): ServerCredentials {
  return ServerCredentials.createInsecure();
}
