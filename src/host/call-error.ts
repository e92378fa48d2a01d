import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { RateLimitDescription } from "#gen/c1/connector/v2/annotations.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { ErrorInfo } from "#gen/google/rpc/error_details.ts";
import { Status } from "#gen/google/rpc/status.ts";
import { BatonError, type BatonErrorOptions, Code } from "#kernel/errors.ts";

/** Trailer with a serialized `google.rpc.Status`, as every gRPC implementation names it. */
const DETAILS_KEY = "grpc-status-details-bin";

type Facts = Pick<BatonErrorOptions, "rateLimit" | "errorInfo">;

/** The connector's answer as an error of ours: its code and text, and the details that somebody acts on. */
export function fromServiceError(error: ServiceError): BatonError {
  const code = Object.values(Code).find((known) => known === Number(error.code)) ?? Code.Unknown;
  return new BatonError(code, error.details || error.message, { ...readFacts(error), cause: error });
}

/** The details of the connector's answer that led to `error`, as they were sent. */
export function readStatusDetails(error: BatonError): readonly Any[] {
  const { cause } = error;
  if (cause instanceof BatonError) return readStatusDetails(cause);
  if (!(cause instanceof Error) || !("metadata" in cause)) return [];
  return cause.metadata instanceof Metadata ? decodeDetails(cause.metadata) : [];
}

function readFacts(error: ServiceError): Facts {
  const facts: Facts = {};
  try {
    for (const detail of decodeDetails(error.metadata)) Object.assign(facts, readDetail(detail));
  } catch {
    // As below, for what is inside a detail.
  }
  return facts;
}

function decodeDetails(metadata: Metadata | undefined): readonly Any[] {
  const [bytes] = metadata?.get(DETAILS_KEY) ?? [];
  if (!Buffer.isBuffer(bytes)) return [];
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
          ...(resetAt === undefined ? {} : { resetAt: Number(resetAt.seconds) * 1000 + resetAt.nanos / 1e6 }),
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
