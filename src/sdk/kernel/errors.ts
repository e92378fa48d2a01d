/**
 * gRPC status codes by name; the number is what travels and what a failed command exits with. Each says when a connector
 * throws it; `JsonApi` throws them itself according to the response of the API.
 *
 * @example
 * throw new BatonError(Code.FailedPrecondition, `the team ${id} is archived; restore it in Acme first`);
 */
export const Code = {
  /** No error; never thrown. */
  Ok: 0,
  /** The caller gave up. Not thrown by connectors: what waits on `ctx.signal` ends with it. */
  Canceled: 1,
  /** Anything that no other code fits. Errors without a code become this. */
  Unknown: 2,
  /** A setting or an argument is wrong, and stays wrong until it is changed: a malformed address, an unknown role. */
  InvalidArgument: 3,
  /** The upstream took too long. Hosts try again. */
  DeadlineExceeded: 4,
  /**
   * The one resource that was asked for is gone. Never for a listing: hosts would skip it and succeed, with rows
   * missing. `defineConnector` turns it into `FailedPrecondition` there.
   */
  NotFound: 5,
  /** What was to be created already exists. For a grant, return `"already"` instead. */
  AlreadyExists: 6,
  /** The credentials are valid, but their owner is not allowed to do this. */
  PermissionDenied: 7,
  /** A limit of the upstream or of this program is reached, and waiting does not help: no seat left, a response too large. */
  ResourceExhausted: 8,
  /** Something outside this call has to change first: something other than the API responds, a team is archived. */
  FailedPrecondition: 9,
  /** The same thing was changed by another caller in the meantime; the whole operation may be tried again. */
  Aborted: 10,
  /** Past the end of something, such as a page that does not exist. */
  OutOfRange: 11,
  /** The upstream or the connector cannot do this at all. */
  Unimplemented: 12,
  /** A mistake in the connector. */
  Internal: 13,
  /** It may work later: the upstream is unavailable or rate limiting (set `rateLimit`, so that hosts know until when). */
  Unavailable: 14,
  /** Data is lost or damaged beyond repair. */
  DataLoss: 15,
  /** The credentials are wrong or expired. */
  Unauthenticated: 16,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

/**
 * Who has to act on an error.
 *
 * - `configuration`: the person who runs the program (a wrong setting, an unknown owner).
 * - `credential`: the person who issued the API token.
 * - `permission`: an administrator of the upstream system.
 * - `request`: the caller of this call (an invalid argument, a state that forbids it).
 * - `upstream`: nobody for now; the upstream system or the network failed.
 * - `canceled`: nobody; the caller gave up.
 * - `internal`: the maintainers of this program.
 */
export type ErrorKind =
  | "configuration"
  | "credential"
  | "permission"
  | "request"
  | "upstream"
  | "canceled"
  | "internal";

/** What an upstream said of its quota. Times are epoch milliseconds; absent numbers are unknown. */
export interface RateLimitFact {
  readonly limit?: number;
  readonly remaining?: number;
  readonly resetAt?: number;
}

/** A machine-readable reason (`google.rpc.ErrorInfo` on the wire). */
export interface ErrorInfoFact {
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface BatonErrorOptions {
  readonly cause?: unknown;
  readonly kind?: ErrorKind;
  readonly rateLimit?: RateLimitFact;
  readonly errorInfo?: ErrorInfoFact;
  /** Default false. */
  readonly lessMayHelp?: boolean;
}

/**
 * The one error class of the program. The message is written for an administrator: what happened, where,
 * and what to do next; never a secret and never a stack trace.
 *
 * @example
 * throw new BatonError(Code.InvalidArgument, "--acme-organization names no organization; check its spelling", {
 *   kind: "configuration",
 * });
 */
export class BatonError extends Error {
  override readonly name = "BatonError";
  readonly code: Code;
  readonly kind: ErrorKind;
  readonly rateLimit: RateLimitFact | undefined;
  readonly errorInfo: ErrorInfoFact | undefined;
  /**
   * Whether asking for less may succeed: the failure can come from the size of what was asked for (no response in
   * time, a body above the bound, a gateway that gave up). False for what has nothing to do with the request,
   * such as a refused connection.
   */
  readonly lessMayHelp: boolean;

  constructor(code: Code, message: string, options: BatonErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = options.kind ?? defaultKind(code);
    this.rateLimit = options.rateLimit;
    this.errorInfo = options.errorInfo;
    this.lessMayHelp = options.lessMayHelp ?? false;
  }

  /** The same error with `context: ` before its message; code and facts stay, this error becomes the cause. */
  prefixed(context: string): BatonError {
    return this.#reworded(`${context}: ${this.message}`);
  }

  /** The same with `; advice` after its message. */
  withAdvice(advice: string): BatonError {
    return this.#reworded(`${this.message}; ${advice}`);
  }

  #reworded(message: string): BatonError {
    return new BatonError(this.code, message, {
      cause: this,
      kind: this.kind,
      lessMayHelp: this.lessMayHelp,
      ...(this.rateLimit === undefined ? {} : { rateLimit: this.rateLimit }),
      ...(this.errorInfo === undefined ? {} : { errorInfo: this.errorInfo }),
    });
  }
}

/**
 * Turns any thrown value into a {@link BatonError} and keeps the original as its cause. An abort becomes
 * `Canceled`, a timeout `DeadlineExceeded`, everything unknown `Unknown`, as in a Go connector.
 */
export function toBatonError(thrown: unknown): BatonError {
  if (thrown instanceof BatonError) return thrown;
  if (thrown instanceof Error) {
    if (thrown.name === "AbortError") return new BatonError(Code.Canceled, "canceled", { cause: thrown });
    if (thrown.name === "TimeoutError") {
      return new BatonError(Code.DeadlineExceeded, "deadline exceeded", { cause: thrown });
    }
    return new BatonError(Code.Unknown, thrown.message, { cause: thrown });
  }
  return new BatonError(Code.Unknown, messageOf(thrown), { cause: thrown });
}

/** What a thrown value says, of whatever kind it is. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The name of a code as Go spells it, for example `Unavailable`. */
export function codeName(code: number): string {
  for (const [name, value] of Object.entries(Code)) if (value === code) return name === "Ok" ? "OK" : name;
  return `Code(${code})`;
}

function defaultKind(code: Code): ErrorKind {
  switch (code) {
    case Code.Canceled:
      return "canceled";
    case Code.Unauthenticated:
      return "credential";
    case Code.PermissionDenied:
      return "permission";
    case Code.InvalidArgument:
    case Code.NotFound:
    case Code.AlreadyExists:
    case Code.FailedPrecondition:
    case Code.OutOfRange:
    case Code.Unimplemented:
      return "request";
    case Code.Unavailable:
    case Code.DeadlineExceeded:
    case Code.ResourceExhausted:
    case Code.Aborted:
      return "upstream";
    case Code.Ok:
    case Code.Unknown:
    case Code.Internal:
    case Code.DataLoss:
      return "internal";
    default:
      return code satisfies never;
  }
}
