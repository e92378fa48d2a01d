import { RateLimitDescription } from "#gen/c1/connector/v2/annotations.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import type { Timestamp } from "#gen/google/protobuf/timestamp.ts";
import { ErrorInfo } from "#gen/google/rpc/error_details.ts";
import { Status } from "#gen/google/rpc/status.ts";
import { capAnnounced } from "#kernel/announced.ts";
import { BatonError, type BatonErrorOptions, Code } from "#kernel/errors.ts";

type Facts = Pick<BatonErrorOptions, "rateLimit" | "errorInfo">;

/** How the other side ended a call. */
export interface CallStatus {
  readonly code: number;
  readonly message: string;
  /** A serialized `google.rpc.Status` with facts about the error, if there are any. */
  readonly details: Uint8Array | undefined;
}

/** The cause of errors that came from the other side. */
class StatusDetails extends Error {
  readonly details: readonly Any[];

  constructor(details: readonly Any[], cause: unknown) {
    super("the other side answered with an error", { cause });
    this.details = details;
  }
}

/** The other side's answer as an error of ours: its code and text, and the details that somebody acts on. */
export function toCallError(status: CallStatus, cause?: unknown): BatonError {
  const code = Object.values(Code).find((known) => known === status.code) ?? Code.Unknown;
  const details = decodeDetails(status.details);
  return new BatonError(code, status.message, {
    ...readFacts(details),
    cause: new StatusDetails(details, cause),
  });
}

/** The details of the answer that led to `error`, as they were sent. */
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
    // Undecodable details count as absent, as in other hosts; code and text are still the answer.
    return [];
  }
}

function readDetail(detail: Any): Facts {
  switch (detail.typeUrl.slice(detail.typeUrl.lastIndexOf("/") + 1)) {
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
function readReset({ seconds, nanos }: Timestamp): number {
  return capAnnounced(Number(seconds) * 1000 + nanos / 1e6, Date.now());
}
