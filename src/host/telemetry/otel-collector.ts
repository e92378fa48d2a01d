import { readFileSync } from "node:fs";
import { findPemProblem } from "#kernel/certificates.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { describeUnreadable } from "#kernel/system-error.ts";

/** An OpenTelemetry collector as the settings describe it. */
export interface CollectorSettings {
  /** `host:port`, or a URL with `http` (no TLS) or `https`. */
  readonly endpoint: string;
  /** File with the certificate authority, PEM. */
  readonly caPath?: string | undefined;
  /** The certificate authority itself: PEM in base64url without padding, as Go connectors take it, or plain PEM. */
  readonly ca?: string | undefined;
  readonly insecure: boolean;
}

export interface Collector {
  /** Host and port. */
  readonly address: string;
  /** Undefined to talk without TLS. */
  readonly tls: { readonly ca: Buffer | undefined } | undefined;
}

/** `host` or `host:port`, with or without a scheme; an IPv6 address in brackets. */
const ENDPOINT = /^(?:(?<scheme>https?):\/\/)?(?<host>\[[\da-f:.]+\]|[^\s/:@?#]+)(?::(?<port>\d{1,5}))?\/?$/i;

/** The port of OTLP over gRPC. */
const DEFAULT_PORT = "4317";
const PEM_BEGIN = "-----BEGIN CERTIFICATE-----";

/** @throws BatonError (`Unknown`, kind `configuration`) naming the setting that cannot be used */
export function readCollector({ endpoint, ca, caPath, insecure }: CollectorSettings): Collector {
  const parts = ENDPOINT.exec(endpoint.trim())?.groups;
  const address = parts && `${parts["host"]}:${parts["port"] ?? DEFAULT_PORT}`;
  if (parts === undefined || address === undefined || !isReachable(address)) {
    throw problem(' has to be host:port or a URL such as "https://collector:4317" without a path');
  }
  if (ca !== undefined && caPath !== undefined) {
    throw problem("-tls-cert and --otel-collector-endpoint-tls-cert-path cannot be combined");
  }
  if (insecure || parts["scheme"]?.toLowerCase() === "http") return { address, tls: undefined };
  return { address, tls: { ca: caPath === undefined ? decodeCa(ca) : readCa(caPath) } };
}

/** Whether host and port exist as such: `[::::]`, `10.0.0.999` and port 70000 do not, nor does port 0. */
function isReachable(address: string): boolean {
  const url = URL.parse(`http://${address}`);
  return url !== null && url.port !== "0";
}

function readCa(path: string): Buffer {
  try {
    return requirePem(readFileSync(path), `-tls-cert-path: ${path}`);
  } catch (error) {
    if (error instanceof BatonError) throw error;
    throw problem(`-tls-cert-path: cannot read ${path}: ${describeUnreadable(error)}`);
  }
}

function decodeCa(text: string | undefined): Buffer | undefined {
  if (text === undefined) return undefined;
  const pem = text.includes(PEM_BEGIN) ? Buffer.from(text) : Buffer.from(text, "base64url");
  return requirePem(pem, "-tls-cert: the value");
}

function requirePem(bytes: Buffer, what: string): Buffer {
  const reason = findPemProblem(bytes.toString("latin1"));
  if (reason === undefined) return bytes;
  throw problem(`${what} ${reason}`);
}

function problem(rest: string): BatonError {
  return new BatonError(Code.Unknown, `--otel-collector-endpoint${rest}`, { kind: "configuration" });
}
