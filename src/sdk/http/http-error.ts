import { BatonError, Code, type ErrorKind, toBatonError } from "#kernel/errors.ts";
import { type Redact, readErrorText } from "./error-text.ts";
import { type ResponseHeaders, readRateLimit } from "./rate-limit.ts";

/** What a request is called, and whom it was sent to: the beginning of every message. */
export interface RequestName {
  /** Name of the upstream system, for example `Acme`. */
  readonly upstream: string;
  /** Method and path, for example `GET /api/v2/github/acme/users/?page=2`. */
  readonly name: string;
}

/** What an HTTP status means for the reader of the error. */
interface StatusMeaning {
  readonly code: Code;
  readonly kind: ErrorKind;
  readonly advice: string;
}

const TRY_AGAIN = "this is usually temporary; try again later";

/** What a gateway returns when the server behind it takes too long or breaks off; a plain 500 says no such thing. */
const GATEWAY_FAILURES: ReadonlySet<number> = new Set([408, 502, 503, 504]);

/** HTTP status to code, as baton-sdk v0.25.0 maps it, with what the reader can do. */
function mapStatus(status: number): StatusMeaning {
  switch (status) {
    case 401:
      return {
        code: Code.Unauthenticated,
        kind: "credential",
        advice: "check that the API token is correct and has not expired",
      };
    case 403:
      return {
        code: Code.PermissionDenied,
        kind: "permission",
        advice: "the owner of the API token is not allowed to do this, or a firewall blocks the request",
      };
    case 404:
      return {
        code: Code.NotFound,
        kind: "request",
        advice: "no such object exists, or the API token cannot see it",
      };
    case 407:
      return {
        code: Code.FailedPrecondition,
        kind: "configuration",
        advice: "check the user name and password in HTTPS_PROXY",
      };
    case 408:
      return { code: Code.DeadlineExceeded, kind: "upstream", advice: TRY_AGAIN };
    case 409:
      return {
        code: Code.AlreadyExists,
        kind: "request",
        advice: "the request conflicts with the current state",
      };
    case 429:
      return {
        code: Code.Unavailable,
        kind: "upstream",
        advice: "too many requests; wait before the next one",
      };
    case 501:
      return {
        code: Code.Unimplemented,
        kind: "upstream",
        advice: "the server does not support this request; it may be too old",
      };
    default:
      if (status >= 500) return { code: Code.Unavailable, kind: "upstream", advice: TRY_AGAIN };
      if (status >= 400)
        return { code: Code.InvalidArgument, kind: "request", advice: "the request was not understood" };
      return { code: Code.Unknown, kind: "upstream", advice: "the API defines no such response" };
  }
}

/**
 * The error for a response that is not a success: what the upstream itself said, its quota, and what to do next.
 *
 * @param advice replaces the general advice where the caller knows better.
 */
export function statusError(
  endpoint: RequestName,
  response: {
    readonly status: number;
    readonly headers: ResponseHeaders;
    readonly body: Uint8Array;
    readonly redact: Redact;
  },
  now: number,
  advice?: string,
): BatonError {
  const meaning = mapStatus(response.status);
  const said = readErrorText(response.body, response.redact);
  const rateLimit = readRateLimit(response.status, response.headers, now);
  return new BatonError(
    meaning.code,
    `${endpoint.upstream} returned ${statusLine(response.status)} for ${endpoint.name}${withAdvice(said, advice ?? meaning.advice)}`,
    {
      kind: meaning.kind,
      lessMayHelp: GATEWAY_FAILURES.has(response.status) && rateLimit?.resetAt === undefined,
      ...(rateLimit === undefined ? {} : { rateLimit }),
    },
  );
}

/** The end of a message: what the upstream said, often a sentence of its own, and then what to do. */
export function withAdvice(said: string, advice: string): string {
  if (said === "") return `; ${advice}`;
  if (!said.endsWith(".")) return `: ${said}; ${advice}`;
  return `: ${said} ${advice.charAt(0).toUpperCase()}${advice.slice(1)}`;
}

/** For example `404 Not Found`. */
export function statusLine(status: number): string {
  // Node's own HTTP is not needed otherwise and takes a while to load.
  const text = process.getBuiltinModule("node:http").STATUS_CODES[status];
  return text === undefined ? String(status) : `${status} ${text}`;
}

/** A redirect is never followed: the API token belongs to one origin, and the API itself does not redirect. */
export function redirectError(
  endpoint: RequestName,
  status: number,
  location: string | undefined,
): BatonError {
  return new BatonError(
    Code.FailedPrecondition,
    `${endpoint.upstream} returned ${statusLine(status)} for ${endpoint.name}, which points to ${describeLocation(location)}; redirects are not followed, so set the base URL to the address of the API itself`,
    { kind: "configuration" },
  );
}

