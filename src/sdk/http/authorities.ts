import { readFileSync } from "node:fs";
import { findPemProblem } from "#kernel/certificates.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { describeUnreadable } from "#kernel/system-error.ts";
import type { NetworkEnvironment } from "./network-environment.ts";

/**
 * The certificates of `SSL_CERT_FILE`, together with all that Node trusts by itself; undefined if the variable
 * is not set. Node honours `NODE_EXTRA_CA_CERTS` on its own, and its default set contains them; a file that it
 * cannot use it ignores, so that is found out here.
 *
 * @throws BatonError InvalidArgument if a file that one of the two names is not a list of certificates in PEM.
 */
export function readExtraAuthorities(environment: NetworkEnvironment): string[] | undefined {
  readPem(environment, "NODE_EXTRA_CA_CERTS");
  const extra = readPem(environment, "SSL_CERT_FILE");
  if (extra === undefined) return undefined;
  const { getCACertificates } = process.getBuiltinModule("node:tls");
  return [...getCACertificates("default"), extra];
}

function readPem(environment: NetworkEnvironment, name: string): string | undefined {
  const file = environment[name];
  if (file === undefined || file === "") return undefined;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw unusable(`${name} ${file} cannot be read: ${describeUnreadable(cause)}`, cause);
  }
  const problem = findPemProblem(text);
  if (problem === undefined) return text;
  throw unusable(`${name} ${file} ${problem}; name a file with PEM certificates`);
}

function unusable(message: string, cause?: unknown): BatonError {
  return new BatonError(Code.InvalidArgument, message, { kind: "configuration", cause });
}
