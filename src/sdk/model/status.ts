/**
 * How an error travels: a code, a message, and the details that somebody acts on. Written and read here. Apart from
 * `kernel/errors.ts`, so that only a run that fails loads these messages.
 */

import { RateLimitDescription, RateLimitDescription_Status } from "#gen/c1/connector/v2/annotations.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import type { Timestamp } from "#gen/google/protobuf/timestamp.ts";
import { ErrorInfo } from "#gen/google/rpc/error_details.ts";
import { Status } from "#gen/google/rpc/status.ts";
import { capAnnounced } from "#kernel/announced.ts";
import {
  BatonError,
  type BatonErrorOptions,
  Code,
  type ErrorInfoFact,
  type RateLimitFact,
} from "#kernel/errors.ts";
import { showHidden } from "#kernel/visible-text.ts";
import { packAnnotation, packAny } from "./annotations.ts";
import { typeNameOf } from "./canonical.ts";
import { fromTimestamp, toTimestamp } from "./timestamp.ts";
import { truncateUtf8 } from "./utf8.ts";

/** The host logs an error's text several times; what is longer helps nobody. */
const MAX_MESSAGE_BYTES = 8 * 1024;

/** How a failed call ends on the wire. */
export interface WireStatus {
  /** 1 to 16. */
  readonly code: number;
  readonly message: string;
  /** Facts beside the error, as with a response. */
  readonly trailers?: Readonly<Record<string, string>>;
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

type Facts = Pick<BatonErrorOptions, "rateLimit" | "errorInfo">;

/** How the other side ended a call. */
export interface ReceivedStatus {
  readonly code: number;
  readonly message: string;
  /** A serialized `google.rpc.Status`; undefined if the error carries no details. */
  readonly details: Uint8Array | undefined;
}

/** The cause of errors that came from the other side. */
class StatusDetails extends Error {
  readonly details: readonly Any[];

  constructor(details: readonly Any[], cause: unknown) {
    super("the peer returned an error", { cause });
    this.details = details;
  }
}

/** The other side's response as an error of ours: its code and text, and the details that somebody acts on. */
export function fromWireStatus(status: ReceivedStatus, cause?: unknown): BatonError {
  const code = Object.values(Code).find((known) => known === status.code) ?? Code.Unknown;
  const details = decodeDetails(status.details);
  return new BatonError(code, status.message, {
    ...readFacts(details),
    cause: new StatusDetails(details, cause),
  });
}

/** The details of the response that led to `error`, as they were sent. */
export function readStatusDetails({ cause }: BatonError): readonly Any[] {
  if (cause instanceof BatonError) return readStatusDetails(cause);
  return cause instanceof StatusDetails ? cause.details : [];
}

function readFacts(details: readonly Any[]): Facts {
  const facts: Facts = {};
  try {
    for (const detail of details) Object.assign(facts, readDetail(detail));
  } catch {
    // As below, for what is inside a detail.
  }
  return facts;
}

function decodeDetails(bytes: Uint8Array | undefined): readonly Any[] {
  if (bytes === undefined) return [];
  try {
    return Status.decode(bytes).details;
  } catch {
    // Undecodable details count as absent, as in other hosts; code and text are still the response.
    return [];
  }
}

function readDetail(detail: Any): Facts {
  switch (typeNameOf(detail.typeUrl)) {
    case "c1.connector.v2.RateLimitDescription": {
      const { limit, remaining, resetAt } = RateLimitDescription.decode(detail.value);
      return {
        rateLimit: {
          limit: Number(limit),
          remaining: Number(remaining),
          ...(resetAt === undefined ? {} : { resetAt: readReset(resetAt) }),
        },
      };
    }
    case "google.rpc.ErrorInfo": {
      const { reason, domain, metadata } = ErrorInfo.decode(detail.value);
      return { errorInfo: { reason, domain, metadata: Object.fromEntries(metadata) } };
    }
    default:
      return {};
  }
}

/** Connectors of any kind announce anything. */
function readReset(resetAt: Timestamp): number {
  return capAnnounced(fromTimestamp(resetAt), Date.now());
}
