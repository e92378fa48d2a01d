/** Apart from `connector-client.ts`, so that a sync does not load the messages of actions, events and tickets. */

import { ActionServiceService } from "#gen/c1/connector/v2/action.ts";
import { EventServiceService } from "#gen/c1/connector/v2/event_feed.ts";
import { TicketsServiceService } from "#gen/c1/connector/v2/ticket.ts";
import type { UnaryCaller } from "./calls.ts";

/** Calls of actions, events and tickets. */
export type FeatureClient = ReturnType<typeof createFeatureClient>;

export function createFeatureClient(channel: UnaryCaller) {
  return {
    invokeAction: channel.unary(ActionServiceService.invokeAction),
    getActionStatus: channel.unary(ActionServiceService.getActionStatus),
    getActionSchema: channel.unary(ActionServiceService.getActionSchema),
    listActionSchemas: channel.unary(ActionServiceService.listActionSchemas),

    listEvents: channel.unary(EventServiceService.listEvents),
    listEventFeeds: channel.unary(EventServiceService.listEventFeeds),

    createTicket: channel.unary(TicketsServiceService.createTicket),
    getTicket: channel.unary(TicketsServiceService.getTicket),
    listTicketSchemas: channel.unary(TicketsServiceService.listTicketSchemas),
    getTicketSchema: channel.unary(TicketsServiceService.getTicketSchema),
    bulkCreateTickets: channel.unary(TicketsServiceService.bulkCreateTickets),
    bulkGetTickets: channel.unary(TicketsServiceService.bulkGetTickets),
  };
}
