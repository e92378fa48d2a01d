/** Services that hosts expect of every connector, and that no connector here offers: each method still has a response. */

import { type AssetServiceGetAssetResponse, AssetServiceService } from "#gen/c1/connector/v2/asset.ts";
import { TicketsServiceService } from "#gen/c1/connector/v2/ticket.ts";
import { RateLimitDescription_Status, RateLimiterServiceService } from "#gen/c1/ratelimit/v1/ratelimit.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type Endpoint, serverStream, unary } from "../unary.ts";

/** Icons and logos. No connector of this program has any, and the response to that is an empty stream. */
export function assetEndpoints(): Endpoint[] {
  return [
    serverStream(
      AssetServiceService.getAsset,
      async function* (): AsyncGenerator<AssetServiceGetAssetResponse> {
        // Nothing to yield.
      },
    ),
  ];
}

/**
 * Ticketing, which no connector of this program offers. Hosts expect the service all the same, with other
 * answers where ticketing is switched on.
 */
export function ticketEndpoints(ticketing: boolean): Endpoint[] {
  const refuse = (): never => {
    if (!ticketing) throw new BatonError(Code.Unknown, "ticketing is not enabled", { kind: "request" });
    throw new BatonError(Code.Unimplemented, "this connector cannot manage tickets");
  };
  const refuseBulk = async (request: { readonly ticketRequests: readonly unknown[] }) => {
    if (ticketing && request.ticketRequests.length === 0) {
      throw new BatonError(Code.InvalidArgument, "the request has no tickets");
    }
    return refuse();
  };
  return [
    unary(TicketsServiceService.createTicket, async () => refuse()),
    unary(TicketsServiceService.getTicket, async () => refuse()),
    unary(TicketsServiceService.listTicketSchemas, async () => refuse()),
    unary(TicketsServiceService.getTicketSchema, async () => refuse()),
    unary(TicketsServiceService.bulkCreateTickets, refuseBulk),
    unary(TicketsServiceService.bulkGetTickets, refuseBulk),
  ];
}

/**
 * The limiter that Go hosts ask before each call (`Do`) and tell about each result (`Report`). It has no
 * limit of its own: the connector paces itself by what its upstream says. The status must be `STATUS_EMPTY`
 * or `STATUS_OK`; for most others the host skips the call and takes it for an empty success.
 */
export function rateLimiterEndpoints(): Endpoint[] {
  return [
    unary(RateLimiterServiceService.do, async ({ requestToken }) => ({
      requestToken,
      description: {
        status: RateLimitDescription_Status.STATUS_EMPTY,
        limit: 0n,
        remaining: 0n,
        resetAt: undefined,
        count: 0n,
      },
    })),
    unary(RateLimiterServiceService.report, async () => ({})),
  ];
}