function describeLocation(location: string | undefined): string {
  if (location === undefined) return "no other address";
  const url = URL.parse(location, "relative://");
  if (url === null) return "an unreadable address";
  // Only where it leads: a query can carry session keys.
  return url.protocol === "relative:" ? url.pathname : `${url.protocol}//${url.host}${url.pathname}`;
}

/** What OpenSSL says of a certificate, under the names that Node gives to its codes. */
const UNTRUSTED_CERTIFICATE: ReadonlySet<string> = new Set([
  "CERT_NOT_YET_VALID",
  "CERT_HAS_EXPIRED",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_CHAIN_TOO_LONG",
  "CERT_SIGNATURE_FAILURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const TIMEOUTS: ReadonlyMap<string, string> = new Map([
  ["ETIMEDOUT", "connecting timed out"],
  ["UND_ERR_CONNECT_TIMEOUT", "connecting timed out"],
  ["UND_ERR_HEADERS_TIMEOUT", "no response arrived in time"],
  ["UND_ERR_BODY_TIMEOUT", "the response stopped partway"],
]);

const LENGTH_MISMATCH = "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";

/** Faults of a connection that was made and broke before the response was complete, and time-outs of such. */
const WITHIN_EXCHANGE: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_SOCKET",
  "HPE_INVALID_EOF_STATE",
  LENGTH_MISMATCH,
]);

/** The faults of the network that pass by themselves. Every other one fails the call at once. */
const PASSING: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "the connection was refused"],
  ["ECONNRESET", "the connection was reset"],
  ["ECONNABORTED", "the connection was aborted"],
  ["EPIPE", "the connection was closed"],
  ["EHOSTUNREACH", "the host cannot be reached"],
  ["EHOSTDOWN", "the host is down"],
  ["ENETUNREACH", "the network cannot be reached"],
  ["ENETDOWN", "the network is down"],
  ["ENETRESET", "the network dropped the connection"],
  ["EADDRNOTAVAIL", "this machine has no free port or address for the connection"],
  ["EAI_AGAIN", "the DNS server did not respond"],
  ["EAI_FAIL", "the DNS lookup failed"],
  ["UND_ERR_SOCKET", "the connection was closed before the response was complete"],
  [LENGTH_MISMATCH, "the response was truncated"],
  ["UND_ERR_PRX_CONN", "the proxy closed the connection"],
  ["HPE_INVALID_EOF_STATE", "the connection was closed before the response was complete"],
]);

/** Faults whose code says too little. Codes that begin with `HPE_` are those of the parser of HTTP. */
const LASTING: ReadonlyMap<string, string> = new Map([
  [
    "UND_ERR_HEADERS_OVERFLOW",
    "the response headers are longer than the limit of 16 KiB; look for a proxy that adds to them",
  ],
  [
    "HPE_HEADER_OVERFLOW",
    "the response headers are longer than the limit; look for a proxy that adds to them",
  ],
  ["EMFILE", "too many files are open; raise the limit with `ulimit -n`"],
  ["ENFILE", "too many files are open on this machine"],
  ["EACCES", "this machine does not allow the connection; look for a firewall"],
  ["EPERM", "this machine does not allow the connection; look for a firewall"],
]);

/**
 * The error for a request that got no complete response. Faults that pass become `Unavailable`, time-outs
 * `DeadlineExceeded`, an unknown host name `InvalidArgument` (as in baton-sdk v0.25.0), and every other fault
 * `FailedPrecondition`: repeating it would bring the same again.
 */
