import { createPrivateKey, X509Certificate } from "node:crypto";
import { findPemProblem } from "#kernel/certificates.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { TlsFiles } from "#wire/tls.ts";

/** PEM texts for mutual TLS with peers that somebody else gave their certificates. */
export interface PemFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The authority of the clients' certificates. */
  readonly clientCa: Buffer;
}

/**
 * Checks the files before anybody connects.
 *
 * @throws BatonError Unknown if a file does not hold what it should, or the key is of another certificate.
 */
export function readTlsFiles({ cert, key, clientCa }: PemFiles): TlsFiles {
  requirePem("--tls-cert-path", cert);
  requirePem("--tls-client-ca-path", clientCa);
  const certificate = new X509Certificate(cert);
  const privateKey = parse("--tls-key-path contains no unencrypted PEM private key", () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable("the private key of --tls-key-path does not belong to the certificate of --tls-cert-path");
  }
  return { ca: clientCa, cert, key };
}

function requirePem(flag: string, bytes: Buffer): void {
  const problem = findPemProblem(bytes.toString("latin1"));
  if (problem !== undefined) throw unusable(`${flag} ${problem}`);
}

function parse<T>(problem: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unusable(problem, cause);
  }
}

function unusable(problem: string, cause?: unknown): BatonError {
  return new BatonError(Code.Unknown, problem, { kind: "configuration", cause });
}
