import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { RateLimitDescription } from "#gen/c1/connector/v2/annotations.ts";
import { Any } from "#gen/google/protobuf/any.ts";
import { ErrorInfo } from "#gen/google/rpc/error_details.ts";
import { Status } from "#gen/google/rpc/status.ts";
import { Code } from "#kernel/errors.ts";
import { fromServiceError } from "#launch/service-error.ts";

const RESET = RateLimitDescription.fromPartial({
  limit: 600n,
  remaining: 0n,
  resetAt: { seconds: 1_700_000_000n, nanos: 500_000_000 },
});
const INFO = ErrorInfo.fromPartial({
  reason: "grant_cancelled",
  domain: "github.com/conductorone/baton-sdk",
  metadata: new Map([["reason", "no seats left"]]),
});

function detail(name: string, value: Uint8Array): Any {
  return Any.fromPartial({ typeUrl: `type.googleapis.com/${name}`, value: Buffer.from(value) });
}

function serviceError(code: number, details?: Uint8Array): ServiceError {
  const metadata = new Metadata();
  if (details !== undefined) metadata.set("grpc-status-details-bin", Buffer.from(details));
  return Object.assign(new Error(`${code} FAILED: busy`), { code, details: "busy", metadata });
}

function withDetails(...details: Any[]): ServiceError {
  return serviceError(14, Status.encode(Status.fromPartial({ code: 14, message: "busy", details })).finish());
}

describe("an error of the connector", () => {
  it("keeps its code and its own text", () => {
    const error = fromServiceError(serviceError(16));
    expect(error).toMatchObject({ code: Code.Unauthenticated, message: "busy", rateLimit: undefined });
  });

  it("with a code that nobody knows becomes Unknown", () => {
    expect(fromServiceError(serviceError(17)).code).toBe(Code.Unknown);
  });

  it("keeps the announced reset and the machine-readable reason", () => {
    const error = fromServiceError(
      withDetails(
        detail("c1.connector.v2.RateLimitDescription", RateLimitDescription.encode(RESET).finish()),
        detail("google.rpc.ErrorInfo", ErrorInfo.encode(INFO).finish()),
        detail("example.Unknown", Buffer.from("whatever")),
      ),
    );
    expect(error.rateLimit).toEqual({ limit: 600, remaining: 0, resetAt: 1_700_000_000_500 });
    expect(error.errorInfo).toEqual({
      reason: "grant_cancelled",
      domain: "github.com/conductorone/baton-sdk",
      metadata: { reason: "no seats left" },
    });
  });

  it("with the rate limit of another package is not taken for one, as in the Go host", () => {
    const encoded = RateLimitDescription.encode(RESET).finish();
    expect(
      fromServiceError(withDetails(detail("c1.ratelimit.v1.RateLimitDescription", encoded))).rateLimit,
    ).toBeUndefined();
  });

  it.each([
    ["details", serviceError(14, Buffer.from("garbage!"))],
    ["a detail", withDetails(detail("google.rpc.ErrorInfo", Buffer.from("garbage!")))],
  ])("with %s that cannot be decoded is still that error", (_, thrown) => {
    expect(fromServiceError(thrown)).toMatchObject({
      code: Code.Unavailable,
      message: "busy",
      errorInfo: undefined,
    });
  });
});
