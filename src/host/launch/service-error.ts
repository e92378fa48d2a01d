import type { ServiceError } from "@grpc/grpc-js";
import type { BatonError } from "#kernel/errors.ts";
import { toCallError } from "./call-error.ts";

/** Trailer with a serialized `google.rpc.Status`, as every gRPC implementation names it. */
const DETAILS_KEY = "grpc-status-details-bin";

/** An error of gRPC as one of ours, see {@link toCallError}. */
export function fromServiceError(error: ServiceError): BatonError {
  const [details] = error.metadata?.get(DETAILS_KEY) ?? [];
  return toCallError(
    {
      code: Number(error.code),
      message: error.details || error.message,
      details: Buffer.isBuffer(details) ? details : undefined,
    },
    error,
  );
}
