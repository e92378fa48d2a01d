import { TicketsServiceService as Service } from "#gen/c1/connector/v2/ticket.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { type Endpoint, unary } from "../unary.ts";

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
    unary(Service.createTicket, async () => refuse()),
    unary(Service.getTicket, async () => refuse()),
    unary(Service.listTicketSchemas, async () => refuse()),
    unary(Service.getTicketSchema, async () => refuse()),
    unary(Service.bulkCreateTickets, refuseBulk),
    unary(Service.bulkGetTickets, refuseBulk),
  ];
}