export function networkError(endpoint: RequestName, host: string, thrown: unknown): BatonError {
  const origin = findNetworkFault(thrown);
  const code = origin?.code ?? "unknown";
  const failed = `${endpoint.name} at ${host} failed: `;
  const timeout = TIMEOUTS.get(code);
  if (timeout !== undefined)
    return new BatonError(Code.DeadlineExceeded, `${failed}${timeout}; ${TRY_AGAIN}`, {
      kind: "upstream",
      cause: thrown,
      lessMayHelp: WITHIN_EXCHANGE.has(code),
    });
  if (code === "ENOTFOUND") {
    return fault(
      Code.InvalidArgument,
      `${failed}there is no host named ${origin?.hostname ?? host}; check the base URL, and HTTPS_PROXY if set`,
      "configuration",
      thrown,
    );
  }
  if (UNTRUSTED_CERTIFICATE.has(code)) {
    return fault(
      Code.FailedPrecondition,
      `${failed}its TLS certificate is not trusted (${code}); if your own certificate authority issued it, name its certificate in SSL_CERT_FILE or NODE_EXTRA_CA_CERTS`,
      "configuration",
      thrown,
    );
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) {
    return fault(
      Code.FailedPrecondition,
      `${failed}the server does not speak TLS there (${code}); check scheme and port of the base URL`,
      "configuration",
      thrown,
    );
  }
  const proxyStatus = proxyRefusal(thrown);
  if (proxyStatus === 407) {
    return fault(
      Code.FailedPrecondition,
      `${failed}the proxy requires a user name and password; add them to HTTPS_PROXY`,
      "configuration",
      thrown,
    );
  }
  if (proxyStatus !== undefined) {
    const passes = proxyStatus >= 500 || proxyStatus === 429 || proxyStatus === 408;
    return fault(
      passes ? Code.Unavailable : Code.FailedPrecondition,
      `${failed}the proxy returned ${statusLine(proxyStatus)}; check HTTPS_PROXY and NO_PROXY`,
      "upstream",
      thrown,
    );
  }
  const passing = PASSING.get(code);
  if (passing !== undefined) {
    const message = `${failed}${passing}${describePeer(origin, host)}; ${TRY_AGAIN}`;
    const lessMayHelp = WITHIN_EXCHANGE.has(code);
    return new BatonError(Code.Unavailable, message, { kind: "upstream", cause: thrown, lessMayHelp });
  }
  return fault(
    Code.FailedPrecondition,
    `${failed}${describeLasting(code, origin?.reason, thrown)}`,
    "upstream",
    thrown,
  );
}

function describeLasting(code: string, reason: string | undefined, thrown: unknown): string {
  const known = LASTING.get(code);
  if (known !== undefined) return known;
  if (code.startsWith("HPE_")) {
    return `the response is not well-formed HTTP (${reason ?? code}); check the base URL, and look for a proxy that changes responses`;
  }
  return `${toBatonError(thrown).message} (${code})`;
}

/**
 * The same for a request whose response has not even begun. There is no body yet that could be cut short, so a length that
 * does not fit is the fault of headers that contradict each other.
 */
export function beginningError(endpoint: RequestName, host: string, thrown: unknown): BatonError {
  if (findNetworkFault(thrown)?.code !== LENGTH_MISMATCH) return networkError(endpoint, host, thrown);
  const problem =
    "the response headers contradict each other about its length; look for a proxy that changes responses";
  const message = `${endpoint.name} at ${host} failed: ${problem}`;
  return fault(Code.FailedPrecondition, message, "upstream", thrown);
}

/** Who refused, if that is not plainly the host: one of its addresses, or a proxy. */
function describePeer({ address, port }: NetworkFault = { code: "" }, host: string): string {
  if (address === undefined || port === undefined) return "";
  const peer = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  return peer === host ? "" : ` by ${peer}`;
}

function fault(code: Code, message: string, kind: ErrorKind, cause: unknown): BatonError {
  return new BatonError(code, message, { kind, cause });
}

/** What Node tells of a fault of the network. */
interface NetworkFault {
  readonly code: string;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** The name that was looked up. */
  readonly hostname?: string | undefined;
  /** In words, where the code says nothing. */
  readonly reason?: string | undefined;
}

/**
 * The first error with a code among an error, its parts and its causes. Of several addresses that were tried, one that
 * may do later decides.
 */
function findNetworkFault(thrown: unknown): NetworkFault | undefined {
  if (!(thrown instanceof Error)) return undefined;
  // undici wraps the fault of a socket, which says more than the wrapper.
  const inner = findNetworkFault(thrown.cause);
  if (inner !== undefined) return inner;
  if (thrown instanceof AggregateError) {
    const parts = thrown.errors.map(findNetworkFault).filter((part) => part !== undefined);
    return parts.find(({ code }) => TIMEOUTS.has(code) || PASSING.has(code)) ?? parts[0];
  }
  if (isFault(thrown)) return thrown;
  // undici 8 gives the errors of its parser no code, as it looks the name of a number up in a list of numbers by name.
  return thrown.name === "HTTPParserError"
    ? { code: "HPE_UNKNOWN", reason: parserReason(thrown) }
    : undefined;
}

/** What the parser says itself, which undici puts into parentheses. */
function parserReason({ message }: Error): string | undefined {
  return /\(([^()]+)\)$/.exec(message)?.[1];
}

function isFault(error: Error): error is Error & NetworkFault {
  return "code" in error && typeof error.code === "string";
}

/** undici tells of a proxy's refusal only in the message of its error. */
function proxyRefusal(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(thrown.message)?.[1];
  return status === undefined ? undefined : Number(status);
}
