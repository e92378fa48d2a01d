import { RateLimitDescription_Status } from "#gen/c1/connector/v2/annotations.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { ErrorInfo } from "#gen/google/rpc/error_details.ts";
import { Status } from "#gen/google/rpc/status.ts";
import { BatonError, Code, type ErrorInfoFact, type RateLimitFact } from "#kernel/errors.ts";
import { showHidden } from "#kernel/visible-text.ts";
import { packAnnotation, packAny } from "#model/annotations.ts";
import { truncateUtf8 } from "#model/text.ts";
import { toTimestamp } from "#model/timestamp.ts";

/** The host logs an error's text several times; what is longer helps nobody. */
const MAX_MESSAGE_BYTES = 8 * 1024;

/** How a failed call ends on the wire. */
export interface WireStatus {
  /** 1 to 16. */
  readonly code: number;
  readonly message: string;
  /** Serialized `google.rpc.Status` for `grpc-status-details-bin`; undefined if the error carries no facts. */
  readonly details: Buffer | undefined;
}

/**
 * The wire form of an error. The serialized status repeats code and message, because clients take a status
 * whose inner code differs from the outer one for a broken answer.
 */
export function toWireStatus(error: BatonError, redact: (text: string) => string): WireStatus {
  const code = error.code === Code.Ok ? Code.Unknown : error.code;
  const message = toMessage(error.message, redact);
  const facts: Any[] = [];
  if (error.rateLimit !== undefined) facts.push(packRateLimit(error.rateLimit));
  if (error.errorInfo !== undefined) facts.push(packErrorInfo(error.errorInfo, redact));
  if (facts.length === 0) return { code, message, details: undefined };
  const status = Status.encode({ code, message, details: facts }).finish();
  return { code, message, details: Buffer.from(status) };
}

/**
 * What a handler's failure means to the caller. Errors of our own pass unchanged; the end of the call's
 * signal is what its reason says; everything else is a defect, of which the caller learns only that.
 */
export function classifyFailure(thrown: unknown, signal: AbortSignal): BatonError {
  if (thrown instanceof BatonError) return thrown;
  const name = thrown instanceof Error ? thrown.name : "";
  if (name === "AbortError" || name === "TimeoutError") {
    if (signal.aborted && signal.reason instanceof BatonError) return signal.reason;
    return name === "AbortError"
      ? new BatonError(Code.Canceled, "canceled", { cause: thrown })
      : new BatonError(Code.DeadlineExceeded, "deadline exceeded", { cause: thrown });
  }
  return new BatonError(Code.Internal, "Internal Server Error", { cause: thrown });
}

function packRateLimit({ limit, remaining, resetAt }: RateLimitFact): Any {
  const { STATUS_OK, STATUS_OVERLIMIT } = RateLimitDescription_Status;
  return packAnnotation("RateLimitDescription", {
    status: (remaining ?? 0) > 0 ? STATUS_OK : STATUS_OVERLIMIT,
    limit: toCount(limit),
    remaining: toCount(remaining),
    ...(resetAt === undefined ? {} : { resetAt: toTimestamp(resetAt) }),
  });
}

function toCount(value: number | undefined): bigint {
  return value === undefined || !Number.isFinite(value) ? 0n : BigInt(Math.max(0, Math.trunc(value)));
}

function packErrorInfo(fact: ErrorInfoFact, redact: (text: string) => string): Any {
  const metadata = new Map(
    Object.entries(fact.metadata).map(([key, value]) => [key, toMessage(value, redact)]),
  );
  return packAny("google.rpc.ErrorInfo", ErrorInfo, { reason: fact.reason, domain: fact.domain, metadata });
}

/** Hosts print messages and log them: without secrets, then with everything spelled out that cannot be seen, then cut. */
function toMessage(text: string, redact: (text: string) => string): string {
  return truncateUtf8(showHidden(redact(text)), MAX_MESSAGE_BYTES);
}
