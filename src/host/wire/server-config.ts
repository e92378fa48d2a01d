/**
 * The one line with which a connector host starts a connector process: standard base64 of a serialized
 * `c1.connector_wrapper.v1.ServerConfig`. The host writes it to the process's standard input, followed by
 * a newline, and keeps standard input open for as long as the process is wanted.
 */

import { ServerConfig } from "#gen/c1/connector_wrapper/v1/connector_wrapper.ts";
import type { RateLimiterConfig } from "#gen/c1/ratelimit/v1/ratelimit.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** Longest line that is read, the newline included; a real one has about 1,500 characters. */
export const MAX_LINE_BYTES = 64 * 1024;

/** The short-lived identity of one end of the connection between host and connector. */
export interface Credential {
  /** DER certificate of the authority that signed both ends; nothing else is trusted. */
  readonly caCert: Buffer;
  /** DER certificate of this end. */
  readonly cert: Buffer;
  /** Raw Ed25519 private key as Go keeps it: 32 bytes of seed, then the 32-byte public key. */
  readonly key: Buffer;
}

/** What the host sends to the process that it starts. */
export interface StartupConfig {
  readonly credential: Credential;
  /** Port of the listener that the process inherits, or has to open where inheriting is not possible. */
  readonly listenPort: number;
  /** Port of the host's session store; 0 if it offers none. */
  readonly sessionStorePort: number;
  /** Limits that the host wants kept; the standard host sends none. */
  readonly rateLimiter: RateLimiterConfig | undefined;
}

/** The start-up line for `config`, without the newline. */
export function encodeStartupLine(config: Omit<StartupConfig, "rateLimiter">): string {
  const message = ServerConfig.fromPartial({
    credential: { ...config.credential },
    listenPort: config.listenPort,
    sessionStoreListenPort: config.sessionStorePort,
  });
  return Buffer.from(ServerConfig.encode(message).finish()).toString("base64");
}

/**
 * Reads a start-up line. Throws `Unknown`, with which the process exits as a Go connector does, when the
 * line is empty, is not base64, is not the message or lacks what a server needs.
 */
export function decodeStartupLine(line: string): StartupConfig {
  if (line === "") throw startupError("it is empty; only a connector host starts the program this way");
  const message = decodeMessage(decodeBase64(line));
  const { credential } = message;
  if (credential === undefined) throw startupError("it contains no credential");
  if (credential.caCert.length === 0) throw startupError("the credential has no authority certificate");
  if (credential.cert.length === 0) throw startupError("the credential has no certificate");
  if (credential.key.length === 0) throw startupError("the credential has no private key");
  if (message.listenPort < 1 || message.listenPort > 65_535) {
    throw startupError(`the listen port is ${message.listenPort}, not a port number`);
  }
  if (message.sessionStoreListenPort > 65_535) {
    throw startupError(`the session store port is ${message.sessionStoreListenPort}, not a port number`);
  }
  return {
    credential: { caCert: credential.caCert, cert: credential.cert, key: credential.key },
    listenPort: message.listenPort,
    sessionStorePort: message.sessionStoreListenPort,
    rateLimiter: message.rateLimiterConfig,
  };
}

function decodeBase64(line: string): Buffer {
  const bytes = Buffer.from(line, "base64");
  // Node skips what is not base64, so only a round trip shows that nothing was skipped.
  if (bytes.toString("base64") !== line) throw startupError("it is not padded standard base64");
  return bytes;
}

function decodeMessage(bytes: Buffer): ServerConfig {
  try {
    return ServerConfig.decode(bytes);
  } catch (error) {
    throw startupError("it does not contain a serialized ServerConfig", error);
  }
}

function startupError(problem: string, cause?: unknown): BatonError {
  return new BatonError(
    Code.Unknown,
    `the start-up line on standard input cannot be used: ${problem}`,
    cause === undefined ? { kind: "configuration" } : { kind: "configuration", cause },
  );
}
