import {
  RateLimitDescription_Status,
  RateLimiterServiceService as Service,
} from "#gen/c1/ratelimit/v1/ratelimit.ts";
import { type Endpoint, unary } from "../unary.ts";

/**
 * The limiter that Go hosts ask before each call (`Do`) and tell about each result (`Report`). It has no
 * limit of its own: the connector paces itself by what its upstream says. The status must be `STATUS_EMPTY`
 * or `STATUS_OK`; for most others the host skips the call and takes it for an empty success.
 */
export function rateLimiterEndpoints(): Endpoint[] {
  return [
    unary(Service.do, async ({ requestToken }) => ({
      requestToken,
      description: {
        status: RateLimitDescription_Status.STATUS_EMPTY,
        limit: 0n,
        remaining: 0n,
        resetAt: undefined,
        count: 0n,
      },
    })),
    unary(Service.report, async () => ({})),
  ];
}
