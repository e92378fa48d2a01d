import type { ServiceError } from "@grpc/grpc-js";
import type { BatonError } from "#kernel/errors.ts";
import { fromWireStatus } from "#model/status.ts";
import { STATUS_DETAILS_TRAILER } from "#wire/names.ts";

/** An error of gRPC as one of ours, see {@link fromWireStatus}. */
export function fromServiceError(error: ServiceError): BatonError {
  const [details] = error.metadata?.get(STATUS_DETAILS_TRAILER) ?? [];
  return fromWireStatus(
    {
      code: Number(error.code),
      message: error.details || error.message,
      details: Buffer.isBuffer(details) ? details : undefined,
    },
    error,
  );
}
